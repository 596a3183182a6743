// aio_cancel on streams: at once, and without a byte lost (contract E1, E2,
// E3, E4, D1).

#include <array>
#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

class CancelStreamTest : public EveryMechanismTest {
 protected:
  int Cancel(aiocb& block) { return engine().Cancel(block.aio_fildes, &block); }

  const Channel pipe_ = MakePipe();
  const int reader_ = pipe_.reader.number();
  const int writer_ = pipe_.writer.number();
  std::string first_buffer_ = std::string(4, ' ');
  std::string second_buffer_ = std::string(4, ' ');
  aiocb first_ = ReadBlock(reader_, first_buffer_);
  aiocb second_ = ReadBlock(reader_, second_buffer_);
};

TEST_P(CancelStreamTest, WaitingReadIsCancelledAtOnceAndTheNextGetsTheData) {
  ReadAndWait(first_);
  EXPECT_EQ(Cancel(first_), AIO_CANCELED);
  EXPECT_EQ(Take(first_), Failure(ECANCELED));
  Send(writer_, "data");
  EXPECT_EQ(first_buffer_, "    ");
  Read(second_);
  EXPECT_EQ(Await(second_), Success(4));
  EXPECT_EQ(second_buffer_, "data");
}

TEST_P(CancelStreamTest, DataIsThereForReadToo) {
  ReadAndWait(first_);
  ASSERT_EQ(Cancel(first_), AIO_CANCELED);
  Send(writer_, "data");
  EXPECT_EQ(Receive(reader_, 4), "data");
  EXPECT_EQ(first_buffer_, "    ");
}

TEST_P(CancelStreamTest, CancelledHeadLetsTheNextGo) {
  ReadAndWait(first_);
  Read(second_);
  EXPECT_EQ(Cancel(first_), AIO_CANCELED);
  Send(writer_, "data");
  EXPECT_EQ(Await(second_), Success(4));
  EXPECT_EQ(second_buffer_, "data");
  EXPECT_EQ(Take(first_), Failure(ECANCELED));
}

TEST_P(CancelStreamTest, HeldOneIsCancelledAndTheHeadGoesOn) {
  ReadAndWait(first_);
  Read(second_);
  EXPECT_EQ(Cancel(second_), AIO_CANCELED);
  EXPECT_EQ(Take(second_), Failure(ECANCELED));
  Send(writer_, "data");
  EXPECT_EQ(Await(first_), Success(4));
  EXPECT_EQ(first_buffer_, "data");
}

TEST_P(CancelStreamTest, NullCancelsWaitingAndHeldInBothDirections) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.writer.number();
  const size_t filled = Fill(fd);
  first_.aio_fildes = fd;
  second_.aio_fildes = fd;
  std::array<aiocb, 2> writes = {WriteBlock(fd, "one"), WriteBlock(fd, "two")};
  ReadAndWait(first_);
  WriteAndWait(writes[0]);
  Read(second_);
  Write(writes[1]);
  EXPECT_EQ(engine().Cancel(fd, nullptr), AIO_CANCELED);
  for (aiocb* block : {&first_, &second_, &writes[0], &writes[1]}) {
    EXPECT_EQ(Take(*block), Failure(ECANCELED));
  }
  EXPECT_EQ(engine().Cancel(fd, nullptr), AIO_ALLDONE);
  // Nothing of them is out, and the lanes are free.
  aiocb write = WriteBlock(fd, "x");
  WriteAndWait(write);
  Receive(sockets.reader.number(), filled);
  EXPECT_EQ(Await(write), Success(1));
  EXPECT_EQ(Receive(sockets.reader.number(), 1), "x");
}

TEST_P(CancelStreamTest, WaitingWriteThatMovedNothingIsCancelled) {
  const size_t filled = Fill(writer_);
  aiocb write = WriteBlock(writer_, "lost");
  WriteAndWait(write);
  EXPECT_EQ(Cancel(write), AIO_CANCELED);
  EXPECT_EQ(Take(write), Failure(ECANCELED));
  Receive(reader_, filled);
  Send(writer_, "next");
  EXPECT_EQ(Receive(reader_, 4), "next");
}

TEST_P(CancelStreamTest, NumberAndBlockAreChecked) {
  ReadAndWait(first_);
  EXPECT_EQ(engine().Cancel(-1, nullptr), -EBADF);
  EXPECT_EQ(engine().Cancel(writer_, &first_), -EINVAL);
  EXPECT_EQ(engine().Cancel(writer_, nullptr), AIO_ALLDONE);
  EXPECT_EQ(ErrorOf(first_), EINPROGRESS);
  EXPECT_EQ(Cancel(first_), AIO_CANCELED);
  EXPECT_EQ(Cancel(first_), AIO_ALLDONE);
}

TEST_P(CancelStreamTest, SuspendReturnsForTheCancelledOne) {
  ReadAndWait(first_);
  ASSERT_EQ(Cancel(first_), AIO_CANCELED);
  const std::array<const aiocb*, 2> list = {nullptr, &first_};
  EXPECT_EQ(engine().Suspend(list.data(), 2, nullptr), 0);
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, CancelStreamTest, EveryMechanism(),
                         &NameOf);

// Where a write can be left half out, which the blocking call of a device
// cannot.
class CancelHalfOutTest : public CancelStreamTest {
 protected:
  // A write of which the pipe has taken some, and the rest waits.
  void SubmitHalfOut() { WriteAndWait(write_); }

  const std::string text_ = LongText(1 << 20);
  aiocb write_ = WriteBlock(writer_, text_);
};

TEST_P(CancelHalfOutTest, IsNotCancelledAndCompletesWithWhatIsOut) {
  SubmitHalfOut();
  EXPECT_EQ(Cancel(write_), AIO_NOTCANCELED);
  const Outcome outcome = Take(write_);
  EXPECT_EQ(outcome.error, 0);
  ASSERT_GT(outcome.result, 0);
  ASSERT_LT(outcome.result, static_cast<ssize_t>(text_.size()));
  const auto count = static_cast<size_t>(outcome.result);
  aiocb next = WriteBlock(writer_, "next");
  Write(next);
  EXPECT_EQ(Receive(reader_, count), text_.substr(0, count));
  EXPECT_EQ(Await(next), Success(4));
  EXPECT_EQ(Receive(reader_, 4), "next");
}

TEST_P(CancelHalfOutTest, AmongOthersMakesTheAnswerNotCancelled) {
  SubmitHalfOut();
  aiocb held = WriteBlock(writer_, "held");
  Write(held);
  EXPECT_EQ(engine().Cancel(writer_, nullptr), AIO_NOTCANCELED);
  EXPECT_EQ(Take(held), Failure(ECANCELED));
  const Outcome outcome = Take(write_);
  EXPECT_EQ(outcome.error, 0);
  EXPECT_GT(outcome.result, 0);
  EXPECT_EQ(engine().Cancel(writer_, nullptr), AIO_ALLDONE);
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, CancelHalfOutTest,
                         ::testing::Values(Mechanism::kNative,
                                           Mechanism::kPoll),
                         &NameOf);

}  // namespace
}  // namespace aioemul::testing
