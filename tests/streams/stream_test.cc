// Stream transfers step by step (contract I1, I3, A8).

#include "emul/stream.h"

#include <cerrno>
#include <deque>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"

namespace aioemul {
namespace {

using testing::FakePlatform;
using testing::TransferCall;
using Kind = TransferCall::Kind;

class StreamStepTest : public ::testing::Test {
 protected:
  StreamStepTest() {
    const auto answer = [this](const TransferCall& call) {
      calls_.push_back(call);
      EXPECT_FALSE(answers_.empty()) << "one call too many";
      if (answers_.empty()) return ssize_t{-EIO};
      const ssize_t result = answers_.front();
      answers_.pop_front();
      return result;
    };
    platform_.AnswerTries(answer);
    platform_.AnswerTransfers(answer);
  }

  Transfer MakeTransfer(Operation operation) {
    Transfer transfer;
    transfer.operation = operation;
    transfer.fd = 7;
    transfer.buffer = buffer_.data();
    transfer.count = buffer_.size();
    transfer.blocking = blocking_;
    return transfer;
  }

  // As far as it goes; each step but the last says that there is more.
  Progress Advance(Operation operation) {
    for (;;) {
      const size_t calls = calls_.size();
      const Progress progress = aioemul::Advance(MakeTransfer(operation),
                                                 platform_, &moved_, &result_);
      if (progress != Progress::kMore) return progress;
      EXPECT_EQ(calls_.size(), calls + 1) << "more than one step at once";
    }
  }

  // That call `index` was for what begins at `offset`.
  void ExpectCall(size_t index, Kind kind, size_t offset) {
    ASSERT_LT(index, calls_.size());
    EXPECT_EQ(calls_[index].kind, kind);
    EXPECT_EQ(calls_[index].fd, 7);
    EXPECT_EQ(calls_[index].buffer, buffer_.data() + offset);
    EXPECT_EQ(calls_[index].count, buffer_.size() - offset);
  }

  std::deque<ssize_t> answers_;
  std::vector<TransferCall> calls_;
  std::string buffer_ = std::string(100, ' ');
  bool blocking_ = true;
  size_t moved_ = 0;
  ssize_t result_ = 12345;
  FakePlatform platform_;
};

TEST_F(StreamStepTest, ReadIsDoneWithTheFirstBytes) {
  answers_ = {3};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kDone);
  EXPECT_EQ(result_, 3);
  ExpectCall(0, Kind::kTryRead, 0);
}

TEST_F(StreamStepTest, ReadIsDoneAtTheEnd) {
  answers_ = {0};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kDone);
  EXPECT_EQ(result_, 0);
}

TEST_F(StreamStepTest, WriteGoesOnUntilAllIsOut) {
  answers_ = {10, 60, 30};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 100);
  ExpectCall(0, Kind::kTryWrite, 0);
  ExpectCall(1, Kind::kTryWrite, 10);
  ExpectCall(2, Kind::kTryWrite, 70);
}

TEST_F(StreamStepTest, WriteOfNothingMoreIsDone) {
  answers_ = {10, 0};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 10);
}

TEST_F(StreamStepTest, WhatWouldBlockMustWaitAndGoesOnWhereItStopped) {
  answers_ = {10, -EAGAIN};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kMustWait);
  EXPECT_EQ(moved_, 10U);
  answers_ = {-EAGAIN};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kMustWait);
  EXPECT_EQ(moved_, 10U);
  answers_ = {90};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 100);
  ExpectCall(2, Kind::kTryWrite, 10);
  ExpectCall(3, Kind::kTryWrite, 10);
}

TEST_F(StreamStepTest, ReadThatWouldBlockMustWait) {
  answers_ = {-EAGAIN};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kMustWait);
  EXPECT_EQ(moved_, 0U);
}

TEST_F(StreamStepTest, InterruptedStepIsRepeated) {
  answers_ = {-EINTR, -EINTR, 4};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kDone);
  EXPECT_EQ(result_, 4);
  answers_ = {50, -EINTR, 50};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 100);
}

TEST_F(StreamStepTest, ErrorIsTheResult) {
  answers_ = {-ECONNRESET};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kDone);
  EXPECT_EQ(result_, -ECONNRESET);
  answers_ = {-EPIPE};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, -EPIPE);
}

TEST_F(StreamStepTest, ErrorAfterSomeBytesGivesTheirCount) {
  answers_ = {10, 20, -EPIPE};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 30);
}

TEST_F(StreamStepTest, ErrorAfterAWaitGivesTheCountOfBefore) {
  moved_ = 40;
  answers_ = {-EPIPE};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 40);
}

TEST_F(StreamStepTest, WhatCannotBeTriedIsLeftToABlockingCall) {
  answers_ = {-EOPNOTSUPP};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kCannotTry);
  answers_ = {10, -EOPNOTSUPP};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kCannotTry);
  EXPECT_EQ(moved_, 10U);
}

TEST_F(StreamStepTest, DatagramOfNoBytesEndsARead) {
  answers_ = {0};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kDone);
  EXPECT_EQ(result_, 0);
  EXPECT_EQ(calls_.size(), 1U);
}

TEST_F(StreamStepTest, RestIsPerformedFromWhereItStopped) {
  answers_ = {60};
  EXPECT_EQ(PerformRest(MakeTransfer(Operation::kWriteStream), platform_, 40),
            100);
  ExpectCall(0, Kind::kWrite, 40);
}

TEST_F(StreamStepTest, RestThatFailsGivesTheCountOfBefore) {
  answers_ = {-EPIPE};
  EXPECT_EQ(PerformRest(MakeTransfer(Operation::kWriteStream), platform_, 40),
            40);
}

TEST_F(StreamStepTest, WholeThatFailsGivesTheError) {
  answers_ = {-EINTR, -EPIPE};
  EXPECT_EQ(PerformRest(MakeTransfer(Operation::kWriteStream), platform_, 0),
            -EPIPE);
}

// I3: O_NONBLOCK.
TEST_F(StreamStepTest, WhatMustNotWaitIsDone) {
  blocking_ = false;
  answers_ = {-EAGAIN};
  EXPECT_EQ(Advance(Operation::kReadStream), Progress::kDone);
  EXPECT_EQ(result_, -EAGAIN);
  answers_ = {40};
  EXPECT_EQ(Advance(Operation::kWriteStream), Progress::kDone);
  EXPECT_EQ(result_, 40);
}

}  // namespace
}  // namespace aioemul
