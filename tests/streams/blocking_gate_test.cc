// The gate before transfers that may block (SEMANTICS I1).

#include "emul/blocking_gate.h"

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

TEST(BlockingGateTest, LetsAQuarterOfTheWorkersIn) {
  BlockingGate gate(12);
  Visitor visitor;
  EXPECT_TRUE(gate.Enter(&visitor.place));
  EXPECT_TRUE(gate.Enter(&visitor.place));
  EXPECT_TRUE(gate.Enter(&visitor.place));
  EXPECT_FALSE(gate.Enter(&visitor.place));
}

TEST(BlockingGateTest, LetsOneInWhateverTheWorkers) {
  for (const int workers : {1, 2, 3}) {
    BlockingGate gate(workers);
    Visitor visitor;
    EXPECT_TRUE(gate.Enter(&visitor.place)) << workers;
    EXPECT_FALSE(gate.Enter(&visitor.place)) << workers;
  }
}

TEST(BlockingGateTest, TellsThoseWhoWaitWhenOneLeaves) {
  BlockingGate gate(4);
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
  BlockingGate gate(4);
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
  BlockingGate gate(4);
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
  BlockingGate gate(4);
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
  BlockingGate gate(8);
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
  BlockingGate gate(4);
  Visitor visitor;
  ASSERT_TRUE(gate.Enter(&visitor.place));
  ASSERT_FALSE(gate.Enter(&visitor.place));
  gate.Configure(8);
  EXPECT_EQ(visitor.told, 1);
  EXPECT_TRUE(gate.Enter(&visitor.place));
}

}  // namespace
}  // namespace aioemul
