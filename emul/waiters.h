// Waiting for completions: aio_suspend and LIO_WAIT.
//
// A thread that waits sleeps on a word, in a *cell*, and leaves word of that
// with everything it waits for.  A completion takes what was left with it and
// wakes exactly those cells (contract D5).
//
//   waiter                               completion
//   1 reads the cell's sequence          a makes the result visible
//   2 leaves word of its cell            b takes what was left, leaving zero
//   3 looks for a result; if none        c for each cell: changes its sequence
//   4 counts itself among the sleepers   d wakes them, if there are sleepers
//   5 sleeps unless the sequence has
//     changed since 1
//
// 2 and b change the same word, so one of them is first.  If b is first, 3
// sees the result of a.  If 2 is first, b finds the cell, and c changes the
// sequence after 1: the waiter does not sleep, or is woken, unless d finds no
// sleepers; but then c was before 4, and so before 5.  (4, c and the look of d
// are sequentially consistent.)  Between 3 and 4 the waiter may spin on the
// sequence.
//
// A waiter for one thing uses the cell of that thing: it leaves a bit that says
// so, takes nothing back, and shares no memory with waiters for anything else.
// The thing may complete and be used anew meanwhile; whoever waits at its cell
// then is woken once more often.
//
// A waiter for several takes a *seat*, a cell with a number.  Each thing has a
// bit for every seat, in groups of 64, and in the word of 2 and b a bit for
// every group: step 2 sets the seat's bit, then the group's; step b takes the
// groups, then the seats of those.  So a completion that nobody waits for costs
// one exchange.  All but the last few seats have one owner at a time; who finds
// none of them free shares one of the last, and may be woken for those who
// share it, which costs time but loses nothing.  A bit left behind by a waiter
// that is gone costs a later owner of the seat one look.
//
// Thread and signal safety: everything here may be called from any thread and
// from signal handlers; nothing takes a lock or memory.

#ifndef AIOEMUL_EMUL_WAITERS_H_
#define AIOEMUL_EMUL_WAITERS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "emul/platform/platform.h"
#include "emul/spin.h"

namespace aioemul {

enum class CancellationPoint : bool { kNo, kYes };

class Waiters {
 public:
  class Condition;

  static constexpr int kSeats = 1024;
  // With one owner at a time: the first ones.
  static constexpr int kOwnedSeats = kSeats - 16;

  struct Cell {
    std::atomic<uint32_t> sequence{0};
    // How many sleep, or are about to: those who spin need no wake-up.
    std::atomic<uint32_t> sleepers{0};
  };

  // A part of everything that can be waited for.  Its memory outlives every
  // wait, whatever it is used for next.
  class Waited {
   private:
    friend class Waiters;
    static constexpr int kGroupSeats = 64;
    static constexpr int kGroups = kSeats / kGroupSeats;
    // In `waiting_`, above the bits of the groups: somebody waits at `cell`.
    static constexpr uint32_t kAtCell = uint32_t{1} << kGroups;

    std::atomic<uint32_t> waiting_{0};
    Cell cell_;
    // Of each seat, in groups: whether who has it waits.
    std::array<std::atomic<uint64_t>, kGroups> seats_ = {};
  };

  // One wait of one thread.
  class Stay {
   public:
    // Leaves word with `waited`.  To be called before the look for its result;
    // a waiter without a seat waits for what was named last.
    void Enter(Waited& waited);
    // Takes that back.
    void Withdraw(Waited& waited) const;

   private:
    friend class Waiters;
    static constexpr int kNoSeat = -1;

    Waiters* waiters_ = nullptr;
    Condition* condition_ = nullptr;
    int seat_ = kNoSeat;
    Cell* cell_ = nullptr;   // where it sleeps
    uint32_t sequence_ = 0;  // of the cell, before the result was looked for
    // Counted among the sleepers of the cell.  Written by its thread alone, and
    // read by Leave, which may run amid Sleep when the thread is ended.
    bool asleep_ = false;
  };

  // What a waiter waits for.
  class Condition {
   public:
    // Whether that is one thing, and no other.
    virtual bool IsOne() const = 0;
    // Enters `stay` with everything that is not complete yet, and says whether
    // the wait is over.  Called once before each sleep.
    virtual bool Arm(Stay& stay) = 0;
    // Withdraws `stay` from everything that is not complete.  Not called for
    // one thing.
    virtual void Disarm(const Stay& stay) = 0;

   protected:
    ~Condition() = default;
  };

  // A waiter spins up to `spin_limit` before it sleeps.
  explicit Waiters(Platform& platform, MonotonicTime spin_limit = 0);
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  // Waits until `condition` is armed in vain because the wait is over: 0; or
  // -EINTR, or -ETIMEDOUT.  As a cancellation point it may unwind, and then
  // leaves nothing behind.
  int Wait(Condition& condition, MonotonicTime deadline,
           CancellationPoint cancellation_point);

  // In the child of a fork, before it has a second thread: whatever is waited
  // for never comes, and whoever waits returns with -EINTR.  (The handler that
  // forked interrupted the wait.)  The first comes first; the second is for
  // each thing that can be waited for.  Async-signal-safe.
  void Abandon();
  void Abandon(Waited& waited) { Abandon(waited.cell_); }

  // The seats to wake for one completion, or for several.
  class Wakeups {
   public:
    // How many there are.
    int count() const;

   private:
    friend class Waiters;
    uint32_t groups_ = 0;  // a bit for each group in which there are any
    // Of a group in `groups_`.  Not cleared: mostly there is none.
    std::array<uint64_t, Waited::kGroups> seats_;
  };
  // Takes what was left with something whose completion is visible, and wakes
  // those who wait for that alone; the caller is to wake the others by Wake.
  void Take(Waited& waited, Wakeups* wakeups) {
    const uint32_t waiting =
        waited.waiting_.exchange(0, std::memory_order_acq_rel);
    if (waiting != 0) TakeEach(waiting, waited, wakeups);
  }
  void Wake(const Wakeups& wakeups);

 private:
  static constexpr size_t kCacheLine = 64;

  // Seats with neighbouring numbers, which are taken together, stand apart.
  struct alignas(kCacheLine) Row {
    std::array<Cell, Waited::kGroups> cells;
  };
  struct alignas(kCacheLine) Count {
    std::atomic<uint32_t> sleepers{0};
  };
  static constexpr size_t kDistricts = 16;

  Cell& CellOf(int seat) {
    const auto number = static_cast<size_t>(seat);
    return rows_[number % Waited::kGroupSeats]
        .cells[number / Waited::kGroupSeats];
  }
  // How many sleep in cells on the pages of which `cell` is on one.
  std::atomic<uint32_t>& SleepersAround(const Cell& cell);

  int TakeSeat(const Condition& condition);
  void ReturnSeat(int seat);
  static void Leave(void* argument);
  int Await(Stay& stay, MonotonicTime deadline, CancellationPoint point);
  bool SpinUntilChanged(const std::atomic<uint32_t>& word, uint32_t sequence,
                        MonotonicTime begun, MonotonicTime deadline);
  int Sleep(Stay* stay, MonotonicTime deadline, CancellationPoint point);
  void EndSleep(Stay* stay);
  void TakeEach(uint32_t waiting, Waited& waited, Wakeups* wakeups);
  void WakeCell(Cell& cell);
  void Abandon(Cell& cell);

  Platform& platform_;
  Spin spin_;
  std::atomic<bool> abandoned_{false};
  // A bit for each owned seat that nobody has, in groups.
  std::array<std::atomic<uint64_t>, Waited::kGroups> free_seats_;
  std::array<Row, Waited::kGroupSeats> rows_ = {};
  // Tells who abandons where there may be sleepers; relaxed, as only a waiter
  // that the fork interrupted on the same thread needs to be found.
  std::array<Count, kDistricts> districts_ = {};
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_WAITERS_H_
