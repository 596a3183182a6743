// What can be one transfer, and what each request of it gets (contract A8).

#include "emul/run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <optional>
#include <string>
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

TEST_F(PerformRunTest, ErrorOfTheWholeIsNobodys) {
  AnswerVectors(-EIO);
  AddReads(2);
  EXPECT_EQ(Results(), (Counts{4, 4}));
  EXPECT_EQ(buffer_, "01234567");
  EXPECT_EQ(Calls(), (std::vector<Kind>{Kind::kReadVectorAt, Kind::kReadAt,
                                        Kind::kReadAt}));
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
