// Who is closing which descriptor number at this moment, so that no request
// reaches the file that takes the number next (contract H2).
//
//   submitter                            closer
//   1 reads the word; waits while it     a enters: one closer and one closing
//     tells of closers                     more in the word
//   2 looks at the descriptor            b reads the queue's holders; if there
//   3 becomes a holder of the queue        are any, cancels those not started
//   4 reads the word again: if it has      and waits for the others
//     changed, holds no more, and        c closes
//     starts again                       d leaves: one closer less
//
// 3 and 4, a and b are sequentially consistent: the submitter sees that the
// closer has entered, or the closer sees the holder.  So a request is either
// refused here and looks at the descriptor anew, or it is seen to by the closer
// before the number is free.  (Checked by emul/models/closing.pml.)
//
// A queue has a word of its own (`DescriptorQueue::closings`).  For numbers
// that have no queue yet, and for whole ranges of numbers, there are words
// here, for the process: descriptors belong to the process, too.

#ifndef AIOEMUL_EMUL_CLOSINGS_H_
#define AIOEMUL_EMUL_CLOSINGS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "emul/platform/platform.h"

namespace aioemul {

// Lock-free and async-signal-safe.
class ClosingWord {
 public:
  // What was read: how often anybody entered, in how manieth process of a line
  // of forks, and how many are inside.
  using Value = uint64_t;

  constexpr ClosingWord() = default;
  ClosingWord(const ClosingWord&) = delete;
  ClosingWord& operator=(const ClosingWord&) = delete;

  Value Load() const { return word_.load(std::memory_order_seq_cst); }
  static bool IsClosing(Value value) { return (value & kCloserMask) != 0; }

  // What it returns is for Leave.
  Value Enter() {
    Value value = word_.load(std::memory_order_relaxed);
    // A handler may fork at any moment; in the child nobody is inside.
    while (!word_.compare_exchange_weak(value, value + kEntrance + kCloser,
                                        std::memory_order_seq_cst,
                                        std::memory_order_relaxed)) {
    }
    return value & kForkMask;
  }
  // False, and without effect, in a child that was forked since Enter.
  bool Leave(Value entered) {
    Value value = word_.load(std::memory_order_relaxed);
    do {
      if ((value & kForkMask) != entered) return false;
    } while (!word_.compare_exchange_weak(value, value - kCloser,
                                          std::memory_order_seq_cst,
                                          std::memory_order_relaxed));
    return true;
  }

  // In the child of a fork: nobody is inside.
  void Abandon() {
    const Value value = word_.load(std::memory_order_relaxed);
    word_.store((value + kFork) & ~kCloserMask, std::memory_order_relaxed);
  }

 private:
  static constexpr Value kCloser = 1;
  static constexpr Value kFork = Value{1} << 16;
  static constexpr Value kEntrance = Value{1} << 32;
  static constexpr Value kCloserMask = kFork - 1;
  static constexpr Value kForkMask = kEntrance - kFork;

  std::atomic<Value> word_{0};
};

// Thread and signal safety: everything may be called from any thread, and but
// for Await from signal handlers.
class Closings {
 public:
  constexpr Closings() = default;
  Closings(const Closings&) = delete;
  Closings& operator=(const Closings&) = delete;

  // The word of those numbers without a queue that share it with `fd`.
  ClosingWord& OfUnused(int fd) {
    return of_unused_[static_cast<size_t>(fd) % kUnusedWords];
  }
  // The word of those who close a range.
  ClosingWord& OfRanges() { return of_ranges_; }

  // Waits until nobody is inside, and returns the word.
  ClosingWord::Value Await(const ClosingWord& word, Platform& platform);

  // Leaves `word`, entered as `entered`, and wakes who awaits that.
  void Leave(ClosingWord& word, ClosingWord::Value entered, Platform& platform);

  // In the child of a fork: nobody is closing anything.
  void Abandon();

 private:
  // Enough that a close that takes its time seldom delays another number.
  static constexpr size_t kUnusedWords = 1024;

  std::array<ClosingWord, kUnusedWords> of_unused_;
  ClosingWord of_ranges_;
  // How many wait, and the word they sleep on.
  std::atomic<uint32_t> waiting_{0};
  std::atomic<uint32_t> departures_{0};
};

// The one there is.
Closings& ProcessClosings();

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_CLOSINGS_H_
