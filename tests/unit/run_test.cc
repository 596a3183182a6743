// What can be one transfer, and what each request of it gets (contract A8).

#include "emul/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

using Kind = testing::TransferCall::Kind;

Transfer At(off_t offset, size_t count,
            Operation operation = Operation::kReadAt) {
  Transfer transfer;
  transfer.operation = operation;
  transfer.offset = offset;
  transfer.count = count;
  return transfer;
}

bool GoesOn(const Transfer& last, const Transfer& next,
            Level last_level = kDefaultLevel,
            Level next_level = kDefaultLevel) {
  Request first;
  Request second;
  first.transfer = last;
  first.level = last_level;
  second.transfer = next;
  second.level = next_level;
  return GoesOn(first, second);
}

TEST(EndOfTest, IsWhereAPositionedTransferEnds) {
  EXPECT_EQ(EndOf(At(10, 5)), 15);
  EXPECT_EQ(EndOf(At(10, 5, Operation::kWriteAt)), 15);
  EXPECT_EQ(EndOf(At(10, 0)), 10);
}

TEST(EndOfTest, OthersHaveNone) {
  for (const Operation operation :
       {Operation::kAppend, Operation::kReadStream, Operation::kWriteStream,
        Operation::kSync, Operation::kSyncData}) {
    EXPECT_EQ(EndOf(At(10, 5, operation)), -1);
    EXPECT_EQ(EndOf(At(-10, 5, operation)), -1) << "as for any stream";
  }
}

TEST(EndOfTest, OffsetMaximumIsTheLast) {
  EXPECT_EQ(EndOf(At(kOffsetMaximum - 5, 5)), kOffsetMaximum);
  EXPECT_EQ(EndOf(At(kOffsetMaximum - 5, 6)), -1);
  EXPECT_EQ(EndOf(At(kOffsetMaximum, SIZE_MAX)), -1);
}

TEST(GoesOnTest, TransferThatBeginsWhereTheOtherEnds) {
  EXPECT_TRUE(GoesOn(At(10, 5), At(15, 1)));
  EXPECT_TRUE(
      GoesOn(At(10, 5, Operation::kWriteAt), At(15, 9, Operation::kWriteAt)));
}

TEST(GoesOnTest, NotAcrossGapsOverlapsAndBackwards) {
  EXPECT_FALSE(GoesOn(At(10, 5), At(16, 1)));
  EXPECT_FALSE(GoesOn(At(10, 5), At(14, 1)));
  EXPECT_FALSE(GoesOn(At(10, 5), At(10, 5)));
  EXPECT_FALSE(GoesOn(At(10, 5), At(5, 5)));
}

TEST(GoesOnTest, NotInTheOtherDirectionOrOfAnotherKind) {
  EXPECT_FALSE(GoesOn(At(10, 5), At(15, 1, Operation::kWriteAt)));
  EXPECT_FALSE(GoesOn(At(10, 5, Operation::kWriteAt), At(15, 1)));
  EXPECT_FALSE(
      GoesOn(At(0, 5, Operation::kAppend), At(5, 1, Operation::kAppend)));
  EXPECT_FALSE(GoesOn(At(0, 5, Operation::kReadStream), At(5, 1)));
}

TEST(GoesOnTest, NotAtAnotherLevel) {
  EXPECT_FALSE(GoesOn(At(10, 5), At(15, 1), 3, 4));
  EXPECT_TRUE(GoesOn(At(10, 5), At(15, 1), 3, 3));
}

TEST(GoesOnTest, NotWithoutBytes) {
  EXPECT_FALSE(GoesOn(At(10, 0), At(10, 5)));
  EXPECT_FALSE(GoesOn(At(10, 5), At(15, 0)));
}

TEST(GoesOnTest, NotBeyondTheOffsetMaximum) {
  EXPECT_FALSE(GoesOn(At(kOffsetMaximum - 5, 3), At(kOffsetMaximum - 2, 3)));
}

class PerformRunTest : public ::testing::Test {
 protected:
  PerformRunTest() { EXPECT_EQ(pwrite(file_.get(), "0123456789", 10, 0), 10); }

  // Adds a request of 4 bytes, the next ones of the file.
  Request& Add(char* buffer, Operation operation = Operation::kReadAt) {
    Request& request = requests_.emplace_back();
    request.transfer =
        At(4 * static_cast<off_t>(requests_.size() - 1), 4, operation);
    request.transfer.fd = file_.get();
    request.transfer.buffer = buffer;
    run_.PushBack(&request);
    return request;
  }
  void AddReads(size_t count) {
    buffer_.assign(4 * count, '.');
    for (size_t i = 0; i < count; ++i) Add(&buffer_[4 * i]);
  }
  void AddWrites(size_t count) {
    buffer_ = std::string("abcdefghijklmnop").substr(0, 4 * count);
    for (size_t i = 0; i < count; ++i) {
      Add(&buffer_[4 * i], Operation::kWriteAt);
    }
  }
  std::vector<ssize_t> Results() {
    Perform(run_, platform_);
    std::vector<ssize_t> results;
    for (const Request& request : requests_) results.push_back(request.result);
    return results;
  }
  std::vector<Kind> Calls() const {
    std::vector<Kind> kinds;
    for (const auto& call : platform_.transfers()) kinds.push_back(call.kind);
    return kinds;
  }
  // Of the calls for several at once.
  void AnswerVectors(ssize_t answer) {
    platform_.AnswerTransfers([=](const testing::TransferCall& call) {
      const bool vector =
          call.kind == Kind::kReadVectorAt || call.kind == Kind::kWriteVectorAt;
      return vector ? std::optional<ssize_t>(answer) : std::nullopt;
    });
  }

  using Counts = std::vector<ssize_t>;
  const Descriptor file_{OpenTemporary(O_RDWR)};
  testing::FakePlatform platform_;
  std::deque<Request> requests_;
  aioemul::Run run_;
  std::string buffer_;
};

TEST_F(PerformRunTest, OneAloneIsAPlainTransfer) {
  AddReads(1);
  EXPECT_EQ(Results(), Counts{4});
  EXPECT_EQ(Calls(), std::vector<Kind>{Kind::kReadAt});
}

TEST_F(PerformRunTest, SeveralAreOneTransferAndEachHasItsCount) {
  AddReads(2);
  EXPECT_EQ(Results(), (Counts{4, 4}));
  EXPECT_EQ(buffer_, "01234567");
  ASSERT_EQ(Calls(), std::vector<Kind>{Kind::kReadVectorAt});
  EXPECT_EQ(platform_.transfers()[0].count, 8U);
  EXPECT_EQ(platform_.transfers()[0].offset, 0);
}

TEST_F(PerformRunTest, WritesAreOneTransferToo) {
  AddWrites(3);
  EXPECT_EQ(Results(), (Counts{4, 4, 4}));
  EXPECT_EQ(Calls(), std::vector<Kind>{Kind::kWriteVectorAt});
  std::string content(12, '.');
  EXPECT_EQ(pread(file_.get(), content.data(), 12, 0), 12);
  EXPECT_EQ(content, "abcdefghijkl");
}

TEST_F(PerformRunTest, FileThatEndsAmidARunGivesEachWhatIsThere) {
  AddReads(4);
  EXPECT_EQ(Results(), (Counts{4, 4, 2, 0}));
  EXPECT_EQ(buffer_, "0123456789......");
}

// Whatever the system reports once is told to somebody: a failed write-back, a
// full disk, a network that was cut off.
TEST_F(PerformRunTest, ErrorReportedOnceIsTheFirsts) {
  for (const Operation operation : {Operation::kReadAt, Operation::kWriteAt}) {
    for (const int error : {EIO, ENOSPC, EDQUOT, ENETDOWN, EROFS}) {
      run_ = {};
      requests_.clear();
      AnswerVectors(-error);
      operation == Operation::kReadAt ? AddReads(2) : AddWrites(2);
      EXPECT_EQ(Results(), (Counts{-error, 4}));
    }
  }
}

// The first write is not tried again: what it would say then is not about what
// has been reported.
TEST_F(PerformRunTest, WritesAfterTheFirstAreCarriedOutOneByOne) {
  platform_.AnswerTransfers([](const testing::TransferCall& call) {
    const bool fails = call.kind == Kind::kWriteVectorAt || call.offset == 8;
    return fails ? std::optional<ssize_t>(-EIO) : std::nullopt;
  });
  AddWrites(4);
  EXPECT_EQ(Results(), (Counts{-EIO, 4, -EIO, 4}));
  EXPECT_EQ(Calls(), (std::vector<Kind>{Kind::kWriteVectorAt, Kind::kWriteAt,
                                        Kind::kWriteAt, Kind::kWriteAt}));
}

// A bad sector is met again, by the one who reads it.
TEST_F(PerformRunTest, ErrorThatAReadMeetsAgainIsItsOwn) {
  platform_.AnswerTransfers([](const testing::TransferCall& call) {
    const bool fails = call.kind == Kind::kReadVectorAt || call.offset == 4;
    return fails ? std::optional<ssize_t>(-EIO) : std::nullopt;
  });
  AddReads(3);
  EXPECT_EQ(Results(), (Counts{4, -EIO, 2}));
  EXPECT_EQ(buffer_, "0123....89..");
}

TEST_F(PerformRunTest, ErrorThatASingleOneMeetsAfterAShortTransferIsItsOwn) {
  bool reported = false;
  platform_.AnswerTransfers([&](const testing::TransferCall& call) {
    if (call.kind == Kind::kWriteVectorAt) return std::optional<ssize_t>(5);
    if (reported) return std::optional<ssize_t>();
    reported = true;
    return std::optional<ssize_t>(-ENOSPC);
  });
  AddWrites(3);
  EXPECT_EQ(Results(), (Counts{4, -ENOSPC, 4}));
}

TEST_F(PerformRunTest, OneByOneWhereTransfersOfSeveralAreRefused) {
  AnswerVectors(-ENOSYS);
  AddWrites(2);
  EXPECT_EQ(Results(), (Counts{4, 4}));
}

// A part was written by the caller; the error of the rest may be the only one.
TEST_F(PerformRunTest, RestOfAWriteKeepsItsCountIfItsErrorComesAgain) {
  AddWrites(1);
  requests_[0].moved = 3;
  for (const auto& [error, result] :
       {std::pair(EFAULT, 3), std::pair(EFBIG, 3), std::pair(EIO, -EIO),
        std::pair(ENOSPC, -ENOSPC)}) {
    platform_.AnswerTransfers([e = error](const auto&) { return -e; });
    EXPECT_EQ(Results(), Counts{result}) << error;
  }
}

TEST_F(PerformRunTest, OwnErrorIsOnesOwn) {
  buffer_.assign(12, '.');
  Add(&buffer_[0]);
  Add(nullptr);
  Add(&buffer_[8]);
  EXPECT_EQ(Results(), (Counts{4, -EFAULT, 2}));
  EXPECT_EQ(buffer_, "0123....89..");
}

// Of those that the transfer did not reach whole nothing is known.
TEST_F(PerformRunTest, WhatAShortTransferLeftIsCarriedOutOneByOne) {
  AnswerVectors(5);
  AddWrites(3);
  EXPECT_EQ(Results(), (Counts{4, 4, 4}));
  const auto calls = platform_.transfers();
  ASSERT_EQ(calls.size(), 3U);
  for (const size_t i : {1U, 2U}) {
    EXPECT_EQ(calls[i].kind, Kind::kWriteAt);
    EXPECT_EQ(calls[i].count, 4U);
    EXPECT_EQ(calls[i].offset, static_cast<off_t>(4 * i));
  }
}

// The third is as long as what was left for the second.
TEST_F(PerformRunTest, RestThatFitsALaterOneIsNotIts) {
  AnswerVectors(7);
  AddReads(2);
  Request& last = Add(nullptr);
  last.transfer.count = 3;
  EXPECT_EQ(Results(), (Counts{4, 4, -EFAULT}));
}

TEST_F(PerformRunTest, InterruptedTransferIsMadeAgain) {
  int interruptions = 3;
  platform_.AnswerTransfers([&](const testing::TransferCall&) {
    return interruptions-- > 0 ? std::optional<ssize_t>(-EINTR) : std::nullopt;
  });
  AddReads(2);
  EXPECT_EQ(Results(), (Counts{4, 4}));
  EXPECT_EQ(Calls(), std::vector<Kind>(4, Kind::kReadVectorAt));
}

TEST_F(PerformRunTest, AsManyAsASystemTakesAtOnce) {
  ASSERT_EQ(ftruncate(file_.get(), 4 * kMostInRun), 0);
  AddReads(kMostInRun);
  EXPECT_EQ(Results(), Counts(kMostInRun, 4));
  EXPECT_EQ(Calls(), std::vector<Kind>{Kind::kReadVectorAt});
}

}  // namespace
}  // namespace aioemul
