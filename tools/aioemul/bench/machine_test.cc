#include "tools/aioemul/bench/machine.h"

#include <stdio.h>
#include <unistd.h>

#include <string>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace aioemul::tools::bench {
namespace {

TEST(MachineTest, FindsTheFileSystemOfADevice) {
  const std::string mounts =
      "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
      "30 22 0:25 / /tmp rw - tmpfs tmpfs rw,size=1k\n";
  EXPECT_EQ(FileSystemIn(mounts, 8, 1), "ext4");
  EXPECT_EQ(FileSystemIn(mounts, 0, 25), "tmpfs");
  EXPECT_EQ(FileSystemIn(mounts, 9, 9), "");
  EXPECT_EQ(FileSystemIn("", 8, 1), "");
  EXPECT_EQ(FileSystemIn("22 1 8:1\n22 1 8:1 -", 8, 1), "");
}

TEST(MachineTest, TellsWhatTheSystemTells) {
  const Machine machine = ThisMachine(STDIN_FILENO);
  absl::Time date;
  EXPECT_TRUE(
      absl::ParseTime("%Y-%m-%dT%H:%M:%SZ", machine.date, &date, nullptr));
  EXPECT_FALSE(machine.kernel.empty());
  EXPECT_GT(machine.processors, 0);
  EXPECT_GT(machine.memory_bytes, 0);
}

}  // namespace
}  // namespace aioemul::tools::bench
