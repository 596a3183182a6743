// Memory of the library's own: contract A6 (running out is an error, and
// passes), C4 (no memory in the long run) and H1 (a child's is its own).

#include "emul/platform/arena.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/random_source.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

// Around every border: of a cache line, of what is cut from a chunk, of a page.
constexpr std::array<size_t, 12> kSizes = {
    1, 63, 64, 65, 192, 193, 4032, 4096, 65472, 65473, 100'000, 3'000'000};

bool IsZeroed(const void* memory, size_t size) {
  const auto* bytes = static_cast<const char*>(memory);
  return std::all_of(bytes, bytes + size, [](char byte) { return byte == 0; });
}

TEST(ArenaTest, GivesZeroedCacheLinesAlsoWhenUsedBefore) {
  for (int round = 0; round < 3; ++round) {
    for (const size_t size : kSizes) {
      void* memory = arena::Allocate(size);
      ASSERT_NE(memory, nullptr) << size;
      EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0U) << size;
      EXPECT_TRUE(IsZeroed(memory, size)) << size;
      memset(memory, 0xA5, size);
      arena::Free(memory);
    }
  }
}

TEST(ArenaTest, UsesAgainWhatWasFreed) {
  for (const size_t size : kSizes) {
    // Large ones are the system's again, and it may give others.
    if (size > 65472) continue;
    void* first = arena::Allocate(size);
    arena::Free(first);
    void* second = arena::Allocate(size);
    EXPECT_EQ(first, second) << size;
    arena::Free(second);
  }
  arena::Free(nullptr);
}

TEST(ArenaTest, WhatSeveralThreadsHaveIsNeverTheSame) {
  RunTogether(4, [](int thread) {
    RandomSource random;
    const auto mark = static_cast<unsigned char>(thread + 1);
    std::vector<std::pair<unsigned char*, size_t>> held;
    for (int i = 0; i < 2000; ++i) {
      if (held.size() < 20) {
        const size_t size = kSizes[random.Below(10)];
        auto* memory = static_cast<unsigned char*>(arena::Allocate(size));
        ASSERT_NE(memory, nullptr);
        ASSERT_TRUE(IsZeroed(memory, size));
        memset(memory, mark, size);
        held.emplace_back(memory, size);
      } else {
        const uint32_t chosen =
            random.Below(static_cast<uint32_t>(held.size()));
        std::swap(held[chosen], held.back());
        const auto [memory, size] = held.back();
        ASSERT_EQ(std::count(memory, memory + size, mark),
                  static_cast<ptrdiff_t>(size));
        arena::Free(memory);
        held.pop_back();
      }
    }
    for (const auto& block : held) arena::Free(block.first);
  });
}

// A sanitizer's own memory counts, too.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(ArenaTest, WithoutMemoryGivesNullAndLaterWorksAgain) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_AS, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_AS, &none), 0);
  void* large = arena::Allocate(1'000'000);
  std::array<void*, 300> small = {};
  for (void*& block : small) block = arena::Allocate(1000);
  ASSERT_EQ(setrlimit(RLIMIT_AS, &before), 0);
  EXPECT_EQ(large, nullptr);
  EXPECT_EQ(small.back(), nullptr);
  for (void* block : small) arena::Free(block);
  EXPECT_EQ(arena::Allocate(SIZE_MAX), nullptr);
  EXPECT_EQ(arena::Allocate(SIZE_MAX - 64), nullptr);
  for (void*& block : small) {
    block = arena::Allocate(1000);
    ASSERT_NE(block, nullptr);
  }
  for (void* block : small) arena::Free(block);
}
#endif

TEST(ArenaTest, AfterAFreshStartEarlierBlocksStandAndCanBeFreed) {
  auto* kept = static_cast<char*>(arena::Allocate(100));
  auto* large = static_cast<char*>(arena::Allocate(100'000));
  kept[99] = large[99'999] = 'x';
  arena::StartAfresh();
  std::set<void*> later;
  for (int i = 0; i < 100; ++i) later.insert(arena::Allocate(100));
  EXPECT_EQ(later.size(), 100U);
  EXPECT_EQ(later.count(kept), 0U);
  EXPECT_EQ(kept[99], 'x');
  EXPECT_EQ(large[99'999], 'x');
  arena::Free(kept);
  arena::Free(large);
  for (void* block : later) arena::Free(block);
}

#if defined(__SANITIZE_ADDRESS__)
TEST(ArenaDeathTest, UseOfWhatWasFreedIsFound) {
  auto* memory = static_cast<volatile char*>(arena::Allocate(100));
  arena::Free(const_cast<char*>(memory));
  EXPECT_DEATH(memory[0] = 1, "use-after-poison");
}
#endif

}  // namespace
}  // namespace aioemul
