// The pool of numbered objects: contract A6 (running out is an error, and
// passes), C3 (what a stale number names can be looked at) and C4 (no memory in
// the long run).

#include "emul/slot_table.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/random_source.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

struct Object : Slotted {
  std::atomic<int> users{0};
};

using Table = SlotTable<Object>;

class SlotTableTest : public ::testing::Test {
 protected:
  std::vector<Object*> AcquireMany(uint32_t count) {
    std::vector<Object*> objects;
    for (uint32_t i = 0; i < count; ++i) objects.push_back(table_.Acquire());
    return objects;
  }

  void ReleaseAll(const std::vector<Object*>& objects) {
    for (Object* object : objects) table_.Release(object);
  }

  testing::FakePlatform platform_;
  Table table_{platform_};
};

TEST_F(SlotTableTest, NewTableHoldsNoMemoryAndNamesNothing) {
  EXPECT_EQ(platform_.allocations(), 0);
  EXPECT_EQ(table_.At(0), nullptr);
  EXPECT_EQ(table_.in_use(), 0U);
}

TEST_F(SlotTableTest, EachNumberNamesItsObjectAcrossChunks) {
  const auto objects = AcquireMany(3 * Table::kChunkSlots);
  std::set<uint32_t> numbers;
  for (Object* object : objects) {
    ASSERT_NE(object, nullptr);
    EXPECT_EQ(table_.At(object->slot), object);
    numbers.insert(object->slot);
  }
  EXPECT_EQ(numbers.size(), objects.size());
  EXPECT_EQ(*numbers.rbegin(), objects.size() - 1);
  EXPECT_EQ(table_.in_use(), objects.size());
  ReleaseAll(objects);
}

TEST_F(SlotTableTest, NumberStillNamesItsObjectAfterRelease) {
  Object* object = table_.Acquire();
  const uint32_t slot = object->slot;
  table_.Release(object);
  EXPECT_EQ(table_.At(slot), object);
  EXPECT_EQ(table_.in_use(), 0U);
}

TEST_F(SlotTableTest, GarbageNumbersNameNothing) {
  Object* object = table_.Acquire();
  const uint64_t garbage[] = {
      Table::kChunkSlots, Table::kMaxSlots - 1,
      Table::kMaxSlots,   uint64_t{object->slot} + Table::kMaxSlots,
      UINT32_MAX,         uint64_t{1} << 32,
      uint64_t{1} << 54,  UINT64_MAX};
  for (const uint64_t slot : garbage) {
    EXPECT_EQ(table_.At(slot), nullptr) << slot;
  }
  table_.Release(object);
}

TEST_F(SlotTableTest, SteadyStateTakesNoMemory) {
  auto objects = AcquireMany(Table::kChunkSlots);
  const int allocations = platform_.total_allocations();
  RandomSource random;
  for (int step = 0; step < 100'000; ++step) {
    Object*& object = objects[random.Below(Table::kChunkSlots)];
    table_.Release(object);
    object = table_.Acquire();
  }
  ReleaseAll(objects);
  objects = AcquireMany(Table::kChunkSlots);
  EXPECT_EQ(platform_.total_allocations(), allocations);
  ReleaseAll(objects);
}

TEST_F(SlotTableTest, ReserveSetsMemoryAsideForThatManyObjects) {
  table_.Reserve(1'000);
  const int allocations = platform_.total_allocations();
  EXPECT_GT(allocations, 0);
  const auto objects = AcquireMany(1'000);
  EXPECT_EQ(platform_.total_allocations(), allocations);
  EXPECT_EQ(table_.in_use(), 1'000U);
  table_.Reserve(1'000);
  table_.Reserve(0);
  EXPECT_EQ(platform_.total_allocations(), allocations);
  ReleaseAll(objects);
}

TEST_F(SlotTableTest, LackOfMemoryIsReportedAndPasses) {
  const auto objects = AcquireMany(Table::kChunkSlots);
  platform_.FailAllResources(true);
  EXPECT_EQ(table_.Acquire(), nullptr);
  EXPECT_EQ(table_.in_use(), Table::kChunkSlots);

  // What there is can be used on.
  table_.Release(objects[0]);
  EXPECT_EQ(table_.Acquire(), objects[0]);

  platform_.FailAllResources(false);
  Object* object = table_.Acquire();
  ASSERT_NE(object, nullptr);
  EXPECT_EQ(object->slot, Table::kChunkSlots);
  table_.Release(object);
  ReleaseAll(objects);
}

TEST_F(SlotTableTest, ReserveStopsWhereMemoryEnds) {
  platform_.FailResource(2);
  table_.Reserve(10 * Table::kChunkSlots);
  EXPECT_EQ(platform_.total_allocations(), 2);
  EXPECT_NE(table_.At(2 * Table::kChunkSlots - 1), nullptr);
  EXPECT_EQ(table_.At(2 * Table::kChunkSlots), nullptr);
}

TEST_F(SlotTableTest, FullTableGivesNoMoreUntilOneIsReleased) {
  const auto objects = AcquireMany(Table::kMaxSlots);
  EXPECT_EQ(std::count(objects.begin(), objects.end(), nullptr), 0);
  EXPECT_EQ(table_.Acquire(), nullptr);
  EXPECT_EQ(table_.in_use(), Table::kMaxSlots);
  EXPECT_EQ(table_.At(Table::kMaxSlots - 1)->slot, Table::kMaxSlots - 1);
  table_.Release(objects[4711]);
  EXPECT_EQ(table_.Acquire(), objects[4711]);
  ReleaseAll(objects);
}

// The free list is lock-free; whatever the threads do, no object has two users
// and none is lost.
TEST_F(SlotTableTest, ConcurrentUsersNeverShareAnObject) {
  constexpr int kThreads = 4;
  constexpr size_t kHeld = 3;
  std::atomic<int> shared{0};
  RunTogether(kThreads, [&](int) {
    for (int round = 0; round < 20'000; ++round) {
      Object* held[kHeld];
      for (Object*& object : held) {
        object = table_.Acquire();
        if (object->users.fetch_add(1) != 0) ++shared;
      }
      for (Object* object : held) {
        if (object->users.fetch_sub(1) != 1) ++shared;
        table_.Release(object);
      }
    }
  });
  EXPECT_EQ(shared, 0);
  EXPECT_EQ(table_.in_use(), 0U);
  EXPECT_EQ(platform_.total_allocations(), 1);

  // Every object of the chunk is still there, once.
  const auto objects = AcquireMany(Table::kChunkSlots);
  EXPECT_EQ(std::set<Object*>(objects.begin(), objects.end()).size(),
            Table::kChunkSlots);
  EXPECT_EQ(platform_.total_allocations(), 1);
  ReleaseAll(objects);
}

TEST_F(SlotTableTest, ConcurrentGrowthTakesNoMoreMemoryThanNeeded) {
  constexpr int kThreads = 8;
  constexpr uint32_t kEach = Table::kChunkSlots;
  std::vector<std::vector<Object*>> taken(kThreads);
  RunTogether(kThreads, [&](int thread) {
    std::vector<Object*>& objects = taken[static_cast<size_t>(thread)];
    for (uint32_t i = 0; i < kEach; ++i) objects.push_back(table_.Acquire());
  });
  std::set<Object*> all;
  for (const auto& objects : taken) all.insert(objects.begin(), objects.end());
  EXPECT_EQ(all.size(), kThreads * kEach);
  EXPECT_EQ(platform_.total_allocations(), kThreads);
  for (Object* object : all) table_.Release(object);
}

}  // namespace
}  // namespace aioemul
