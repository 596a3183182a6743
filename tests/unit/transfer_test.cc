// One request meets the operating system: contract A5, A8, B5.

#include "emul/transfer.h"

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

using testing::TransferCall;
using Kind = TransferCall::Kind;

struct Expectation {
  Operation operation;
  Kind kind;
  bool positioned;
  bool moves_bytes;
  bool data_only;
};

constexpr Expectation kExpectations[] = {
    {Operation::kReadAt, Kind::kReadAt, true, true, false},
    {Operation::kWriteAt, Kind::kWriteAt, true, true, false},
    {Operation::kAppend, Kind::kAppend, false, true, false},
    {Operation::kReadStream, Kind::kRead, false, true, false},
    {Operation::kWriteStream, Kind::kWrite, false, true, false},
    {Operation::kSync, Kind::kSync, false, false, false},
    {Operation::kSyncData, Kind::kSync, false, false, true},
};

class TransferTest : public ::testing::TestWithParam<Expectation> {
 protected:
  // The transfer's result when the system gives these answers in turn.
  ssize_t PerformAnswered(const std::vector<ssize_t>& answers) {
    size_t next = 0;
    platform_.AnswerTransfers(
        [&](const TransferCall&) -> std::optional<ssize_t> {
          EXPECT_LT(next, answers.size()) << "asked too often";
          return next < answers.size() ? answers[next++] : -EIO;
        });
    const ssize_t result = Perform(transfer_, platform_);
    EXPECT_EQ(next, answers.size()) << "asked too seldom";
    return result;
  }

  char buffer_[16] = {};
  Transfer transfer_ = {GetParam().operation, /*fd=*/42, buffer_,
                        sizeof(buffer_), /*offset=*/1'000};
  testing::FakePlatform platform_;
};

TEST_P(TransferTest, AsksForTheRightCallWithTheRightArguments) {
  EXPECT_EQ(PerformAnswered({0}), 0);
  const std::vector<TransferCall> calls = platform_.transfers();
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].kind, GetParam().kind);
  EXPECT_EQ(calls[0].fd, 42);
  EXPECT_EQ(calls[0].data_only, GetParam().data_only);
  if (GetParam().moves_bytes) {
    EXPECT_EQ(calls[0].buffer, buffer_);
    EXPECT_EQ(calls[0].count, sizeof(buffer_));
  }
  EXPECT_EQ(calls[0].offset, GetParam().positioned ? 1'000 : 0);
}

TEST_P(TransferTest, InterruptedTransferIsAskedForAgainAlike) {
  EXPECT_EQ(PerformAnswered({-EINTR, -EINTR, -EINTR, 0}), 0);
  for (const TransferCall& call : platform_.transfers()) {
    EXPECT_EQ(call.kind, GetParam().kind);
    EXPECT_EQ(call.count, GetParam().moves_bytes ? sizeof(buffer_) : 0);
    EXPECT_EQ(call.offset, GetParam().positioned ? 1'000 : 0);
  }
}

TEST_P(TransferTest, ErrorsArePassedThrough) {
  for (const int error : {EIO, EBADF, EFAULT, ENOSPC, EINVAL, ECANCELED}) {
    EXPECT_EQ(PerformAnswered({-error}), -error);
  }
  EXPECT_EQ(PerformAnswered({-EINTR, -EIO}), -EIO);
}

INSTANTIATE_TEST_SUITE_P(EveryOperation, TransferTest,
                         ::testing::ValuesIn(kExpectations));

class ByteTransferTest : public TransferTest {};

TEST_P(ByteTransferTest, ShortCountsArePassedThrough) {
  for (const ssize_t count : {ssize_t{0}, ssize_t{1}, ssize_t{15}}) {
    EXPECT_EQ(PerformAnswered({count}), count);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryByteOperation, ByteTransferTest,
                         ::testing::ValuesIn(kExpectations, kExpectations + 5));

class PositionedTransferTest : public TransferTest {};

// The part before the offset maximum is moved (A5).
TEST_P(PositionedTransferTest, CountIsClippedAtTheOffsetMaximum) {
  struct Case {
    off_t before_maximum;
    size_t count;
  };
  for (const Case& c :
       {Case{17, 16}, Case{16, 16}, Case{15, 15}, Case{1, 1}, Case{0, 0}}) {
    transfer_.offset = kOffsetMaximum - c.before_maximum;
    EXPECT_EQ(PerformAnswered({0}), 0);
    EXPECT_EQ(platform_.transfers().back().count, c.count);
    EXPECT_EQ(platform_.transfers().back().offset, transfer_.offset);
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPositionedOperation, PositionedTransferTest,
                         ::testing::ValuesIn(kExpectations, kExpectations + 2));

TEST(SystemTransferTest, PositionedTransfersLeaveTheFileOffsetAlone) {
  const Descriptor file = OpenTemporary(O_RDWR);
  std::string text = "abcdef";
  Transfer write = {Operation::kWriteAt, file.get(), text.data(), text.size(),
                    3};
  EXPECT_EQ(Perform(write, SystemPlatform()), 6);
  char read_back[16] = {};
  Transfer read = {Operation::kReadAt, file.get(), read_back, sizeof(read_back),
                   5};
  EXPECT_EQ(Perform(read, SystemPlatform()), 4);
  EXPECT_STREQ(read_back, "cdef");
  EXPECT_EQ(lseek(file.get(), 0, SEEK_CUR), 0);
  read.offset = 9;
  EXPECT_EQ(Perform(read, SystemPlatform()), 0);
}

TEST(SystemTransferTest, BadBufferGivesEfault) {
  const Pipe pipe = MakePipe();
  ASSERT_EQ(write(pipe.writer.get(), "x", 1), 1);
  const Transfer read = {Operation::kReadStream, pipe.reader.get(), nullptr, 1,
                         0};
  EXPECT_EQ(Perform(read, SystemPlatform()), -EFAULT);
}

}  // namespace
}  // namespace aioemul
