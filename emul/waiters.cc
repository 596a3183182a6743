#include "emul/waiters.h"

#include <pthread.h>

#include <cerrno>

#include "absl/numeric/bits.h"

namespace aioemul {
namespace {

constexpr uintptr_t kPage = 4096;

template <typename Bits>
constexpr Bits BitOf(int number) {
  return Bits{1} << number;
}

// A bit that is set already is as good as one set now.  Either the completion
// takes it yet; or it was set again after that, by somebody who saw the result,
// and whoever reads it sees the result, too.
template <typename Bits>
void SetBit(std::atomic<Bits>& word, Bits bit) {
  if ((word.load(std::memory_order_acquire) & bit) != 0) return;
  word.fetch_or(bit, std::memory_order_acq_rel);
}

}  // namespace

Waiters::Waiters(Platform& platform, MonotonicTime spin_limit)
    : platform_(platform), spin_(platform, spin_limit) {
  constexpr uint64_t kAll = ~uint64_t{0};
  constexpr int kShared = kSeats - kOwnedSeats;
  static_assert(kShared < Waited::kGroupSeats, "they are in the last group");
  for (std::atomic<uint64_t>& group : free_seats_) {
    group.store(kAll, std::memory_order_relaxed);
  }
  free_seats_.back().store(kAll >> kShared, std::memory_order_relaxed);
}

// --- Leaving word

void Waiters::Stay::Enter(Waited& waited) {
  if (seat_ == kNoSeat) {
    cell_ = &waited.cell_;
    sequence_ = cell_->sequence.load(std::memory_order_acquire);
    SetBit(waited.waiting_, Waited::kAtCell);
    return;
  }
  const int group = seat_ / Waited::kGroupSeats;
  SetBit(waited.seats_[static_cast<size_t>(group)],
         BitOf<uint64_t>(seat_ % Waited::kGroupSeats));
  SetBit(waited.waiting_, BitOf<uint32_t>(group));
}

void Waiters::Stay::Withdraw(Waited& waited) const {
  const int group = seat_ / Waited::kGroupSeats;
  const auto bit = BitOf<uint64_t>(seat_ % Waited::kGroupSeats);
  std::atomic<uint64_t>& seats = waited.seats_[static_cast<size_t>(group)];
  if ((seats.load(std::memory_order_acquire) & bit) == 0) return;
  seats.fetch_and(~bit, std::memory_order_relaxed);
}

int Waiters::TakeSeat(const Condition& condition) {
  for (int group = 0; group < Waited::kGroups; ++group) {
    std::atomic<uint64_t>& seats = free_seats_[static_cast<size_t>(group)];
    uint64_t free = seats.load(std::memory_order_relaxed);
    while (free != 0) {
      const uint64_t lowest = free & (~free + 1);
      if (seats.compare_exchange_weak(free, free & ~lowest,
                                      std::memory_order_acquire,
                                      std::memory_order_relaxed)) {
        return group * Waited::kGroupSeats + absl::countr_zero(lowest);
      }
    }
  }
  // Conditions stand on the stacks of their threads: pages tell them apart.
  constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;
  const uint64_t hash = reinterpret_cast<uintptr_t>(&condition) / kPage * kOdd;
  constexpr int kSharedSeats = kSeats - kOwnedSeats;
  return kOwnedSeats + static_cast<int>((hash >> 32) % kSharedSeats);
}

void Waiters::ReturnSeat(int seat) {
  const int group = seat / Waited::kGroupSeats;
  free_seats_[static_cast<size_t>(group)].fetch_or(
      BitOf<uint64_t>(seat % Waited::kGroupSeats), std::memory_order_release);
}

void Waiters::Leave(void* argument) {
  auto* stay = static_cast<Stay*>(argument);
  // Cancelled in its sleep.
  if (stay->asleep_) stay->waiters_->EndSleep(stay);
  // A shared bit may stand for somebody else.
  if (stay->seat_ == Stay::kNoSeat || stay->seat_ >= kOwnedSeats) return;
  stay->condition_->Disarm(*stay);
  stay->waiters_->ReturnSeat(stay->seat_);
}

// --- Waiting

std::atomic<uint32_t>& Waiters::SleepersAround(const Cell& cell) {
  const uintptr_t page = reinterpret_cast<uintptr_t>(&cell) / kPage;
  return districts_[page % kDistricts].sleepers;
}

int Waiters::Sleep(Stay* stay, MonotonicTime deadline,
                   CancellationPoint point) {
  Cell& cell = *stay->cell_;
  // A handler may end the thread at any point here: rather too many sleepers
  // are counted then than too few, which costs wake-ups but loses none.
  SleepersAround(cell).fetch_add(1, std::memory_order_relaxed);
  cell.sleepers.fetch_add(1, std::memory_order_seq_cst);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  stay->asleep_ = true;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  int woken = -EINTR;
  // A handler may fork at any point, too: before the count this is seen in the
  // child, after it Abandon sees the count.
  if (!abandoned_.load(std::memory_order_relaxed)) {
    woken = point == CancellationPoint::kYes
                ? platform_.WaitCancellable(cell.sequence, stay->sequence_,
                                            deadline)
                : platform_.Wait(cell.sequence, stay->sequence_, deadline);
  }
  EndSleep(stay);
  return woken;
}

void Waiters::EndSleep(Stay* stay) {
  stay->asleep_ = false;
  std::atomic_signal_fence(std::memory_order_seq_cst);
  stay->cell_->sleepers.fetch_sub(1, std::memory_order_relaxed);
  SleepersAround(*stay->cell_).fetch_sub(1, std::memory_order_relaxed);
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
  for (;;) {
    if (stay.seat_ != Stay::kNoSeat) {
      stay.sequence_ = stay.cell_->sequence.load(std::memory_order_acquire);
    }
    if (stay.condition_->Arm(stay)) return 0;
    const MonotonicTime begun = spin_.Begin();
    const bool spun =
        spin_.IsWorthwhile() &&
        SpinUntilChanged(stay.cell_->sequence, stay.sequence_, begun, deadline);
    const int woken = spun ? 0 : Sleep(&stay, deadline, point);
    spin_.End(begun);
    if (woken < 0) return stay.condition_->Arm(stay) ? 0 : woken;
  }
}

int Waiters::Wait(Condition& condition, MonotonicTime deadline,
                  CancellationPoint cancellation_point) {
  Stay stay;
  stay.waiters_ = this;
  stay.condition_ = &condition;
  if (!condition.IsOne()) {
    stay.seat_ = TakeSeat(condition);
    stay.cell_ = &CellOf(stay.seat_);
  }
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

// --- Waking

void Waiters::WakeCell(Cell& cell) {
  cell.sequence.fetch_add(1, std::memory_order_seq_cst);
  if (cell.sleepers.load(std::memory_order_seq_cst) != 0) {
    platform_.Wake(cell.sequence);
  }
}

void Waiters::TakeEach(uint32_t waiting, Waited& waited, Wakeups* wakeups) {
  if ((waiting & Waited::kAtCell) != 0) WakeCell(waited.cell_);
  for (uint32_t groups = waiting & (Waited::kAtCell - 1); groups != 0;
       groups &= groups - 1) {
    const int number = absl::countr_zero(groups);
    const auto group = static_cast<size_t>(number);
    uint64_t seats =
        waited.seats_[group].exchange(0, std::memory_order_acq_rel);
    if ((wakeups->groups_ & BitOf<uint32_t>(number)) != 0) {
      seats |= wakeups->seats_[group];
    }
    wakeups->seats_[group] = seats;
    wakeups->groups_ |= BitOf<uint32_t>(number);
  }
}

int Waiters::Wakeups::count() const {
  int count = 0;
  for (uint32_t groups = groups_; groups != 0; groups &= groups - 1) {
    const auto group = static_cast<size_t>(absl::countr_zero(groups));
    count += absl::popcount(seats_[group]);
  }
  return count;
}

void Waiters::Wake(const Wakeups& wakeups) {
  for (uint32_t groups = wakeups.groups_; groups != 0; groups &= groups - 1) {
    const int group = absl::countr_zero(groups);
    for (uint64_t seats = wakeups.seats_[static_cast<size_t>(group)];
         seats != 0; seats &= seats - 1) {
      WakeCell(CellOf(group * Waited::kGroupSeats + absl::countr_zero(seats)));
    }
  }
}

// --- In the child of a fork

void Waiters::Abandon() {
  abandoned_.store(true, std::memory_order_relaxed);
  for (int seat = 0; seat < kSeats; ++seat) Abandon(CellOf(seat));
}

// Who is about to sleep must not.  A page on which nobody sleeps is not looked
// at: a large table would cost the child much time.
void Waiters::Abandon(Cell& cell) {
  if (SleepersAround(cell).load(std::memory_order_relaxed) == 0) return;
  if (cell.sleepers.load(std::memory_order_relaxed) == 0) return;
  cell.sequence.fetch_add(1, std::memory_order_release);
}

}  // namespace aioemul
