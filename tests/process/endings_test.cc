// How a program ends that uses the drop-in library (contract H3): each way as
// it would without requests outstanding, neither by a crash nor never.
//
// Run twice: for a program that was linked with the library, and for one that
// was not and runs with it preloaded; the environment says which.

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

constexpr int kWell = 7;  // as in endings.cc

std::string FromEnvironment(const char* name) {
  const char* value = getenv(name);
  EXPECT_NE(value, nullptr) << name;
  return value == nullptr ? "" : value;
}

// Runs the program; its wait status.
int WaitStatusOf(const char* way) {
  std::string program = FromEnvironment("AIOEMUL_TEST_PROGRAM");
  std::string preload = FromEnvironment("AIOEMUL_TEST_PRELOAD");
  std::vector<char*> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    environment.push_back(*variable);
  }
  if (!preload.empty()) {
    preload.insert(0, "LD_PRELOAD=");
    environment.push_back(preload.data());
  }
  environment.push_back(nullptr);
  std::string word = way;
  char* const arguments[] = {program.data(), word.data(), nullptr};
  pid_t child = -1;
  EXPECT_EQ(posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments,
                        environment.data()),
            0);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return status;
}

class EndingsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(EndingsTest, EndsAsItShould) {
  for (int i = 0; i < 5; ++i) {
    const int status = WaitStatusOf(GetParam());
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    ASSERT_EQ(WEXITSTATUS(status), kWell);
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, EndingsTest,
                         ::testing::Values("Destructor", "QuickExit",
                                           "Function", "Handler",
                                           "WhileOthersSubmit", "ThreadLocal",
                                           "Exec", "ExecOnThread"),
                         [](const auto& test) {
                           return std::string(test.param);
                         });

// Takes the idle time of the library's threads, so once is enough.
TEST(MainThreadTest, MayLeaveTheProcessToOtherThreads) {
  const int status = WaitStatusOf("MainThread");
  ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), kWell);
}

}  // namespace
}  // namespace aioemul::testing
