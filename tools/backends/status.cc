#include "tools/backends/status.h"

#include <aio.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <time.h>

#include <algorithm>

#include "tools/backends/posix_names.h"
#include "tools/backends/waiting.h"

namespace aioemul::backends {
namespace {

constexpr long kSecond = 1'000'000'000;

// A block with a result points to itself, and one of which that was taken
// behind itself: a copy, or one of zeros, does neither.
aiocb* Mark(const aiocb& block) {
  return __atomic_load_n(&block.__next_prio, __ATOMIC_ACQUIRE);
}

void SetMark(aiocb* block, aiocb* mark) {
  __atomic_store_n(&block->__next_prio, mark, __ATOMIC_RELEASE);
}

int StatusOf(const aiocb& block) {
  return __atomic_load_n(&block.__error_code, __ATOMIC_ACQUIRE);
}

bool HasStatus(const aiocb& block) {
  const aiocb* const mark = Mark(block);
  return mark == &block || mark == &block + 1;
}

bool AllInProgress(const aiocb* const list[], int count) {
  return std::none_of(list, list + count, [](const aiocb* block) {
    return block != nullptr && !IsInProgress(*block);
  });
}

bool IsTime(const timespec& time) {
  return time.tv_sec >= 0 && time.tv_nsec >= 0 && time.tv_nsec < kSecond;
}

}  // namespace

bool IsInProgress(const aiocb& block) {
  return Mark(block) == &block && StatusOf(block) == EINPROGRESS;
}

void Begin(aiocb* block) {
  __atomic_store_n(&block->__error_code, EINPROGRESS, __ATOMIC_RELEASE);
  SetMark(block, block);
}

void Publish(aiocb* block, int error, ssize_t result) {
  SetMark(block, block);
  block->__return_value = result;
  __atomic_store_n(&block->__error_code, error, __ATOMIC_RELEASE);
}

int Error(const aiocb* block) {
  if (block == nullptr || !HasStatus(*block)) return EINVAL;
  return StatusOf(*block);
}

ssize_t Return(aiocb* block) {
  const int error = Error(block);
  if (block == nullptr || Mark(*block) != block || error == EINPROGRESS) {
    errno = error == EINPROGRESS ? EINPROGRESS : EINVAL;
    return -1;
  }
  const ssize_t result = block->__return_value;
  // Of several threads one has it.
  aiocb* mark = block;
  if (!__atomic_compare_exchange_n(&block->__next_prio, &mark, block + 1,
                                   /*weak=*/false, __ATOMIC_ACQ_REL,
                                   __ATOMIC_ACQUIRE)) {
    errno = EINVAL;
    return -1;
  }
  if (result < 0) errno = error;
  return result;
}

int Suspend(const aiocb* const list[], int count, const timespec* timeout) {
  const bool valid = count >= 0 && (list != nullptr || count == 0) &&
                     (timeout == nullptr || IsTime(*timeout));
  const bool endless =
      valid && timeout == nullptr &&
      std::all_of(list, list + count, [](const aiocb* b) { return !b; });
  if (!valid || endless) {
    errno = EINVAL;
    return -1;
  }
  // Also when there is nothing to wait for.
  pthread_testcancel();
  const timespec deadline = DeadlineAfter(timeout);
  int error = 0;
  for (;;) {
    const uint32_t seen = Completions();
    if (!AllInProgress(list, count)) return 0;
    if (error == EINTR || (error == ETIMEDOUT && timeout != nullptr)) break;
    error = AwaitCompletion(seen, deadline);
  }
  errno = error == EINTR ? EINTR : EAGAIN;
  return -1;
}

}  // namespace aioemul::backends
