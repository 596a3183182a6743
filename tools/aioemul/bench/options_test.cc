#include "tools/aioemul/bench/options.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"

namespace aioemul::tools::bench {
namespace {

// Everything, as from an empty command line.
BenchOptions UsualOptions() {
  BenchOptions options;
  options.workloads = *ParseWorkloads("");
  options.peers = *ParsePeers("");
  return options;
}

void ExpectRefused(const BenchOptions& options, absl::string_view part) {
  const absl::Status status = CheckBenchOptions(options);
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_TRUE(absl::StrContains(status.message(), part)) << status;
}

TEST(OptionsTest, WithoutListsTakesAllThereIs) {
  const BenchOptions options = UsualOptions();
  EXPECT_EQ(options.workloads.size(), Menu().size());
  EXPECT_EQ(options.peers.size(), AllPeers().size());
  EXPECT_EQ(CheckBenchOptions(options), absl::OkStatus());
}

TEST(OptionsTest, TakesListsInTheirOrderAndEachNameOnce) {
  const auto workloads = ParseWorkloads("queue,cancel,queue");
  ASSERT_TRUE(workloads.ok());
  ASSERT_EQ(workloads->size(), 2U);
  EXPECT_EQ((*workloads)[0]->name, "queue");
  EXPECT_EQ((*workloads)[1]->name, "cancel");
  const auto peers = ParsePeers("sync,aioemul,sync");
  ASSERT_TRUE(peers.ok());
  ASSERT_EQ(peers->size(), 2U);
  EXPECT_EQ((*peers)[0]->name, "sync");
  const auto xs = ParseXs("32,1,32");
  ASSERT_TRUE(xs.ok());
  EXPECT_EQ(*xs, (std::vector<int>{32, 1}));
}

TEST(OptionsTest, NamesWhatItDoesNotKnow) {
  EXPECT_TRUE(absl::StrContains(ParseWorkloads("queue,tea").status().message(),
                                "unknown workload 'tea'"));
  EXPECT_TRUE(absl::StrContains(ParsePeers("libc,").status().message(),
                                "unknown peer ''"));
  EXPECT_TRUE(
      absl::StrContains(ParseXs("1,two").status().message(), "not 'two'"));
}

TEST(OptionsTest, WithoutXTakesThatOfEachWorkload) {
  BenchOptions options = UsualOptions();
  const Workload& workload = *FindWorkload("threads");
  EXPECT_EQ(XsOf(options, workload), (std::vector<int>{1, 2, 4, 8}));
  options.xs = {3};
  EXPECT_EQ(XsOf(options, workload), (std::vector<int>{3}));
}

TEST(OptionsTest, ReadsVariants) {
  std::vector<Variant> variants;
  ASSERT_EQ(ParseVariants("one:A=1;two:B=2,C=x:y=z", &variants),
            absl::OkStatus());
  ASSERT_EQ(ParseVariants("", &variants), absl::OkStatus());
  ASSERT_EQ(ParseVariants("three:D=", &variants), absl::OkStatus());
  ASSERT_EQ(variants.size(), 3U);
  EXPECT_EQ(variants[0].name, "one");
  EXPECT_EQ(variants[0].environment, (std::vector<std::string>{"A=1"}));
  EXPECT_EQ(variants[1].environment,
            (std::vector<std::string>{"B=2", "C=x:y=z"}));
  EXPECT_EQ(variants[2].environment, (std::vector<std::string>{"D="}));
}

TEST(OptionsTest, RefusesVariantsThatAreNone) {
  for (absl::string_view text :
       {"name", "name:", ":A=1", "name:A", "name:=1", "name:A=1,,B=2"}) {
    std::vector<Variant> variants;
    EXPECT_TRUE(absl::IsInvalidArgument(ParseVariants(text, &variants)))
        << text;
  }
}

TEST(OptionsTest, RefusesTwoVariantsOfOneName) {
  std::vector<Variant> variants;
  ASSERT_EQ(ParseVariants("same:A=1", &variants), absl::OkStatus());
  EXPECT_TRUE(absl::IsInvalidArgument(ParseVariants("same:A=2", &variants)));
}

TEST(OptionsTest, RefusesNumbersOutOfRange) {
  BenchOptions options = UsualOptions();
  options.block_bytes = 0;
  ExpectRefused(options, "--block_bytes");
  options = UsualOptions();
  options.file_bytes = 31 * 4096;
  ExpectRefused(options, "--file_bytes");
  for (int seconds : {0, -1, 3601}) {
    options = UsualOptions();
    options.seconds = seconds;
    ExpectRefused(options, "--seconds");
  }
  options = UsualOptions();
  options.operations = -1;
  ExpectRefused(options, "--operations");
  options = UsualOptions();
  options.repeats = 0;
  ExpectRefused(options, "--repeats");
}

TEST(OptionsTest, RefusesAnXThatAWorkloadCannotHave) {
  BenchOptions options = UsualOptions();
  options.xs = {0};
  ExpectRefused(options, "--x for random-read-direct must be from 1");
  options.workloads = *ParseWorkloads("idle-pipes");
  EXPECT_EQ(CheckBenchOptions(options), absl::OkStatus());
  options.workloads = *ParseWorkloads("threads");
  options.xs = {257};
  ExpectRefused(options, "from 1 to 256, not 257");
}

// Each slot has a block of its own where the transfers are verified.
TEST(OptionsTest, RefusesMoreTransfersAtOnceThanTheFileHasBlocks) {
  BenchOptions options = UsualOptions();
  options.workloads = *ParseWorkloads("random-write-buffered");
  options.file_bytes = 64 * 4096;
  options.xs = {64};
  EXPECT_EQ(CheckBenchOptions(options), absl::OkStatus());
  options.xs = {65};
  ExpectRefused(options, "from 1 to 64");
}

}  // namespace
}  // namespace aioemul::tools::bench
