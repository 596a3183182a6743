// Sleeping on a word of memory: the platform's Wait and Wake.  The contract is
// in platform.h; each implementation file is one mechanism, chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_PARKING_H_
#define AIOEMUL_EMUL_PLATFORM_PARKING_H_

#include <atomic>
#include <cstdint>

#include "emul/platform/platform.h"

namespace aioemul::parking {

int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
         MonotonicTime deadline);
int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                    MonotonicTime deadline);
void Wake(const std::atomic<uint32_t>& word);
void Relax();

}  // namespace aioemul::parking

#endif  // AIOEMUL_EMUL_PLATFORM_PARKING_H_
