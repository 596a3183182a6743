// The requests any worker may take: contract B1 (highest priority first, call
// order within one) and A6.

#include "emul/priority_queue.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <map>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

class PriorityQueueTest : public ::testing::Test {
 protected:
  Request* Push(Level level, const Transfer& transfer = {}) {
    Request* request = requests_.emplace_back(new Request()).get();
    request->level = level;
    request->transfer = transfer;
    EXPECT_EQ(queue_.Reserve(level), 0);
    queue_.Push(request);
    return request;
  }

  testing::FakePlatform platform_;
  PriorityQueue queue_{platform_};
  std::vector<std::unique_ptr<Request>> requests_;
};

TEST_F(PriorityQueueTest, NewQueueIsEmpty) {
  EXPECT_TRUE(queue_.empty());
  EXPECT_EQ(queue_.TopLevel(), kNoLevel);
}

TEST_F(PriorityQueueTest, EqualLevelsLeaveInCallOrder) {
  for (const Level level : {0, kDefaultLevel, kLevels - 1}) {
    Request* first = Push(level);
    Request* second = Push(level);
    Request* third = Push(level);
    EXPECT_EQ(queue_.TopLevel(), level);
    EXPECT_EQ(queue_.Pop(), first);
    EXPECT_EQ(queue_.Pop(), second);
    EXPECT_EQ(queue_.Pop(), third);
    EXPECT_TRUE(queue_.empty());
  }
}

TEST_F(PriorityQueueTest, HigherLevelsLeaveFirst) {
  Request* lowest = Push(0);
  Request* ordinary = Push(kDefaultLevel);
  Request* highest = Push(kLevels - 1);
  Request* low = Push(kDefaultLevel - 1);
  Request* high = Push(kDefaultLevel + 1);
  for (Request* expected : {highest, high, ordinary, low, lowest}) {
    EXPECT_EQ(queue_.TopLevel(), expected->level);
    EXPECT_EQ(queue_.Pop(), expected);
  }
}

TEST_F(PriorityQueueTest, RemovedRequestIsPassedOver) {
  Request* first = Push(kDefaultLevel);
  Request* removed = Push(kDefaultLevel);
  Request* last = Push(kDefaultLevel);
  Request* only = Push(50);
  queue_.Remove(removed);
  queue_.Remove(only);
  EXPECT_EQ(queue_.TopLevel(), kDefaultLevel);
  EXPECT_EQ(queue_.Pop(), first);
  EXPECT_EQ(queue_.Pop(), last);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(PriorityQueueTest, DefaultLevelTakesNoMemory) {
  Push(kDefaultLevel);
  EXPECT_EQ(platform_.total_allocations(), 0);
}

TEST_F(PriorityQueueTest, OtherLevelsTakeMemoryOnce) {
  for (Level level = 0; level < kLevels; ++level) {
    EXPECT_EQ(queue_.Reserve(level), 0);
  }
  EXPECT_EQ(platform_.total_allocations(), 1);
}

TEST_F(PriorityQueueTest, LackOfMemoryIsReportedAndPasses) {
  platform_.FailAllResources(true);
  EXPECT_EQ(queue_.Reserve(kDefaultLevel + 1), -EAGAIN);
  EXPECT_EQ(queue_.Reserve(kDefaultLevel), 0);
  Request* ordinary = Push(kDefaultLevel);
  platform_.FailAllResources(false);
  Request* high = Push(kDefaultLevel + 1);
  EXPECT_EQ(queue_.Pop(), high);
  EXPECT_EQ(queue_.Pop(), ordinary);
}

TEST_F(PriorityQueueTest, TopIsWhatPopGives) {
  Request* first = Push(kDefaultLevel);
  Request* second = Push(kDefaultLevel);
  EXPECT_EQ(queue_.Top(), first);
  EXPECT_EQ(queue_.Top(), first) << "it was taken out";
  EXPECT_EQ(queue_.Pop(), first);
  EXPECT_EQ(queue_.Top(), second);
  Request* high = Push(kDefaultLevel + 1);
  EXPECT_EQ(queue_.Top(), high);
}

TEST_F(PriorityQueueTest, WritesIntoMemoryAreCounted) {
  Transfer write;
  write.operation = Operation::kWriteAt;
  Request* direct = Push(kDefaultLevel, write);
  write.buffered = true;
  Request* ordinary = Push(kDefaultLevel, write);
  Request* high = Push(kDefaultLevel + 1, write);
  write.operation = Operation::kReadAt;
  Push(kDefaultLevel, write);
  EXPECT_EQ(queue_.writes_into_memory(), 2U);
  queue_.Remove(direct);
  EXPECT_EQ(queue_.writes_into_memory(), 2U);
  EXPECT_EQ(queue_.Pop(), high);
  EXPECT_EQ(queue_.writes_into_memory(), 1U);
  queue_.Remove(ordinary);
  EXPECT_EQ(queue_.writes_into_memory(), 0U);
  EXPECT_EQ(queue_.size(), 1U);
}

TEST_F(PriorityQueueTest, BehavesAsAListForEachLevel) {
  RandomSource random;
  std::map<Level, std::deque<Request*>> model;
  constexpr std::array<Level, 5> kUsed = {0, 19, kDefaultLevel, 63, 64};
  for (int step = 0; step < 50'000; ++step) {
    const uint32_t choice = random.Below(8);
    const Level level = kUsed[random.Below(kUsed.size())];
    std::deque<Request*>& waiting = model[level];
    if (choice < 4) {
      waiting.push_back(Push(level));
    } else if (choice < 5 && !waiting.empty()) {
      const auto victim =
          waiting.begin() + static_cast<std::ptrdiff_t>(random.Below(
                                static_cast<uint32_t>(waiting.size())));
      queue_.Remove(*victim);
      waiting.erase(victim);
    } else {
      const auto top =
          std::find_if(model.rbegin(), model.rend(),
                       [](const auto& entry) { return !entry.second.empty(); });
      size_t size = 0;
      for (const auto& entry : model) size += entry.second.size();
      ASSERT_EQ(queue_.size(), size);
      ASSERT_EQ(queue_.empty(), top == model.rend());
      if (top == model.rend()) continue;
      ASSERT_EQ(queue_.TopLevel(), top->first);
      ASSERT_EQ(queue_.Pop(), top->second.front()) << step;
      top->second.pop_front();
    }
  }
}

}  // namespace
}  // namespace aioemul
