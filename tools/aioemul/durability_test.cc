#include "tools/aioemul/durability.h"

#include <fcntl.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools {
namespace {

absl::Status GoOn() { return absl::OkStatus(); }

// Cannot be synchronized: fsync gives EINVAL.
File ReadEndOfPipe() {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  close(ends[1]);
  return File(ends[0], "pipe");
}

TEST(DurabilityTest, FilesAndDirectories) {
  ScratchDirectory scratch;
  scratch.Write("file", "content");
  EXPECT_EQ(
      SyncFile(File(open((scratch / "file").c_str(), O_RDWR), "file"), GoOn),
      absl::OkStatus());
  EXPECT_EQ(SyncDirectory(*OpenDirectory(scratch.path())), absl::OkStatus());
}

TEST(DurabilityTest, AFileThatCannotBeSynchronized) {
  EXPECT_EQ(SyncFile(ReadEndOfPipe(), GoOn).message(),
            "synchronizing 'pipe': Invalid argument");
  EXPECT_EQ(SyncFile(File(-1, "none"), GoOn).message(),
            "synchronizing 'none': Bad file descriptor");
}

TEST(DurabilityTest, ADirectoryWithoutNeedOfIt) {
  EXPECT_EQ(SyncDirectory(ReadEndOfPipe()), absl::OkStatus());
  EXPECT_EQ(SyncDirectory(File(-1, "none")).message(),
            "synchronizing directory 'none': Bad file descriptor");
}

}  // namespace
}  // namespace aioemul::tools
