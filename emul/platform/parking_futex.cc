// Parking on Linux futexes.

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "emul/platform/parking.h"

namespace aioemul::parking {
namespace {

constexpr int64_t kNanosecondsPerSecond = 1'000'000'000;

timespec ToTimespec(MonotonicTime time) {
  timespec result = {};
  result.tv_sec = static_cast<time_t>(time / kNanosecondsPerSecond);
  result.tv_nsec = static_cast<long>(time % kNanosecondsPerSecond);
  return result;
}

// unistd.h declares syscall() as never throwing.  It is called through this
// pointer so that the compiler does not rely on that: a thread cancelled in the
// call unwinds out of it.
using SystemCall = long (*)(long number, ...);
const volatile SystemCall kSystemCall = &syscall;

// ThreadSanitizer would give a function a cleanup for its own bookkeeping; see
// CancellableFutex.
#define AIOEMUL_WITHOUT_CLEANUPS __attribute__((no_sanitize("thread")))

// A deadline is always passed, if only a far one: the kernel restarts a wait
// without one after a handler with SA_RESTART, and a wait with one never.
AIOEMUL_WITHOUT_CLEANUPS long Futex(const std::atomic<uint32_t>& word,
                                    uint32_t expected,
                                    const timespec* deadline) {
  return kSystemCall(SYS_futex, &word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG,
                     expected, deadline, nullptr, FUTEX_BITSET_MATCH_ANY);
}

int ToResult(long returned) {
  if (returned == 0 || errno == EAGAIN) return 0;
  return errno == ETIMEDOUT ? -ETIMEDOUT : -EINTR;
}

// Runs with asynchronous cancellation, so it may be left at any instruction.
// Keep it free of objects with destructors and of try blocks: without any, the
// unwinder passes through this frame wherever it finds it.  Never inlined, lest
// it become part of a frame that has some.
AIOEMUL_WITHOUT_CLEANUPS __attribute__((noinline)) long CancellableFutex(
    const std::atomic<uint32_t>& word, uint32_t expected,
    const timespec* deadline) {
  int previous = 0;
  // NOLINTNEXTLINE(concurrency-thread-canceltype-asynchronous): see above.
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &previous);
  const long returned = Futex(word, expected, deadline);
  pthread_setcanceltype(previous, nullptr);
  return returned;
}

}  // namespace

int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
         MonotonicTime deadline) {
  const timespec until = ToTimespec(deadline);
  return ToResult(Futex(word, expected, &until));
}

int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                    MonotonicTime deadline) {
  const timespec until = ToTimespec(deadline);
  return ToResult(CancellableFutex(word, expected, &until));
}

void Relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#else
  sched_yield();
#endif
}

void Wake(const std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE | FUTEX_PRIVATE_FLAG, INT_MAX, nullptr,
          nullptr, 0);
}

}  // namespace aioemul::parking
