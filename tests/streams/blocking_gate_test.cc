// The gate before transfers that may block (contract I1).

#include "emul/blocking_gate.h"

#include <deque>
#include <functional>

#include "gtest/gtest.h"

namespace aioemul {
namespace {

// One who counts how often it may try again, and does something each time.
class Visitor final : public Poller::Client {
 public:
  void OnReady(DirectionSet ready) override {
    EXPECT_EQ(ready, 0U);
    ++told;
    if (when_told) when_told();
  }

  BlockingGate::Place place{*this};
  int told = 0;
  std::function<void()> when_told;
};

// The gate, with a pass for each who is inside.
class Gate {
 public:
  explicit Gate(int workers) : gate_(SystemPlatform(), workers) {}

  bool Enter(BlockingGate::Place* place) {
    passes_.emplace_back();
    const bool entered = gate_.Enter(place, &passes_.back(), /*fd=*/-1);
    if (!entered) passes_.pop_back();
    return entered;
  }
  void Leave() {
    BlockingGate::Pass* pass = &passes_[left_++];
    gate_.Leave(pass);
  }
  void Configure(int workers) { gate_.Configure(workers); }

 private:
  BlockingGate gate_;
  std::deque<BlockingGate::Pass> passes_;
  size_t left_ = 0;
};

TEST(BlockingGateTest, LetsAQuarterOfTheWorkersIn) {
  Gate gate(12);
  Visitor visitor;
  EXPECT_TRUE(gate.Enter(&visitor.place));
  EXPECT_TRUE(gate.Enter(&visitor.place));
  EXPECT_TRUE(gate.Enter(&visitor.place));
  EXPECT_FALSE(gate.Enter(&visitor.place));
}

TEST(BlockingGateTest, LetsOneInWhateverTheWorkers) {
  for (const int workers : {1, 2, 3}) {
    Gate gate(workers);
    Visitor visitor;
    EXPECT_TRUE(gate.Enter(&visitor.place)) << workers;
    EXPECT_FALSE(gate.Enter(&visitor.place)) << workers;
  }
}

TEST(BlockingGateTest, TellsThoseWhoWaitWhenOneLeaves) {
  Gate gate(4);
  Visitor inside;
  Visitor first;
  Visitor second;
  ASSERT_TRUE(gate.Enter(&inside.place));
  ASSERT_FALSE(gate.Enter(&first.place));
  ASSERT_FALSE(gate.Enter(&second.place));
  EXPECT_EQ(first.told, 0);
  gate.Leave();
  EXPECT_EQ(first.told, 1);
  EXPECT_EQ(second.told, 1);
  EXPECT_EQ(inside.told, 0);
  EXPECT_TRUE(gate.Enter(&second.place));
}

TEST(BlockingGateTest, TellsNobodyTwiceForOneWait) {
  Gate gate(4);
  Visitor visitor;
  ASSERT_TRUE(gate.Enter(&visitor.place));
  ASSERT_FALSE(gate.Enter(&visitor.place));
  ASSERT_FALSE(gate.Enter(&visitor.place));
  gate.Leave();
  EXPECT_EQ(visitor.told, 1);
  ASSERT_TRUE(gate.Enter(&visitor.place));
  gate.Leave();
  EXPECT_EQ(visitor.told, 1);
}

TEST(BlockingGateTest, StopsTellingWhenItIsFullAgain) {
  Gate gate(4);
  Visitor first;
  Visitor second;
  ASSERT_TRUE(gate.Enter(&first.place));
  ASSERT_FALSE(gate.Enter(&first.place));
  ASSERT_FALSE(gate.Enter(&second.place));
  first.when_told = [&] { EXPECT_TRUE(gate.Enter(&first.place)); };
  gate.Leave();
  EXPECT_EQ(first.told, 1);
  EXPECT_EQ(second.told, 0);
  gate.Leave();
  EXPECT_EQ(second.told, 1);
}

TEST(BlockingGateTest, PassesTheTurnOnWhenTheFirstNeedsItNoMore) {
  Gate gate(4);
  Visitor gone;
  Visitor next;
  ASSERT_TRUE(gate.Enter(&gone.place));
  ASSERT_FALSE(gate.Enter(&gone.place));
  ASSERT_FALSE(gate.Enter(&next.place));
  bool entered = false;
  next.when_told = [&] { entered = gate.Enter(&next.place); };
  gate.Leave();
  EXPECT_TRUE(entered);
}

// J1 as well.
TEST(BlockingGateTest, LowerLimitHoldsFromNowOn) {
  Gate gate(8);
  Visitor visitor;
  ASSERT_TRUE(gate.Enter(&visitor.place));
  ASSERT_TRUE(gate.Enter(&visitor.place));
  gate.Configure(4);
  ASSERT_FALSE(gate.Enter(&visitor.place));
  gate.Leave();
  EXPECT_EQ(visitor.told, 0);
  gate.Leave();
  EXPECT_EQ(visitor.told, 1);
}

// J1 as well: nobody may ever leave.
TEST(BlockingGateTest, HigherLimitLetsThoseWhoWaitTryAtOnce) {
  Gate gate(4);
  Visitor visitor;
  ASSERT_TRUE(gate.Enter(&visitor.place));
  ASSERT_FALSE(gate.Enter(&visitor.place));
  gate.Configure(8);
  EXPECT_EQ(visitor.told, 1);
  EXPECT_TRUE(gate.Enter(&visitor.place));
}

}  // namespace
}  // namespace aioemul
