// Tuning by the environment (contract J2), which is read when the library is
// loaded: every test is a program of its own, started with a variable, that
// clears its environment before its first call.

#include <aio.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using ::testing::ExitedWithCode;

// Ends the program: how many reads of an empty pipe are accepted, up to 9.
[[noreturn]] void ExitWithAcceptedReads() {
  clearenv();
  const Channel pipe = Channel::Pipe();
  std::string buffer(1, '.');
  std::array<aiocb, 9> blocks;
  blocks.fill(ReadBlock(pipe.first(), buffer));
  int accepted = 0;
  for (aiocb& block : blocks) {
    accepted += aioemul_read(&block) == 0 ? 1 : 0;
  }
  _exit(accepted);
}

constexpr int kNoMoreRights = 101;

class EnvironmentDeathTest : public ::testing::Test {
 protected:
  // The program of the statement is started by exec, with this environment.
  EnvironmentDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
  ~EnvironmentDeathTest() override {
    for (const char* variable : kVariables) unsetenv(variable);
  }

  static constexpr const char* kVariables[] = {"AIOEMUL_MAX_REQUESTS",
                                               "AIOEMUL_THREADS", "AIOEMUL_NUM",
                                               "AIOEMUL_IDLE_TIME"};
};

TEST_F(EnvironmentDeathTest, LimitsRequests) {
  setenv("AIOEMUL_MAX_REQUESTS", "3", /*overwrite=*/1);
  EXPECT_EXIT(ExitWithAcceptedReads(), ExitedWithCode(3), "^$");
}

TEST_F(EnvironmentDeathTest, IsClamped) {
  setenv("AIOEMUL_MAX_REQUESTS", "-5", /*overwrite=*/1);
  EXPECT_EXIT(ExitWithAcceptedReads(), ExitedWithCode(1), "^$");
}

TEST_F(EnvironmentDeathTest, ThatIsMalformedIsNamedAndIgnored) {
  for (const char* variable : kVariables) {
    for (const char* value : {"3x", "", "3 "}) {
      setenv(variable, value, /*overwrite=*/1);
      EXPECT_EXIT(ExitWithAcceptedReads(), ExitedWithCode(9), variable)
          << value;
    }
    unsetenv(variable);
  }
}

// A set-user-ID program of another user's.
TEST_F(EnvironmentDeathTest, IsNotForProgramsWithMoreRights) {
  if (geteuid() != 0) GTEST_SKIP() << "no set-user-ID program without root";
  const std::string program = ::testing::TempDir() + "/privileged";
  std::filesystem::copy_file("/proc/self/exe", program);
  ASSERT_EQ(chown(program.c_str(), 2'000'000'001, 2'000'000'001), 0);
  ASSERT_EQ(chmod(program.c_str(), 06755), 0);
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // And nothing else: gtest's own variables name files of root's.
    char variable[] = "AIOEMUL_MAX_REQUESTS=3";
    char* const environment[] = {variable, nullptr};
    execle(program.c_str(), "privileged", "--gtest_also_run_disabled_tests",
           "--gtest_filter=EnvironmentDeathTest.DISABLED_CountAcceptedReads",
           nullptr, environment);
    _exit(100);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  std::filesystem::remove(program);
  if (WEXITSTATUS(status) == kNoMoreRights) {
    GTEST_SKIP() << "the file system gives a program no rights";
  }
  EXPECT_EQ(WEXITSTATUS(status), 9);
}

// The part of the program with more rights.
TEST_F(EnvironmentDeathTest, DISABLED_CountAcceptedReads) {
  if (getauxval(AT_SECURE) == 0) _exit(kNoMoreRights);
  ExitWithAcceptedReads();
}

}  // namespace
}  // namespace aioemul::testing
