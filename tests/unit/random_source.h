// Random numbers for tests, from a seed that is printed so that a failure can
// be repeated: set AIOEMUL_TEST_SEED to it.

#ifndef AIOEMUL_TESTS_UNIT_RANDOM_SOURCE_H_
#define AIOEMUL_TESTS_UNIT_RANDOM_SOURCE_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace aioemul {

class RandomSource {
 public:
  RandomSource() : RandomSource(Seed()) {}

  // A number below `limit`.
  uint32_t Below(uint32_t limit) {
    return static_cast<uint32_t>(engine_() % limit);
  }

 private:
  explicit RandomSource(uint64_t seed) : engine_(seed) {
    std::cout << "AIOEMUL_TEST_SEED=" << seed << std::endl;
  }

  static uint64_t Seed() {
    const char* given = getenv("AIOEMUL_TEST_SEED");
    return given != nullptr ? strtoull(given, nullptr, 10)
                            : std::random_device()();
  }

  std::mt19937_64 engine_;
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_RANDOM_SOURCE_H_
