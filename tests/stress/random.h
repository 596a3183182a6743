// Random numbers, and bytes that are easy to tell from each other.
//
// Written out, and not from <random>, so that a seed means the same program
// with every library.

#ifndef AIOEMUL_TESTS_STRESS_RANDOM_H_
#define AIOEMUL_TESTS_STRESS_RANDOM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <string>

namespace aioemul::stress {

// The mixing function of splitmix64.
inline uint64_t Mixed(uint64_t value) {
  value += 0x9E3779B97F4A7C15;
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

// A number that stands for all of `parts`, in this order.
inline uint64_t Key(std::initializer_list<uint64_t> parts) {
  uint64_t key = 0;
  for (const uint64_t part : parts) key = Mixed(key ^ part);
  return key;
}

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return Mixed(state_++); }
  // A number below `limit`.
  size_t Below(size_t limit) { return static_cast<size_t>(Next() % limit); }
  int Below(int limit) {
    return static_cast<int>(Below(static_cast<size_t>(limit)));
  }
  // A number from `least` to `most`.
  size_t Between(size_t least, size_t most) {
    return least + Below(most - least + 1);
  }
  bool OneIn(int count) { return Below(count) == 0; }
  bool Chance(int per_mille) { return Below(1000) < per_mille; }

  // A size up to `most`: mostly small, seldom round.
  size_t Size(size_t most) {
    constexpr size_t kLimits[] = {16, 16, 512, 512, 512, 8192, 8192, 65536};
    return Between(1, std::min(most, kLimits[Below(std::size(kLimits))]));
  }

 private:
  uint64_t state_;
};

// Fills in the bytes that belong to `key`.
inline void Fill(uint64_t key, char* bytes, size_t count) {
  for (size_t at = 0; at < count; at += sizeof(uint64_t)) {
    const uint64_t word = Mixed(key + at);
    memcpy(bytes + at, &word, std::min(sizeof(word), count - at));
  }
}

inline std::string Pattern(uint64_t key, size_t count) {
  std::string bytes(count, '\0');
  Fill(key, bytes.data(), count);
  return bytes;
}

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_RANDOM_H_
