// `aioemul bench` where a measurement cannot work: this process lowers its own
// limit on descriptors for good, and with it that of the command.

#include <sys/resource.h>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/bench/json.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::bench {
namespace {

TEST(BenchFailureTest, TellsWhatFailedAndMeasuresTheRest) {
  const rlimit limit = {64, 64};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
  const ScratchDirectory scratch;
  CommandOptions options;
  options.directory = scratch.path();
  const CommandResult result =
      RunCommand({"bench", "--workloads=idle-pipes", "--peers=aioemul",
                  "--x=100,1", "--operations=100", "--seconds=100",
                  "--file-bytes=256K", "--json=results"},
                 options);
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_TRUE(absl::StrContains(
      result.err, "aioemul bench: idle-pipes, pipes 100, aioemul: "))
      << result.err;
  EXPECT_TRUE(absl::StrContains(result.err, "Too many open files"));
  EXPECT_TRUE(absl::StrContains(result.out, "Too many open files"));
  const Json json = Json::parse(scratch.Read("results"));
  ASSERT_EQ(json["results"].size(), 1U);
  EXPECT_EQ(json["results"][0]["x"], 1);
  EXPECT_EQ(json["results"][0]["runs"].size(), 3U);
}

}  // namespace
}  // namespace aioemul::tools::bench
