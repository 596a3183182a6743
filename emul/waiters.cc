#include "emul/waiters.h"

#include <pthread.h>

#include <cerrno>

#include "absl/numeric/bits.h"

namespace aioemul {

int Waiters::TakeCell(const Condition& condition) {
  uint64_t free = free_cells_.load(std::memory_order_relaxed);
  while (free != 0) {
    const uint64_t lowest = free & (~free + 1);
    if (free_cells_.compare_exchange_weak(free, free & ~lowest,
                                          std::memory_order_acquire,
                                          std::memory_order_relaxed)) {
      return absl::countr_zero(lowest);
    }
  }
  // Conditions stand on the stacks of their threads: pages tell them apart.
  constexpr uintptr_t kPage = 4096;
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  const uint64_t hash = reinterpret_cast<uintptr_t>(&condition) / kPage * kOdd;
  constexpr int kSharedCells = kCells - kOwnedCells;
  return kOwnedCells + static_cast<int>((hash >> 32) % kSharedCells);
}

void Waiters::Leave(void* argument) {
  auto* stay = static_cast<Stay*>(argument);
  // Cancelled in its sleep.
  if (stay->asleep) stay->waiters->EndSleep(stay);
  // A shared bit may stand for somebody else.
  if (stay->cell >= kOwnedCells) return;
  const uint64_t bit = uint64_t{1} << stay->cell;
  stay->condition->Disarm(bit);
  stay->waiters->free_cells_.fetch_or(bit, std::memory_order_release);
}

int Waiters::Sleep(Stay* stay, uint32_t sequence, MonotonicTime deadline,
                   CancellationPoint point) {
  Cell& cell = cells_[static_cast<size_t>(stay->cell)];
  // A handler may end the thread at any point here: rather too many sleepers
  // are counted then than too few, which costs wake-ups but loses none.
  cell.sleepers.fetch_add(1, std::memory_order_seq_cst);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  stay->asleep = true;
  const int woken =
      point == CancellationPoint::kYes
          ? platform_.WaitCancellable(cell.sequence, sequence, deadline)
          : platform_.Wait(cell.sequence, sequence, deadline);
  EndSleep(stay);
  return woken;
}

void Waiters::EndSleep(Stay* stay) {
  stay->asleep = false;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  cells_[static_cast<size_t>(stay->cell)].sleepers.fetch_sub(
      1, std::memory_order_relaxed);
}

// Not in the frame of a thread that sleeps and may unwind from there:
// AddressSanitizer does not follow that, and would take what such a frame keeps
// for a lambda for still in use.
__attribute__((noinline)) bool Waiters::SpinUntilChanged(
    const std::atomic<uint32_t>& word, uint32_t sequence, MonotonicTime begun,
    MonotonicTime deadline) {
  return spin_.Until(
      [&word, sequence] {
        return word.load(std::memory_order_acquire) != sequence;
      },
      begun, deadline);
}

int Waiters::Await(Stay& stay, MonotonicTime deadline,
                   CancellationPoint point) {
  std::atomic<uint32_t>& word = cells_[static_cast<size_t>(stay.cell)].sequence;
  const uint64_t bit = uint64_t{1} << stay.cell;
  for (;;) {
    const uint32_t sequence = word.load(std::memory_order_acquire);
    if (stay.condition->Arm(bit)) return 0;
    if (abandoned_.load(std::memory_order_relaxed)) return -EINTR;
    const MonotonicTime begun = spin_.Begin();
    const bool spun = spin_.IsWorthwhile() &&
                      SpinUntilChanged(word, sequence, begun, deadline);
    const int woken = spun ? 0 : Sleep(&stay, sequence, deadline, point);
    spin_.End(begun);
    if (woken < 0) return stay.condition->Arm(bit) ? 0 : woken;
  }
}

int Waiters::Wait(Condition& condition, MonotonicTime deadline,
                  CancellationPoint cancellation_point) {
  Stay stay = {this, &condition, TakeCell(condition), /*asleep=*/false};
  int result = 0;
  // A handler may come here while its thread sleeps in a system call that is
  // open to asynchronous cancellation; this function is not.
  int cancel_type = PTHREAD_CANCEL_DEFERRED;
  pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &cancel_type);
  // Not a destructor: some C libraries run only these when they cancel.
  pthread_cleanup_push(&Waiters::Leave, &stay);
  result = Await(stay, deadline, cancellation_point);
  pthread_cleanup_pop(1);
  pthread_setcanceltype(cancel_type, nullptr);
  return result;
}

void Waiters::Abandon() {
  abandoned_.store(true, std::memory_order_relaxed);
  // Who is about to sleep must not.
  for (Cell& cell : cells_) {
    cell.sequence.fetch_add(1, std::memory_order_release);
  }
}

void Waiters::Wake(Mask mask) {
  while (mask != 0) {
    Cell& cell = cells_[static_cast<size_t>(absl::countr_zero(mask))];
    cell.sequence.fetch_add(1, std::memory_order_seq_cst);
    if (cell.sleepers.load(std::memory_order_seq_cst) != 0) {
      platform_.Wake(cell.sequence);
    }
    mask &= mask - 1;
  }
}

}  // namespace aioemul
