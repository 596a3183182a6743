// Looking before sleeping: only when it pays, and never for longer than
// allowed.  The clock is the test's.

#include "emul/spin.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul {
namespace {

constexpr MonotonicTime kLimit = 1000;
constexpr MonotonicTime kStep = 7;  // how long a moment is

class SteppedPlatform final : public testing::ForwardingPlatform {
 public:
  MonotonicTime Now() override {
    ++readings;
    return now;
  }
  void Relax() override {
    now += kStep;
    ++looks;
  }

  MonotonicTime now = 5000;
  int looks = 0;
  int readings = 0;  // of the clock
};

class SpinTest : public ::testing::Test {
 protected:
  // One wait of `time`.
  void Wait(MonotonicTime time) {
    const MonotonicTime begun = spin_.Begin();
    platform_.now += time;
    spin_.End(begun);
  }

  void LookInVain() {
    EXPECT_FALSE(
        spin_.Until([] { return false; }, platform_.now, platform_.now));
  }
  // How many waits there are before the next that looks.
  int Passed() {
    int passed = 0;
    while (!spin_.IsWorthwhile()) ++passed;
    return passed;
  }

  SteppedPlatform platform_;
  Spin spin_{platform_, kLimit};
};

constexpr auto kNotYet = [] { return false; };

TEST_F(SpinTest, IsNotWorthwhileBeforeTheFirstWait) {
  EXPECT_FALSE(spin_.IsWorthwhile());
}

TEST_F(SpinTest, LatestWaitAloneDecides) {
  Wait(kLimit - 1);
  EXPECT_TRUE(spin_.IsWorthwhile());
  Wait(kLimit);
  EXPECT_FALSE(spin_.IsWorthwhile());
  Wait(100 * kLimit);
  EXPECT_FALSE(spin_.IsWorthwhile());
  Wait(0);
  EXPECT_TRUE(spin_.IsWorthwhile());
}

TEST_F(SpinTest, LimitOfZeroIsNeverWorthwhile) {
  Spin never(platform_, 0);
  never.End(never.Begin());
  EXPECT_FALSE(never.IsWorthwhile());
  EXPECT_EQ(platform_.readings, 0) << "nobody needs to know the time";
}

TEST_F(SpinTest, EndsWithWhatItLooksFor) {
  int looks = 0;
  EXPECT_TRUE(spin_.Until([&] { return ++looks == 5; }, platform_.now, kNever));
  EXPECT_EQ(looks, 5);
  EXPECT_EQ(platform_.looks, 4);
}

TEST_F(SpinTest, LooksInVainUpToTheLimit) {
  const MonotonicTime begun = platform_.now;
  EXPECT_FALSE(spin_.Until(kNotYet, begun, kNever));
  EXPECT_GE(platform_.now, begun + kLimit);
  // The clock is read now and then.
  EXPECT_LT(platform_.now, begun + kLimit + 100 * kStep);
}

TEST_F(SpinTest, TimeSpentBeforeCountsToo) {
  const MonotonicTime begun = platform_.now - 2 * kLimit;
  EXPECT_FALSE(spin_.Until(kNotYet, begun, kNever));
  EXPECT_LT(platform_.looks, 100);
}

TEST_F(SpinTest, DeadlineBeforeTheLimitEndsIt) {
  const MonotonicTime begun = platform_.now;
  EXPECT_FALSE(spin_.Until(kNotYet, begun, begun + kLimit / 4));
  EXPECT_LT(platform_.now, begun + kLimit);
}

// What is waited for may need the processor.
TEST_F(SpinTest, FurtherLooksInVainLetTwiceAsManyWaitsPassUpToALimit) {
  Wait(0);
  std::vector<int> passed;
  for (int i = 0; i < 12; ++i) {
    LookInVain();
    passed.push_back(Passed());
  }
  EXPECT_EQ(passed, (std::vector<int>{1, 2, 4, 8, 16, 32, 64, 128, 256, 512,
                                      1024, 1024}));
}

TEST_F(SpinTest, LookThatPaysMakesTheNextPauseShort) {
  Wait(0);
  for (int i = 0; i < 5; ++i) LookInVain();
  Passed();
  EXPECT_TRUE(spin_.Until([] { return true; }, platform_.now, kNever));
  EXPECT_TRUE(spin_.IsWorthwhile());
  LookInVain();
  EXPECT_EQ(Passed(), 1);
}

}  // namespace
}  // namespace aioemul
