// How much processor time control groups leave: see processor_quota.h.

#include "emul/platform/processor_quota.h"

#include <climits>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace aioemul {
namespace {

class ProcessorQuotaTest : public ::testing::Test {
 protected:
  ~ProcessorQuotaTest() override { std::filesystem::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    const std::filesystem::path file = root_ + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  int Processors() const { return processor_quota::Processors(root_.c_str()); }

 private:
  const std::string root_ = ::testing::TempDir() + "/quota";
};

TEST_F(ProcessorQuotaTest, WithoutGroupsOrLimitsThereIsNone) {
  EXPECT_EQ(Processors(), INT_MAX);
  Write("/proc/self/cgroup", "0::/a/b\n");
  EXPECT_EQ(Processors(), INT_MAX);
  Write("/sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(Processors(), INT_MAX);
  Write("/proc/self/cgroup", "nonsense\n\n::\n");
  EXPECT_EQ(Processors(), INT_MAX);
}

TEST_F(ProcessorQuotaTest, IsTheLeastOfTheGroupAndThoseAbove) {
  Write("/proc/self/cgroup", "0::/a/b\n");
  Write("/sys/fs/cgroup/a/b/cpu.max", "350000 100000\n");
  EXPECT_EQ(Processors(), 3);
  Write("/sys/fs/cgroup/a/cpu.max", "200000 100000\n");
  EXPECT_EQ(Processors(), 2);
  Write("/sys/fs/cgroup/cpu.max", "50000 100000\n");
  EXPECT_EQ(Processors(), 1) << "less than a whole one is one";
}

// In a container the path may be one that is only to be found on the host.
TEST_F(ProcessorQuotaTest, OfVersionOneStandsInItsOwnFiles) {
  Write("/proc/self/cgroup",
        "12:cpuset:/c\n4:cpu,cpuacct:/docker/1234\n1:name=systemd:/x\n0::/y\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "-1\n");
  Write("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(Processors(), INT_MAX);
  Write("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "400000\n");
  EXPECT_EQ(Processors(), 4);
}

}  // namespace
}  // namespace aioemul
