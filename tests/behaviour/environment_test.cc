// Tuning by the environment (contract J2).  Every test is a program of its
// own, that sets a variable before its first call.

#include <aio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using ::testing::ExitedWithCode;

// Ends the program: how many reads of an empty pipe are accepted, up to 9.
[[noreturn]] void ExitWithAcceptedReads(const char* variable,
                                        const char* value) {
  setenv(variable, value, /*overwrite=*/1);
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

class EnvironmentDeathTest : public ::testing::Test {
 protected:
  EnvironmentDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(EnvironmentDeathTest, LimitsRequests) {
  EXPECT_EXIT(ExitWithAcceptedReads("AIOEMUL_MAX_REQUESTS", "3"),
              ExitedWithCode(3), "^$");
}

TEST_F(EnvironmentDeathTest, IsClamped) {
  EXPECT_EXIT(ExitWithAcceptedReads("AIOEMUL_MAX_REQUESTS", "-5"),
              ExitedWithCode(1), "^$");
}

TEST_F(EnvironmentDeathTest, ThatIsMalformedIsNamedAndIgnored) {
  for (const char* variable : {"AIOEMUL_MAX_REQUESTS", "AIOEMUL_THREADS",
                               "AIOEMUL_NUM", "AIOEMUL_IDLE_TIME"}) {
    for (const char* value : {"3x", "", "3 "}) {
      EXPECT_EXIT(ExitWithAcceptedReads(variable, value), ExitedWithCode(9),
                  variable)
          << value;
    }
  }
}

}  // namespace
}  // namespace aioemul::testing
