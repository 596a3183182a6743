// Levels and sets of them: contract B1.

#include "emul/level.h"

#include <climits>
#include <set>

#include "gtest/gtest.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

TEST(LevelTest, OrdinaryCallerWithoutDeltaGetsTheDefaultLevel) {
  EXPECT_EQ(LevelOf(0, 0), kDefaultLevel);
}

TEST(LevelTest, EveryPriorityHasALevelOfItsOwnInOrder) {
  Level expected = 0;
  for (int priority = -kMaxPriorityDelta; priority <= kMaxRealTimePriority;
       ++priority) {
    const int delta = priority < 0 ? -priority : 0;
    EXPECT_EQ(LevelOf(priority + delta, delta), expected);
    ++expected;
  }
  EXPECT_EQ(expected, kLevels);
}

TEST(LevelTest, DeltaLowersARealTimePriority) {
  EXPECT_EQ(LevelOf(50, 0) - LevelOf(50, 20), 20);
  EXPECT_EQ(LevelOf(20, 20), LevelOf(0, 0));
}

TEST(LevelTest, PrioritiesBeyondTheKnownOnesGetTheNearestLevel) {
  EXPECT_EQ(LevelOf(kMaxRealTimePriority + 1, 0), kLevels - 1);
  EXPECT_EQ(LevelOf(INT_MAX / 2, 0), kLevels - 1);
  EXPECT_EQ(LevelOf(-1, kMaxPriorityDelta), 0);
  EXPECT_EQ(LevelOf(INT_MIN / 2, 0), 0);
}

TEST(LevelSetTest, EmptySetHasNoHighest) {
  const LevelSet set;
  EXPECT_TRUE(set.empty());
  EXPECT_EQ(set.Highest(), kNoLevel);
}

TEST(LevelSetTest, EachLevelAloneIsTheHighest) {
  for (Level level = 0; level < kLevels; ++level) {
    LevelSet set;
    set.Insert(level);
    EXPECT_FALSE(set.empty());
    EXPECT_EQ(set.Highest(), level);
    set.Erase(level);
    EXPECT_TRUE(set.empty());
  }
}

TEST(LevelSetTest, InsertingTwiceOrErasingWhatIsNotThereChangesNothing) {
  LevelSet set;
  set.Insert(70);
  set.Insert(70);
  set.Erase(6);  // the same bit of the other word
  EXPECT_EQ(set.Highest(), 70);
  set.Erase(70);
  EXPECT_TRUE(set.empty());
}

TEST(LevelSetTest, BehavesAsAStandardSet) {
  RandomSource random;
  LevelSet set;
  std::set<Level> model;
  for (int step = 0; step < 200'000; ++step) {
    const auto level = static_cast<Level>(random.Below(kLevels));
    // Phases that fill and phases that empty, so that both ends are reached.
    const bool filling = (step / 500) % 2 == 0;
    if ((random.Below(4) != 0) == filling) {
      set.Insert(level);
      model.insert(level);
    } else {
      set.Erase(level);
      model.erase(level);
    }
    ASSERT_EQ(set.empty(), model.empty()) << step;
    ASSERT_EQ(set.Highest(), model.empty() ? kNoLevel : *model.rbegin())
        << step;
  }
}

}  // namespace
}  // namespace aioemul
