// Tests that change their process for good: its limits, its user, what the
// system lets it call, or whether it exists.

#ifndef AIOEMUL_TESTS_PROCESS_OWN_PROCESS_H_
#define AIOEMUL_TESTS_PROCESS_OWN_PROCESS_H_

#include <functional>

#include "gtest/gtest.h"

namespace aioemul::testing {

class OwnProcessDeathTest : public ::testing::Test {
 protected:
  OwnProcessDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  // Runs `body` in a process of its own, in which no other thread runs yet and
  // the library has not been used.  The expectations in it count.
  void InOwnProcess(const std::function<void()>& body);
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_PROCESS_OWN_PROCESS_H_
