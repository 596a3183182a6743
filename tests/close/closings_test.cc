// The words that tell who is closing what (contract H2, H1).

#include "emul/closings.h"

#include <future>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"

namespace aioemul {
namespace {

using testing::FakePlatform;

TEST(ClosingWordTest, TellsWhetherAnybodyIsInside) {
  ClosingWord word;
  EXPECT_FALSE(ClosingWord::IsClosing(word.Load()));
  const ClosingWord::Value first = word.Enter();
  const ClosingWord::Value second = word.Enter();
  EXPECT_TRUE(ClosingWord::IsClosing(word.Load()));
  EXPECT_TRUE(word.Leave(first));
  EXPECT_TRUE(ClosingWord::IsClosing(word.Load()));
  EXPECT_TRUE(word.Leave(second));
  EXPECT_FALSE(ClosingWord::IsClosing(word.Load()));
}

TEST(ClosingWordTest, IsAnotherAfterEachStay) {
  ClosingWord word;
  const ClosingWord::Value before = word.Load();
  EXPECT_TRUE(word.Leave(word.Enter()));
  const ClosingWord::Value once = word.Load();
  EXPECT_NE(once, before);
  EXPECT_TRUE(word.Leave(word.Enter()));
  EXPECT_NE(word.Load(), before);
  EXPECT_NE(word.Load(), once);
}

TEST(ClosingWordTest, InAForkedChildNobodyIsInside) {
  ClosingWord word;
  const ClosingWord::Value parents = word.Enter();
  const ClosingWord::Value before = word.Load();
  word.Abandon();
  EXPECT_FALSE(ClosingWord::IsClosing(word.Load()));
  EXPECT_NE(word.Load(), before);
  EXPECT_FALSE(word.Leave(parents));
  EXPECT_FALSE(ClosingWord::IsClosing(word.Load()));

  // Nor does the parent's stay end the child's.
  const ClosingWord::Value childs = word.Enter();
  EXPECT_FALSE(word.Leave(parents));
  EXPECT_TRUE(ClosingWord::IsClosing(word.Load()));
  EXPECT_TRUE(word.Leave(childs));
  EXPECT_FALSE(ClosingWord::IsClosing(word.Load()));
}

TEST(ClosingWordTest, CountsManyThreads) {
  constexpr int kStays = 10'000;
  ClosingWord word;
  const auto stay = [&word] {
    for (int i = 0; i < kStays; ++i) EXPECT_TRUE(word.Leave(word.Enter()));
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back(stay);
  for (std::thread& thread : threads) thread.join();
  ClosingWord as_many;
  for (int i = 0; i < 4 * kStays; ++i) as_many.Leave(as_many.Enter());
  EXPECT_EQ(word.Load(), as_many.Load());
}

TEST(ClosingsTest, AwaitReturnsAtOnceWhereNobodyIsInside) {
  FakePlatform platform;
  Closings closings;
  closings.OfUnused(3).Enter();
  EXPECT_EQ(closings.Await(closings.OfUnused(4), platform),
            closings.OfUnused(4).Load());
  EXPECT_EQ(closings.Await(closings.OfRanges(), platform),
            closings.OfRanges().Load());
}

TEST(ClosingsTest, AwaitSleepsUntilTheLastHasLeft) {
  FakePlatform platform;
  Closings closings;
  ClosingWord& word = closings.OfUnused(3);
  const ClosingWord::Value first = word.Enter();
  const ClosingWord::Value second = word.Enter();
  std::future<ClosingWord::Value> seen = std::async(
      std::launch::async, [&] { return closings.Await(word, platform); });
  std::future<ClosingWord::Value> also_seen = std::async(
      std::launch::async, [&] { return closings.Await(word, platform); });
  platform.AwaitSleepers(2);
  closings.Leave(word, first, platform);
  EXPECT_TRUE(ClosingWord::IsClosing(word.Load()));
  closings.Leave(word, second, platform);
  EXPECT_EQ(seen.get(), word.Load());
  EXPECT_EQ(also_seen.get(), word.Load());
  EXPECT_FALSE(ClosingWord::IsClosing(word.Load()));
}

TEST(ClosingsTest, AForkEndsEveryStay) {
  FakePlatform platform;
  Closings closings;
  for (int fd : {0, 5, 1023}) closings.OfUnused(fd).Enter();
  closings.OfRanges().Enter();
  closings.Abandon();
  for (int fd : {0, 5, 1023}) {
    closings.Await(closings.OfUnused(fd), platform);
    EXPECT_FALSE(ClosingWord::IsClosing(closings.OfUnused(fd).Load()));
  }
  EXPECT_FALSE(ClosingWord::IsClosing(closings.OfRanges().Load()));
}

}  // namespace
}  // namespace aioemul
