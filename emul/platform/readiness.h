// Sets of descriptors that are waited for: the platform's NewReadiness.  The
// contract is in platform.h; each implementation file is one mechanism, chosen
// in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_READINESS_H_
#define AIOEMUL_EMUL_PLATFORM_READINESS_H_

#include "emul/platform/platform.h"

namespace aioemul::readiness {

// The system's best; null when nothing can be had.
Readiness* New();

// By poll, which every system has: the cost of a wait grows with the set.
Readiness* NewPoll();

// What is left until `deadline`, in milliseconds and rounded up, as poll and
// epoll take it; -1 for kNever.
int MillisecondsUntil(MonotonicTime deadline);

}  // namespace aioemul::readiness

#endif  // AIOEMUL_EMUL_PLATFORM_READINESS_H_
