// Priorities as small numbers, and sets of them.
//
// A request's priority is its caller's real-time priority minus aio_reqprio
// (contract B1); its *level* is that, moved so that the lowest is 0.

#ifndef AIOEMUL_EMUL_LEVEL_H_
#define AIOEMUL_EMUL_LEVEL_H_

#include <algorithm>
#include <array>
#include <cstdint>

#include "absl/numeric/bits.h"

namespace aioemul {

using Level = int;

inline constexpr int kMaxPriorityDelta = 20;  // AIO_PRIO_DELTA_MAX
inline constexpr int kMaxRealTimePriority = 99;
inline constexpr Level kDefaultLevel = kMaxPriorityDelta;
inline constexpr int kLevels = kMaxPriorityDelta + kMaxRealTimePriority + 1;
inline constexpr Level kNoLevel = -1;

inline Level LevelOf(int real_time_priority, int delta) {
  return std::clamp(real_time_priority - delta + kMaxPriorityDelta, 0,
                    kLevels - 1);
}

// A set of levels whose highest is found in constant time.  Not thread-safe.
class LevelSet {
 public:
  void Insert(Level level) { WordOf(level) |= BitOf(level); }
  void Erase(Level level) { WordOf(level) &= ~BitOf(level); }
  bool empty() const { return (words_[0] | words_[1]) == 0; }

  // kNoLevel when empty.
  Level Highest() const {
    if (words_[1] != 0) return kWordBits + HighestBit(words_[1]);
    return words_[0] != 0 ? HighestBit(words_[0]) : kNoLevel;
  }

 private:
  static constexpr int kWordBits = 64;
  static_assert(kLevels <= 2 * kWordBits);

  static int HighestBit(uint64_t word) {
    return kWordBits - 1 - absl::countl_zero(word);
  }
  static uint64_t BitOf(Level level) {
    return uint64_t{1} << (level % kWordBits);
  }
  uint64_t& WordOf(Level level) {
    return words_[static_cast<size_t>(level / kWordBits)];
  }

  std::array<uint64_t, 2> words_ = {};
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_LEVEL_H_
