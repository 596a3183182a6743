// Waiting for completions.  All is async-signal-safe.

#ifndef AIOEMUL_TOOLS_BACKENDS_WAITING_H_
#define AIOEMUL_TOOLS_BACKENDS_WAITING_H_

#include <stdint.h>
#include <time.h>

#include "tools/backends/threads.h"

namespace aioemul::backends {

// How often anything was completed in this process.
uint32_t Completions();
// Counts one more, and wakes all who wait.
void WakeWaiters();
// Waits until Completions is no longer `seen`, until `deadline` by
// CLOCK_MONOTONIC, or until a signal is caught.  Returns 0, ETIMEDOUT or EINTR;
// 0 also at random.  A cancellation point.
int AwaitCompletion(uint32_t seen, const timespec& deadline);

// `timeout` from now, or a year from now for null.
timespec DeadlineAfter(const timespec* timeout);

// Waits until `done()`, whatever happens.  WakeWaiters must follow what makes
// it true.
template <typename Done>
void AwaitUndisturbed(const Done& done) {
  const Undisturbed undisturbed;
  for (;;) {
    const uint32_t seen = Completions();
    if (done()) return;
    AwaitCompletion(seen, DeadlineAfter(nullptr));
  }
}

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_WAITING_H_
