// What can happen to a copy from outside while it goes on.  The monitor is the
// gate at which it happens.

#include "tools/aioemul/file_copy.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/temporary_file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

using Phase = CopyMonitor::Phase;

class Gate : public CopyMonitor {
 public:
  // Calls `action` when `phase` begins.
  Gate(Phase phase, std::function<void()> action)
      : phase_(phase), action_(std::move(action)) {}

  void Begin(Phase phase, uint64_t) override {
    if (phase == phase_) action_();
  }
  void Update(const BlockProgress& progress) override { progress_ = progress; }
  absl::Status Check() override { return verdict; }

  absl::Status verdict;
  const BlockProgress& progress() const { return progress_; }

 private:
  const Phase phase_;
  const std::function<void()> action_;
  BlockProgress progress_ = {0, 0};
};

class FileCopyTest : public testing::Test {
 protected:
  FileCopyTest() { scratch_.Write("source", content_); }

  absl::Status Copy(CopyMonitor& monitor) {
    return CopyFile(scratch_ / "source", scratch_ / "dest", options_, monitor);
  }

  // Copies while `action` happens, which must make it fail and leave nothing.
  std::string FailureWhen(Phase phase, std::function<void()> action) {
    Gate gate(phase, std::move(action));
    const absl::Status status = Copy(gate);
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(scratch_.Snapshot().size(), 1u) << "something was left behind";
    return std::string(status.message());
  }

  // The hidden file that is written to.
  std::string TemporaryName() const {
    for (const auto& [name, unused] : scratch_.Snapshot()) {
      if (absl::StartsWith(name, kTemporaryPrefix)) return name;
    }
    ADD_FAILURE() << "no temporary file";
    return "";
  }

  std::string InQuotes(const std::string& name) const {
    return "'" + (scratch_ / name) + "'";
  }

  ScratchDirectory scratch_;
  const std::string content_ = RandomContent(300'000);
  CopyOptions options_;
};

TEST_F(FileCopyTest, ASourceThatShrinks) {
  for (const char* size : {"299999", "4096", "0"}) {
    scratch_.Write("source", content_);
    const std::string message = FailureWhen(Phase::kCopying, [&] {
      ASSERT_EQ(truncate((scratch_ / "source").c_str(), std::stol(size)), 0);
    });
    EXPECT_EQ(message, InQuotes("source") + " shrank while it was copied");
  }
}

TEST_F(FileCopyTest, ASourceThatGrowsIsCopiedAsItWas) {
  Gate gate(Phase::kCopying,
            [this] { scratch_.Write("source", content_ + "more"); });
  EXPECT_EQ(Copy(gate), absl::OkStatus());
  EXPECT_EQ(scratch_.Read("dest"), content_);
}

TEST_F(FileCopyTest, VerifyFindsAChangedCopy) {
  options_.verify = true;
  options_.block_size = 4096;
  const std::string message = FailureWhen(Phase::kVerifying, [this] {
    std::string changed = content_;
    changed[123'456] ^= 1;
    changed[222'222] ^= 1;
    scratch_.Write(TemporaryName(), changed);
  });
  EXPECT_EQ(message, InQuotes("dest") + " differs from " + InQuotes("source") +
                         " at offset 123456");
}

TEST_F(FileCopyTest, VerifyFindsAnotherSize) {
  options_.verify = true;
  EXPECT_TRUE(absl::EndsWith(
      FailureWhen(Phase::kVerifying,
                  [this] { scratch_.Write(TemporaryName(), content_ + "x"); }),
      " at offset 300000"));
  EXPECT_TRUE(absl::EndsWith(
      FailureWhen(Phase::kVerifying,
                  [this] { scratch_.Write("source", content_ + "x"); }),
      " at offset 300000"));
}

TEST_F(FileCopyTest, StoppedInAnyPhase) {
  options_.verify = true;
  for (Phase phase : {Phase::kCopying, Phase::kSyncing, Phase::kVerifying}) {
    Gate* monitor = nullptr;
    Gate gate(phase,
              [&monitor] { monitor->verdict = absl::CancelledError("stop"); });
    monitor = &gate;
    EXPECT_TRUE(absl::IsCancelled(Copy(gate)));
    EXPECT_EQ(scratch_.Snapshot().size(), 1u);
  }
}

TEST_F(FileCopyTest, ADirectoryThatTakesThePlaceOfTheDestination) {
  Gate gate(Phase::kCopying,
            [this] { ASSERT_EQ(mkdir((scratch_ / "dest").c_str(), 0700), 0); });
  EXPECT_EQ(Copy(gate).message(),
            "replacing " + InQuotes("dest") + ": Is a directory");
  EXPECT_EQ(scratch_.Snapshot().size(), 2u);
}

TEST_F(FileCopyTest, ATemporaryNameThatIsTaken) {
  const std::string name = kTemporaryPrefix + std::to_string(getpid()) + "-0";
  scratch_.Write(name, "somebody else's");
  Gate gate(Phase::kCopying, [] {});
  EXPECT_EQ(Copy(gate), absl::OkStatus());
  EXPECT_EQ(scratch_.Read("dest"), content_);
  EXPECT_EQ(scratch_.Read(name), "somebody else's");
}

TEST_F(FileCopyTest, ProgressCountsHolesAsPassed) {
  ASSERT_EQ(truncate((scratch_ / "source").c_str(), 64 << 20), 0);
  Gate gate(Phase::kCopying, [] {});
  EXPECT_EQ(Copy(gate), absl::OkStatus());
  EXPECT_EQ(gate.progress().passed, 64u << 20);
  EXPECT_LT(gate.progress().moved, 1u << 20);
}

}  // namespace
}  // namespace aioemul::tools
