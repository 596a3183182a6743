#include "tools/backends/waiting.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

namespace aioemul::backends {
namespace {

constexpr time_t kLongest = 365 * 24 * 3600;
constexpr long kSecond = 1'000'000'000;

std::atomic<uint32_t> completions{0};

}  // namespace

uint32_t Completions() { return completions.load(); }

void WakeWaiters() {
  completions.fetch_add(1);
  syscall(SYS_futex, &completions, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr,
          nullptr, 0);
}

int AwaitCompletion(uint32_t seen, const timespec& deadline) {
  // The system call itself has nothing to clean up.  It always has a deadline:
  // without one the system would resume it after a handler with SA_RESTART.
  int type = PTHREAD_CANCEL_DEFERRED;
  // NOLINTNEXTLINE(concurrency-thread-canceltype-asynchronous): see above.
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &type);
  const long waited =
      syscall(SYS_futex, &completions, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
              seen, &deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
  const int error = waited == 0 || errno == EAGAIN ? 0 : errno;
  pthread_setcanceltype(type, nullptr);
  return error;
}

timespec DeadlineAfter(const timespec* timeout) {
  timespec deadline;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  if (timeout == nullptr) {
    deadline.tv_sec += kLongest;
    return deadline;
  }
  deadline.tv_sec += std::min(timeout->tv_sec, kLongest);
  deadline.tv_nsec += timeout->tv_nsec;
  if (deadline.tv_nsec >= kSecond) {
    ++deadline.tv_sec;
    deadline.tv_nsec -= kSecond;
  }
  return deadline;
}

}  // namespace aioemul::backends
