// A limit of this process, lower for a while.

#ifndef AIOEMUL_TESTS_PROCESS_LOWERED_LIMIT_H_
#define AIOEMUL_TESTS_PROCESS_LOWERED_LIMIT_H_

#include <sys/resource.h>

#include "gtest/gtest.h"

namespace aioemul::testing {

class LoweredLimit {
 public:
  LoweredLimit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    EXPECT_EQ(getrlimit(resource_, &before_), 0);
    Set(value);
  }
  ~LoweredLimit() { EXPECT_EQ(setrlimit(resource_, &before_), 0); }
  LoweredLimit(const LoweredLimit&) = delete;
  LoweredLimit& operator=(const LoweredLimit&) = delete;

  void Set(rlim_t value) {
    const rlimit lowered = {value, before_.rlim_max};
    EXPECT_EQ(setrlimit(resource_, &lowered), 0);
  }

 private:
  const __rlimit_resource resource_;
  rlimit before_ = {};
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_PROCESS_LOWERED_LIMIT_H_
