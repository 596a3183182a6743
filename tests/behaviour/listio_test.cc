// lio_listio (contract F1 to F4).

#include <aio.h>
#include <fcntl.h>

#include <array>
#include <cerrno>
#include <climits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class ListioTest : public EngineTest {
 protected:
  using List = std::vector<aiocb*>;

  int Submit(int mode, const List& list, const sigevent* event = nullptr) {
    return engine().List(mode, list.data(), static_cast<int>(list.size()),
                         event);
  }

  // The values of the next `count` signals, and that no other has been sent
  // when the engine has nothing left to do.
  std::vector<int> AwaitSignals(size_t count) {
    std::vector<int> values;
    for (const SentSignal& sent : platform.AwaitSignals(count)) {
      values.push_back(sent.value.sival_int);
    }
    RestartEngine();
    EXPECT_TRUE(platform.TakeSignals().empty());
    return values;
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
  aiocb read_ = ReadBlock(file_.fd(), buffer_);
  aiocb write_ = WriteBlock(file_.fd(), "there", 6);
  aiocb invalid_ = ReadBlock(-1, buffer_);
  const sigevent event_ = SignalEvent(SIGUSR1, 77);
};

// F1, F3
TEST_F(ListioTest, ReadsAndWrites) {
  aiocb nop = ReadBlock(-1, buffer_);
  nop.aio_lio_opcode = LIO_NOP;
  EXPECT_EQ(Submit(LIO_WAIT, {&read_, nullptr, &nop, &write_, nullptr}), 0);
  EXPECT_EQ(Take(read_), Success(5));
  EXPECT_EQ(Take(write_), Success(5));
  EXPECT_EQ(buffer_, "hello");
  EXPECT_EQ(file_.Content(), "hello there");
  EXPECT_EQ(ErrorOf(nop), EINVAL);
  EXPECT_EQ(platform.transfers().size(), 2U);
}

// F1
TEST_F(ListioTest, AnUnknownOpcodeFailsItsEntryAlone) {
  for (const int opcode : {-1, 3, INT_MAX}) {
    invalid_ = ReadBlock(file_.fd(), buffer_);
    invalid_.aio_lio_opcode = opcode;
    EXPECT_EQ(Submit(LIO_WAIT, {&invalid_, &read_}), -EIO);
    EXPECT_EQ(Take(invalid_), Failure(EINVAL));
    EXPECT_EQ(Take(read_), Success(5));
  }
}

// F2: the entries' own first, the list's once and last.
TEST_F(ListioTest, NotifiesOfEachEntryAndThenOfTheList) {
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/10);
  platform.HoldTransfers();
  read_.aio_sigevent = SignalEvent(SIGUSR1, 1);
  write_.aio_sigevent = SignalEvent(SIGUSR1, 2);
  ASSERT_EQ(Submit(LIO_NOWAIT, {&read_, &write_}, &event_), 0);
  platform.AwaitHeld(1);
  platform.ReleaseHeld(1);
  // The second is held: the first has been seen to.
  platform.AwaitHeld(1);
  const std::vector<SentSignal> first = platform.TakeSignals();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].value.sival_int, 1);
  platform.ReleaseAll();
  EXPECT_EQ(AwaitSignals(2), (std::vector<int>{2, 77}));
  EXPECT_EQ(Take(read_), Success(5));
  EXPECT_EQ(Take(write_), Success(5));
}

// F2: also when there are no entries, or none was accepted.
TEST_F(ListioTest, NotifiesOfAListWithoutRequests) {
  platform.CaptureSignals(/*limit=*/10);
  aiocb nop = ReadBlock(-1, buffer_);
  nop.aio_lio_opcode = LIO_NOP;
  EXPECT_EQ(Submit(LIO_NOWAIT, {}, &event_), 0);
  EXPECT_EQ(AwaitSignals(1), std::vector<int>{77});
  EXPECT_EQ(Submit(LIO_NOWAIT, {nullptr, nullptr}, &event_), 0);
  EXPECT_EQ(AwaitSignals(1), std::vector<int>{77});
  EXPECT_EQ(Submit(LIO_NOWAIT, {&nop}, &event_), 0);
  EXPECT_EQ(AwaitSignals(1), std::vector<int>{77});
  // A2: the refused entry itself notifies nobody.
  invalid_.aio_sigevent = SignalEvent(SIGUSR1, 1);
  EXPECT_EQ(Submit(LIO_NOWAIT, {&invalid_}, &event_), -EIO);
  EXPECT_EQ(AwaitSignals(1), std::vector<int>{77});
}

// F2
TEST_F(ListioTest, NeedNotNotify) {
  platform.CaptureSignals(/*limit=*/10);
  const sigevent none = NoEvent();
  const sigevent zeroed = {};
  for (const sigevent* event :
       {static_cast<const sigevent*>(nullptr), &none, &zeroed}) {
    ASSERT_EQ(Submit(LIO_NOWAIT, {&read_}, event), 0);
    EXPECT_EQ(Await(read_), Success(5));
  }
  RestartEngine();
  EXPECT_TRUE(platform.TakeSignals().empty());
}

// F2: LIO_WAIT ignores the list's event and honours the entries'.
TEST_F(ListioTest, WaitingNotifiesOfTheEntriesOnly) {
  platform.CaptureSignals(/*limit=*/10);
  read_.aio_sigevent = SignalEvent(SIGUSR1, 1);
  EXPECT_EQ(Submit(LIO_WAIT, {&read_}, &event_), 0);
  sigevent unknown = NoEvent();
  unknown.sigev_notify = 12345;
  EXPECT_EQ(Submit(LIO_WAIT, {&write_}, &unknown), 0);
  EXPECT_EQ(AwaitSignals(1), std::vector<int>{1});
}

// F3
TEST_F(ListioTest, WaitsForAll) {
  platform.HoldTransfers();
  std::thread releaser([&] {
    platform.AwaitHeld(2);
    platform.ReleaseHeld(1);
    AwaitThat([&] {
      return ErrorOf(read_) != EINPROGRESS || ErrorOf(write_) != EINPROGRESS;
    });
    platform.ReleaseAll();
  });
  engine();
  EXPECT_EQ(Submit(LIO_WAIT, {&read_, &write_}), 0);
  EXPECT_EQ(Take(read_), Success(5));
  EXPECT_EQ(Take(write_), Success(5));
  releaser.join();
}

// F3
TEST_F(ListioTest, WaitingForNothingEndsAtOnce) {
  EXPECT_EQ(Submit(LIO_WAIT, {}), 0);
  EXPECT_EQ(Submit(LIO_WAIT, {nullptr}), 0);
  EXPECT_EQ(engine().List(LIO_WAIT, nullptr, 0, nullptr), 0);
}

// F3
TEST_F(ListioTest, WaitingReportsAnyFailure) {
  platform.AnswerTransfers([](const TransferCall& call) {
    return call.kind == TransferCall::Kind::kWriteAt
               ? std::optional<ssize_t>(-ENOSPC)
               : std::nullopt;
  });
  EXPECT_EQ(Submit(LIO_WAIT, {&write_, &read_, &invalid_}), -EIO);
  EXPECT_EQ(Take(read_), Success(5));
  EXPECT_EQ(Take(write_), Failure(ENOSPC));
  EXPECT_EQ(Take(invalid_), Failure(EBADF));
}

// F3
TEST_F(ListioTest, NotWaitingReturnsBeforeTheTransfers) {
  platform.HoldTransfers();
  EXPECT_EQ(Submit(LIO_NOWAIT, {&read_, &write_}), 0);
  EXPECT_EQ(ErrorOf(read_), EINPROGRESS);
  EXPECT_EQ(ErrorOf(write_), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(read_), Success(5));
  EXPECT_EQ(Await(write_), Success(5));
}

// F3: a failed transfer is not a refused entry.
TEST_F(ListioTest, NotWaitingReportsRefusedEntries) {
  platform.AnswerTransfers([](const TransferCall&) { return -ENOSPC; });
  EXPECT_EQ(Submit(LIO_NOWAIT, {&write_}), 0);
  EXPECT_EQ(Await(write_), Failure(ENOSPC));
  EXPECT_EQ(Submit(LIO_NOWAIT, {&invalid_, &write_}), -EIO);
  EXPECT_EQ(Take(invalid_), Failure(EBADF));
  EXPECT_EQ(Await(write_), Failure(ENOSPC));
}

// F3: at the limit on requests, EAGAIN prevails over EIO, and what could be
// accepted runs.
TEST_F(ListioTest, NotWaitingReportsWhatCouldNotBeQueued) {
  options.max_requests.value = 4;
  platform.HoldTransfers();
  std::array<aiocb, 3> earlier;
  earlier.fill(WriteBlock(file_.fd(), "hello"));
  for (aiocb& block : earlier) ASSERT_EQ(engine().Write(&block), 0);

  EXPECT_EQ(Submit(LIO_NOWAIT, {&invalid_, &read_, &write_}), -EAGAIN);
  EXPECT_EQ(Take(invalid_), Failure(EBADF));
  EXPECT_EQ(Take(write_), Failure(EAGAIN));
  EXPECT_EQ(ErrorOf(read_), EINPROGRESS);
  EXPECT_EQ(Submit(LIO_NOWAIT, {&write_, &invalid_}), -EAGAIN);
  EXPECT_EQ(Take(write_), Failure(EAGAIN));
  platform.ReleaseAll();
  EXPECT_EQ(Await(read_), Success(5));
  for (aiocb& block : earlier) EXPECT_EQ(Await(block), Success(5));

  EXPECT_EQ(Submit(LIO_WAIT, {&write_}), 0);
  EXPECT_EQ(Take(write_), Success(5));
}

// F3: when waiting, the status of the entry tells.
TEST_F(ListioTest, WaitingReportsWhatCouldNotBeQueuedAsFailed) {
  options.max_requests.value = 2;
  platform.HoldTransfers();
  std::array<aiocb, 2> earlier;
  earlier.fill(WriteBlock(file_.fd(), "hello"));
  for (aiocb& block : earlier) ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Submit(LIO_WAIT, {&read_}), -EIO);
  EXPECT_EQ(Take(read_), Failure(EAGAIN));
  platform.ReleaseAll();
  for (aiocb& block : earlier) EXPECT_EQ(Await(block), Success(5));
}

// F3, A7: an entry in progress is refused, and is not waited for again.
TEST_F(ListioTest, RefusesAnEntryInProgress) {
  platform.HoldTransfers();
  EXPECT_EQ(Submit(LIO_NOWAIT, {&read_, &read_}), -EIO);
  EXPECT_EQ(Submit(LIO_WAIT, {&read_}), -EIO);
  EXPECT_EQ(ErrorOf(read_), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(read_), Success(5));
  RestartEngine();
  EXPECT_EQ(platform.transfers().size(), 1U);
}

// F4
TEST_F(ListioTest, RefusesBadArgumentsWithoutStartingAnything) {
  options.max_requests.value = 2;
  EXPECT_EQ(Submit(-1, {&read_}), -EINVAL);
  EXPECT_EQ(Submit(LIO_READ + LIO_WRITE + LIO_NOP + 7, {&read_}), -EINVAL);
  aiocb* const list[] = {&read_};
  EXPECT_EQ(engine().List(LIO_NOWAIT, list, -1, nullptr), -EINVAL);
  EXPECT_EQ(engine().List(LIO_NOWAIT, nullptr, 1, nullptr), -EINVAL);
  for (const int mode : {int{LIO_WAIT}, int{LIO_NOWAIT}}) {
    EXPECT_EQ(Submit(mode, {&read_, nullptr, nullptr}), -EINVAL);
  }
  sigevent event = NoEvent();
  event.sigev_notify = 12345;
  EXPECT_EQ(Submit(LIO_NOWAIT, {&read_}, &event), -EINVAL);
  event = SignalEvent(INT_MAX);
  EXPECT_EQ(Submit(LIO_NOWAIT, {&read_}, &event), -EINVAL);
  event = ThreadEvent(nullptr, nullptr);
  EXPECT_EQ(Submit(LIO_NOWAIT, {&read_}, &event), -EINVAL);
  EXPECT_EQ(ErrorOf(read_), EINVAL);
  RestartEngine();
  EXPECT_TRUE(platform.transfers().empty());
}

TEST(CListioTest, SetsErrno) {
  const TempFile file("hello world");
  std::string buffer = "12345";
  aiocb block = ReadBlock(file.fd(), buffer);
  aiocb* const list[] = {&block, nullptr};
  errno = 0;
  EXPECT_EQ(aioemul_listio(12345, list, 1, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(aioemul_listio(LIO_WAIT, list, 2, nullptr), 0);
  EXPECT_EQ(aioemul_return(&block), 5);
  block.aio_fildes = -1;
  EXPECT_EQ(aioemul_listio(LIO_WAIT, list, 1, nullptr), -1);
  EXPECT_EQ(errno, EIO);
  EXPECT_EQ(aioemul_error(&block), EBADF);
}

}  // namespace
}  // namespace aioemul::testing
