// The word of a control block: contract A9, C1, C2, G4.

#include "emul/control_block.h"

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstring>
#include <memory>
#include <thread>

#include "gtest/gtest.h"
#include "tests/unit/random_source.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

using control_block::Word;

// Makes `block` read in progress, whatever it read before.
void Claim(aiocb* block, uint32_t request) {
  ASSERT_TRUE(control_block::Exchange(block, control_block::Load(block),
                                      control_block::InProgress(request)));
}

bool IsComplete(const aiocb& block) {
  return control_block::IsComplete(control_block::Load(&block));
}

TEST(ControlBlockTest, ZeroedBlockHasNoResultAndIsNotInProgress) {
  const aiocb block = {};
  EXPECT_EQ(control_block::Load(&block), 0U);
  EXPECT_FALSE(control_block::IsInProgress(control_block::Load(&block)));
  EXPECT_FALSE(IsComplete(block));
}

TEST(ControlBlockTest, ClaimedBlockNamesItsRequest) {
  for (const uint32_t request : {0U, 1U, 255U, 256U, 0xFFFFFU}) {
    aiocb block = {};
    Claim(&block, request);
    const Word word = control_block::Load(&block);
    EXPECT_TRUE(control_block::IsInProgress(word));
    EXPECT_EQ(control_block::StatusOf(word), EINPROGRESS);
    EXPECT_EQ(control_block::RequestOf(word), request);
    EXPECT_FALSE(IsComplete(block));
  }
}

TEST(ControlBlockTest, ClaimFailsAndChangesNothingWhenTheWordHasChanged) {
  aiocb block = {};
  Claim(&block, 7);
  EXPECT_FALSE(
      control_block::Exchange(&block, 0, control_block::InProgress(8)));
  EXPECT_EQ(control_block::RequestOf(control_block::Load(&block)), 7U);
}

TEST(ControlBlockTest, PublishedCountIsRetrieved) {
  for (const ssize_t count :
       {ssize_t{0}, ssize_t{1}, ssize_t{4096}, ssize_t{SSIZE_MAX}}) {
    aiocb block = {};
    Claim(&block, 3);
    control_block::Publish(&block, count);
    const Word word = control_block::Load(&block);
    ASSERT_TRUE(control_block::IsComplete(word));
    EXPECT_EQ(control_block::StatusOf(word), 0);
    ssize_t result = -2;
    EXPECT_TRUE(control_block::Retrieve(&block, word, &result));
    EXPECT_EQ(result, count);
  }
}

TEST(ControlBlockTest, PublishedErrorIsTheStatusAndTheResultIsMinusOne) {
  constexpr int kLastError = 133;
  for (int error = 1; error <= kLastError; ++error) {
    if (error == EINPROGRESS) continue;
    aiocb block = {};
    Claim(&block, 3);
    control_block::Publish(&block, -error);
    const Word word = control_block::Load(&block);
    ASSERT_TRUE(control_block::IsComplete(word)) << error;
    EXPECT_EQ(control_block::StatusOf(word), error);
    ssize_t result = 0;
    EXPECT_TRUE(control_block::Retrieve(&block, word, &result));
    EXPECT_EQ(result, -1);
  }
}

TEST(ControlBlockTest, ErrorAfterACountOfTheSameBlockReportsNoCount) {
  aiocb block = {};
  control_block::Publish(&block, 100);
  Claim(&block, 1);
  control_block::Publish(&block, -EIO);
  ssize_t result = 0;
  EXPECT_TRUE(
      control_block::Retrieve(&block, control_block::Load(&block), &result));
  EXPECT_EQ(result, -1);
}

TEST(ControlBlockTest, ResultIsRetrievedOnce) {
  aiocb block = {};
  control_block::Publish(&block, 5);
  const Word word = control_block::Load(&block);
  ssize_t result = 0;
  EXPECT_TRUE(control_block::Retrieve(&block, word, &result));
  EXPECT_FALSE(control_block::Retrieve(&block, word, &result));
  EXPECT_FALSE(control_block::HasResult(control_block::Load(&block)));
  EXPECT_TRUE(IsComplete(block)) << "the status stays";
  EXPECT_EQ(control_block::StatusOf(control_block::Load(&block)), 0);
}

// What a program moves: with its result, and once that was taken.
TEST(ControlBlockTest, CopyOfACompleteBlockAnswersAsTheBlock) {
  for (const ssize_t outcome : {ssize_t{5}, ssize_t{-EIO}}) {
    aiocb block = {};
    control_block::Publish(&block, outcome);
    aiocb copy = block;
    for (aiocb* each : {&copy, &block}) {
      const Word word = control_block::Load(each);
      EXPECT_TRUE(control_block::HasResult(word));
      EXPECT_EQ(control_block::StatusOf(word), outcome < 0 ? EIO : 0);
      ssize_t result = 0;
      EXPECT_TRUE(control_block::Retrieve(each, word, &result));
      EXPECT_EQ(result, outcome < 0 ? -1 : outcome);
    }
    copy = block;
    EXPECT_TRUE(IsComplete(copy));
    EXPECT_FALSE(control_block::HasResult(control_block::Load(&copy)));
  }
}

// A handler that interrupts a submission sees the outcome before or the new
// one: never the new result for the old request.
TEST(ControlBlockTest, PublishedAtOnceReplacesAnyOutcomeBefore) {
  for (const ssize_t outcome : {ssize_t{5}, ssize_t{-ENOSPC}}) {
    aiocb block = {};
    ASSERT_TRUE(control_block::PublishAtOnce(&block, 0, outcome));
    for (const bool retrieve : {false, true}) {
      ssize_t result = 0;
      Word word = control_block::Load(&block);
      if (retrieve) {
        ASSERT_TRUE(control_block::Retrieve(&block, word, &result));
        word = control_block::Load(&block);
      }
      ASSERT_TRUE(control_block::PublishAtOnce(&block, word, 7));
      word = control_block::Load(&block);
      EXPECT_EQ(control_block::StatusOf(word), 0);
      ASSERT_TRUE(control_block::HasResult(word));
      aiocb copy = block;
      EXPECT_TRUE(control_block::Retrieve(&copy, word, &result));
      EXPECT_EQ(result, 7);
    }
  }
}

TEST(ControlBlockTest, GarbageIsNotComplete) {
  RandomSource random;
  const auto block = std::make_unique<aiocb>();
  for (int round = 0; round < 100'000; ++round) {
    unsigned char bytes[sizeof(aiocb)];
    // All bytes alike, as uninitialized and poisoned memory often is; then
    // any.
    const auto fill = static_cast<unsigned char>(round);
    for (unsigned char& byte : bytes) {
      byte = round < 256 ? fill : static_cast<unsigned char>(random.Below(256));
    }
    memcpy(block.get(), bytes, sizeof(bytes));
    ASSERT_FALSE(IsComplete(*block)) << round;
  }
}

// Whoever sees the block complete sees what was written before: the result,
// and all that the worker did.  The thread sanitizer checks the order.
TEST(ControlBlockTest, CompleteBlockMakesWhatWentBeforeVisible) {
  for (int round = 0; round < 2'000; ++round) {
    aiocb block = {};
    Claim(&block, 1);
    int transferred = 0;
    std::thread worker([&] {
      transferred = round;
      control_block::Publish(&block, round);
    });
    while (!IsComplete(block)) std::this_thread::yield();
    EXPECT_EQ(transferred, round);
    ssize_t result = -1;
    EXPECT_TRUE(
        control_block::Retrieve(&block, control_block::Load(&block), &result));
    EXPECT_EQ(result, round);
    worker.join();
  }
}

TEST(ControlBlockTest, OfThreadsThatRetrieveAtOnceOneWins) {
  for (int round = 0; round < 500; ++round) {
    aiocb block = {};
    control_block::Publish(&block, 9);
    const Word word = control_block::Load(&block);
    std::atomic<int> winners{0};
    RunTogether(2, [&](int) {
      ssize_t result = 0;
      if (control_block::Retrieve(&block, word, &result)) ++winners;
    });
    ASSERT_EQ(winners, 1);
  }
}

}  // namespace
}  // namespace aioemul
