// Waiting for completions: aio_suspend and LIO_WAIT.
//
// A thread that waits takes a *cell*, a word it sleeps on, and leaves the
// cell's bit in the `waiting` mask of everything it waits for.  A completion
// takes the mask and wakes exactly those cells (contract D5).
//
//   waiter                               completion
//   1 reads the cell's sequence          a makes the result visible
//   2 sets its bit in `waiting`          b takes the mask, leaving zero
//   3 looks for a result; if none        c for each bit: changes the cell's
//   4 counts itself among the sleepers     sequence
//   5 sleeps unless the sequence has     d wakes them, if there are sleepers
//     changed since 1
//
// 2 and b change the same word, so one of them is first.  If b is first, 3
// sees the result of a.  If 2 is first, b finds the bit, and c changes the
// sequence after 1: the waiter does not sleep, or is woken, unless d finds no
// sleepers; but then c was before 4, and so before 5.  (4, c and the look of d
// are sequentially consistent.)  Between 3 and 4 the waiter may spin on the
// sequence.
//
// There are 64 cells.  Half of them have one owner at a time; who finds none of
// these free shares one of the others, and may be woken for those who share it,
// which costs time but loses nothing.  A bit left behind by a waiter that is
// gone costs a later owner of the cell one look.
//
// Thread and signal safety: everything here may be called from any thread and
// from signal handlers; nothing takes a lock.

#ifndef AIOEMUL_EMUL_WAITERS_H_
#define AIOEMUL_EMUL_WAITERS_H_

#include <array>
#include <atomic>
#include <cstdint>

#include "emul/platform/platform.h"
#include "emul/spin.h"

namespace aioemul {

enum class CancellationPoint : bool { kNo, kYes };

class Waiters {
 public:
  // What a waiter waits for.
  class Condition {
   public:
    // Leaves `bit` with everything waited for that is not complete yet, and
    // says whether the wait is over.  Called once before each sleep.
    virtual bool Arm(uint64_t bit) = 0;
    // Takes `bit` back from everything that is not complete.
    virtual void Disarm(uint64_t bit) = 0;

   protected:
    ~Condition() = default;
  };

  // A waiter spins up to `spin_limit` before it sleeps.
  explicit Waiters(Platform& platform, MonotonicTime spin_limit = 0)
      : platform_(platform), spin_(platform, spin_limit) {}
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // Waits until `condition` is armed in vain because the wait is over: 0; or
  // -EINTR, or -ETIMEDOUT.  As a cancellation point it may unwind, and then
  // leaves nothing behind.
  int Wait(Condition& condition, MonotonicTime deadline,
           CancellationPoint cancellation_point);

  // In the child of a fork, before it has a second thread: whatever is waited
  // for never comes, and whoever waits returns with -EINTR.  (The handler that
  // forked interrupted the wait.)  Async-signal-safe.
  void Abandon();

  // The cells that wait for something, as a bit for each.
  using Mask = uint64_t;
  // Takes the mask of something whose completion is visible: the caller is to
  // wake those.
  static Mask Take(std::atomic<Mask>& waiting) {
    return waiting.exchange(0, std::memory_order_acq_rel);
  }
  void Wake(Mask mask);

 private:
  static constexpr int kCells = 64;
  static constexpr int kOwnedCells = kCells / 2;  // the first ones
  static constexpr uint64_t kAllFree = (uint64_t{1} << kOwnedCells) - 1;

  struct alignas(64) Cell {
    std::atomic<uint32_t> sequence{0};
    // How many sleep, or are about to: those who spin need no wake-up.
    std::atomic<uint32_t> sleepers{0};
  };

  // One thread's stay in a cell.
  struct Stay {
    Waiters* waiters;
    Condition* condition;
    int cell;
    bool asleep;
  };

  int TakeCell(const Condition& condition);
  static void Leave(void* argument);
  int Await(Stay& stay, MonotonicTime deadline, CancellationPoint point);
  bool SpinUntilChanged(const std::atomic<uint32_t>& word, uint32_t sequence,
                        MonotonicTime begun, MonotonicTime deadline);
  int Sleep(Stay* stay, uint32_t sequence, MonotonicTime deadline,
            CancellationPoint point);
  void EndSleep(Stay* stay);

  Platform& platform_;
  Spin spin_;
  std::atomic<uint64_t> free_cells_{kAllFree};
  std::atomic<bool> abandoned_{false};
  std::array<Cell, kCells> cells_ = {};
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_WAITERS_H_
