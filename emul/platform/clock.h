// The monotonic clock: the platform's Now.

#ifndef AIOEMUL_EMUL_PLATFORM_CLOCK_H_
#define AIOEMUL_EMUL_PLATFORM_CLOCK_H_

#include <time.h>

#include "emul/platform/platform.h"

namespace aioemul {

inline MonotonicTime MonotonicNow() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * MonotonicTime{1'000'000'000} + now.tv_nsec;
}

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_PLATFORM_CLOCK_H_
