// Queues by descriptor number: contract A6, B2, E2.

#include "emul/descriptor_table.h"

#include <climits>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/unit/queue_fixture.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

// Around every step of the tree, and at the end of all numbers.
constexpr int kNumbers[] = {
    0,       1,          1023,       1024,       1025,        1047552, 1048575,
    1048576, 1073741823, 1073741824, 2147482624, INT_MAX - 1, INT_MAX};

class DescriptorTableTest : public QueueFixture {
 protected:
  DescriptorTable table_{services_};
};

TEST_F(DescriptorTableTest, NumberThatWasNeverUsedHasNoQueue) {
  for (const int fd : kNumbers) EXPECT_EQ(table_.Find(fd), nullptr) << fd;
  table_.FindOrMake(5);
  EXPECT_EQ(table_.Find(4), nullptr);
  EXPECT_EQ(table_.Find(5 + 1024), nullptr);
  EXPECT_EQ(table_.Find(5 + (1 << 20)), nullptr);
}

TEST_F(DescriptorTableTest, NegativeNumberHasNoQueue) {
  table_.FindOrMake(0);
  table_.FindOrMake(INT_MAX);
  for (const int fd : {-1, -1024, INT_MIN}) {
    EXPECT_EQ(table_.Find(fd), nullptr) << fd;
  }
}

TEST_F(DescriptorTableTest, QueueIsMadeOnceAndFound) {
  for (const int fd : kNumbers) {
    DescriptorQueue* queue = table_.FindOrMake(fd);
    ASSERT_NE(queue, nullptr) << fd;
    EXPECT_EQ(table_.Find(fd), queue) << fd;
    EXPECT_EQ(table_.FindOrMake(fd), queue) << fd;
  }
}

TEST_F(DescriptorTableTest, EveryNumberHasAQueueOfItsOwn) {
  std::set<DescriptorQueue*> queues;
  for (const int fd : kNumbers) {
    EXPECT_TRUE(queues.insert(table_.FindOrMake(fd)).second) << fd;
  }
}

TEST_F(DescriptorTableTest, NeighboursShareTheTree) {
  table_.FindOrMake(0);
  const int allocations = platform_.total_allocations();
  for (int fd = 1; fd < 1024; ++fd) table_.FindOrMake(fd);
  EXPECT_EQ(platform_.total_allocations(), allocations + 1023);
}

TEST_F(DescriptorTableTest, EachLackOfMemoryIsReportedAndPasses) {
  int failures = 0;
  for (int index = 0;; ++index) {
    DescriptorTable table(services_);
    platform_.FailResource(index);
    DescriptorQueue* queue = table.FindOrMake(42);
    if (!platform_.resource_failed()) {
      EXPECT_NE(queue, nullptr);
      break;
    }
    ++failures;
    EXPECT_EQ(queue, nullptr) << index;
    EXPECT_EQ(table.Find(42), nullptr) << index;
    EXPECT_NE(table.FindOrMake(42), nullptr) << index;
  }
  EXPECT_EQ(failures, 3);
}

TEST_F(DescriptorTableTest, ThreadsThatRaceGetTheSameQueue) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 200; ++round) {
    const int fd = round * 1024 * 64;
    std::vector<DescriptorQueue*> found(kThreads);
    RunTogether(kThreads, [&](int thread) {
      found[static_cast<size_t>(thread)] = table_.FindOrMake(fd);
    });
    for (DescriptorQueue* queue : found) {
      ASSERT_NE(queue, nullptr);
      ASSERT_EQ(queue, table_.Find(fd));
    }
  }
}

}  // namespace
}  // namespace aioemul
