// Whether a try is worth it; no row of the contract: see cache_hints.h.

#include "emul/cache_hints.h"

#include <vector>

#include "gtest/gtest.h"

namespace aioemul {
namespace {

constexpr int kFd = 5;

class CacheHintsTest : public ::testing::Test {
 protected:
  // How many submissions on `fd` are let pass before the next try.
  int Passed(int fd = kFd) {
    int passed = 0;
    while (!hints_.IsWorthTrying(fd)) ++passed;
    return passed;
  }

  CacheHints hints_;
};

TEST_F(CacheHintsTest, UnknownDescriptorIsTriedEachTime) {
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(hints_.IsWorthTrying(kFd));
}

TEST_F(CacheHintsTest, OneMissIsForgiven) {
  hints_.Miss(kFd);
  EXPECT_EQ(Passed(), 0);
}

TEST_F(CacheHintsTest, FurtherMissesInARowLetTwiceAsManyPassUpToALimit) {
  hints_.Miss(kFd);
  std::vector<int> passed;
  for (int i = 0; i < 8; ++i) {
    hints_.Miss(kFd);
    passed.push_back(Passed());
  }
  EXPECT_EQ(passed, (std::vector<int>{1, 2, 4, 8, 16, 32, 32, 32}));
}

TEST_F(CacheHintsTest, TriesBetweenMissesDoNotClearThem) {
  hints_.Miss(kFd);
  EXPECT_TRUE(hints_.IsWorthTrying(kFd));
  hints_.Miss(kFd);
  EXPECT_EQ(Passed(), 1);
  EXPECT_TRUE(hints_.IsWorthTrying(kFd)) << "once passed, nothing is passed";
}

TEST_F(CacheHintsTest, HitClearsTheMisses) {
  for (int i = 0; i < 5; ++i) hints_.Miss(kFd);
  hints_.Hit(kFd);
  EXPECT_EQ(Passed(), 0);
  hints_.Miss(kFd);
  EXPECT_EQ(Passed(), 0) << "the first of a new row";
}

TEST_F(CacheHintsTest, RefusalIsForgottenAfterManySubmissions) {
  hints_.Refused(kFd);
  const int passed = Passed();
  EXPECT_GE(passed, 100);
  hints_.Refused(kFd);
  EXPECT_EQ(Passed(), passed);
}

TEST_F(CacheHintsTest, RefusalBeginsANewRowOfMisses) {
  for (int i = 0; i < 5; ++i) hints_.Miss(kFd);
  hints_.Refused(kFd);
  Passed();
  hints_.Miss(kFd);
  EXPECT_EQ(Passed(), 0);
}

TEST_F(CacheHintsTest, NeighbouringNumbersHaveNothingInCommon) {
  hints_.Refused(kFd);
  EXPECT_EQ(Passed(kFd - 1), 0);
  EXPECT_EQ(Passed(kFd + 1), 0);
  hints_.Hit(kFd + 1);
  EXPECT_GT(Passed(kFd), 0);
}

TEST_F(CacheHintsTest, AnyNumberHasAHint) {
  for (const int fd : {-1, 0, 1'000'000, 2'147'483'647}) {
    hints_.Refused(fd);
    EXPECT_GT(Passed(fd), 0) << fd;
  }
}

}  // namespace
}  // namespace aioemul
