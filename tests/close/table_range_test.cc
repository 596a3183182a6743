// The queues of a range of numbers, for who closes a range (contract H2).

#include <climits>
#include <vector>

#include "emul/descriptor_table.h"
#include "gtest/gtest.h"
#include "tests/unit/queue_fixture.h"

namespace aioemul {
namespace {

class TableRangeTest : public QueueFixture {
 protected:
  // Around every step of the tree, and at the end of all numbers.
  static constexpr int kNumbers[] = {
      0,       1,       1023,       1024,       1025,        1047552, 1048575,
      1048576, 1048577, 1073741824, 2147482624, INT_MAX - 1, INT_MAX};

  TableRangeTest() {
    for (const int fd : kNumbers) queues_.push_back(table_.FindOrMake(fd));
  }

  std::vector<DescriptorQueue*> Visited(int first, int last) const {
    std::vector<DescriptorQueue*> visited;
    table_.ForEach(first, last,
                   [&](DescriptorQueue* queue) { visited.push_back(queue); });
    return visited;
  }

  DescriptorTable table_{services_};
  std::vector<DescriptorQueue*> queues_;
};

TEST_F(TableRangeTest, HasTheQueuesBetweenAnyTwoNumbersInOrder) {
  for (size_t first = 0; first < queues_.size(); ++first) {
    for (size_t last = first; last < queues_.size(); ++last) {
      const auto begin = queues_.begin();
      const std::vector<DescriptorQueue*> expected(
          begin + static_cast<std::ptrdiff_t>(first),
          begin + static_cast<std::ptrdiff_t>(last) + 1);
      EXPECT_EQ(Visited(kNumbers[first], kNumbers[last]), expected);
    }
  }
}

// Where whole nodes of the tree are missing.
TEST_F(TableRangeTest, MayBeginAnywhere) {
  EXPECT_EQ(Visited(5000, 1047552), std::vector<DescriptorQueue*>{queues_[5]});
  EXPECT_EQ(Visited(3'000'005, 1073741824),
            std::vector<DescriptorQueue*>{queues_[9]});
}

TEST_F(TableRangeTest, HasNoneWhereNoneIs) {
  EXPECT_TRUE(Visited(2, 1022).empty());
  EXPECT_TRUE(Visited(1026, 1047551).empty());
  EXPECT_TRUE(Visited(1073741825, 2147482623).empty());
  EXPECT_TRUE(Visited(1024, 1023).empty());
  EXPECT_TRUE(Visited(INT_MIN, -1).empty());
}

TEST_F(TableRangeTest, BelowZeroIsNothing) {
  EXPECT_EQ(Visited(INT_MIN, 1),
            (std::vector<DescriptorQueue*>{queues_[0], queues_[1]}));
}

}  // namespace
}  // namespace aioemul
