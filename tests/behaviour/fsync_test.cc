// aio_fsync (contract A3, A4, B5).

#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <climits>
#include <optional>
#include <string>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using Kind = TransferCall::Kind;

class FsyncTest : public EngineTest {
 protected:
  // What a worker does with a request accepted after the barriers: if it holds
  // this one, it has passed over them.
  void SubmitLater() { ASSERT_EQ(engine().Write(&later_), 0); }

  const TempFile file_;
  aiocb later_ = WriteBlock(file_.fd(), "later", 100);
};

TEST_F(FsyncTest, WaitsForEarlierWritesOfLowerPriority) {
  options.threads.value = 4;
  platform.HoldTransfers();
  std::array<aiocb, 3> writes;
  for (size_t i = 0; i < writes.size(); ++i) {
    writes[i] = WriteBlock(file_.fd(), "text");
    writes[i].aio_reqprio = 20;
    ASSERT_EQ(engine().Write(&writes[i]), 0);
    platform.AwaitHeld(i + 1);
  }
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  SubmitLater();

  EXPECT_EQ(platform.AwaitHeld(4)[3].kind, Kind::kWriteAt);
  platform.ReleaseHeld(2);
  EXPECT_EQ(Await(writes[0]), Success(4));
  EXPECT_EQ(Await(writes[1]), Success(4));
  EXPECT_EQ(platform.transfers().size(), 4U);
  platform.ReleaseHeld(1);

  // The later one is still held: it was not waited for.
  EXPECT_EQ(platform.AwaitHeld(2)[1].kind, Kind::kSync);
  EXPECT_EQ(ErrorOf(writes[2]), 0);
  platform.ReleaseAll();
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(Await(later_), Success(5));
}

TEST_F(FsyncTest, DoesNotOvertakeQueuedWritesOfLowerPriority) {
  options.threads.value = 1;
  platform.HoldTransfers();
  std::array<aiocb, 3> writes;
  for (aiocb& write : writes) {
    write = WriteBlock(file_.fd(), "text");
    write.aio_reqprio = 20;
    ASSERT_EQ(engine().Write(&write), 0);
  }
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  platform.ReleaseAll();

  EXPECT_EQ(Await(sync), Success(0));
  for (const aiocb& write : writes) EXPECT_EQ(ErrorOf(write), 0);
  EXPECT_EQ(platform.transfers().back().kind, Kind::kSync);
}

TEST_F(FsyncTest, WaitsForEveryKindOfEarlierRequest) {
  options.threads.value = 5;
  const TempFile file("", O_APPEND);
  platform.HoldTransfers();
  aiocb append = WriteBlock(file.fd(), "one");
  aiocb held_append = WriteBlock(file.fd(), "two");
  std::string buffer(4, ' ');
  aiocb read = ReadBlock(file.fd(), buffer);
  aiocb sync = SyncBlock(file.fd());
  ASSERT_EQ(engine().Write(&append), 0);
  ASSERT_EQ(engine().Write(&held_append), 0);
  ASSERT_EQ(engine().Read(&read), 0);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  int unfinished = -1;
  platform.AnswerTransfers([&](const TransferCall& call) {
    if (call.kind == Kind::kSync) {
      unfinished = 0;
      for (const aiocb* block : {&append, &held_append, &read}) {
        unfinished += engine().Error(block) == EINPROGRESS ? 1 : 0;
      }
    }
    return std::optional<ssize_t>();
  });
  platform.AwaitHeld(2);
  platform.ReleaseAll();
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(unfinished, 0);
}

TEST_F(FsyncTest, TwoInARowKeepTheirOrder) {
  options.threads.value = 3;
  platform.HoldTransfers();
  aiocb write = WriteBlock(file_.fd(), "text");
  aiocb first = SyncBlock(file_.fd());
  aiocb second = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Write(&write), 0);
  ASSERT_EQ(engine().Sync(O_SYNC, &first), 0);
  ASSERT_EQ(engine().Sync(O_DSYNC, &second), 0);
  platform.AwaitHeld(1);
  platform.ReleaseHeld(1);
  EXPECT_FALSE(platform.AwaitHeld(1)[0].data_only);
  SubmitLater();
  EXPECT_EQ(platform.AwaitHeld(2)[1].kind, Kind::kWriteAt);

  platform.ReleaseHeld(1);
  const TransferCall last = platform.AwaitHeld(2)[1];
  EXPECT_EQ(last.kind, Kind::kSync);
  EXPECT_TRUE(last.data_only);
  EXPECT_EQ(Await(first), Success(0));
  EXPECT_EQ(ErrorOf(second), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(second), Success(0));
  EXPECT_EQ(Await(later_), Success(5));
  EXPECT_EQ(Await(write), Success(4));
}

// E4 as well.
TEST_F(FsyncTest, ACancelledOneLetsTheNextGo) {
  platform.HoldTransfers();
  aiocb write = WriteBlock(file_.fd(), "text");
  aiocb first = SyncBlock(file_.fd());
  aiocb second = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Write(&write), 0);
  ASSERT_EQ(engine().Sync(O_SYNC, &first), 0);
  ASSERT_EQ(engine().Sync(O_DSYNC, &second), 0);
  platform.AwaitHeld(1);
  EXPECT_EQ(engine().Cancel(file_.fd(), &first), AIO_CANCELED);
  EXPECT_EQ(Take(first), Failure(ECANCELED));
  EXPECT_EQ(ErrorOf(second), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(second), Success(0));
  EXPECT_EQ(Await(write), Success(4));
  EXPECT_EQ(platform.transfers().size(), 2U);
}

TEST_F(FsyncTest, DoesNotWaitForOtherDescriptors) {
  options.threads.value = 2;
  const TempFile other;
  platform.HoldTransfers();
  aiocb write = WriteBlock(other.fd(), "text");
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Write(&write), 0);
  platform.AwaitHeld(1);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(platform.AwaitHeld(2)[1].kind, Kind::kSync);
  platform.ReleaseAll();
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(Await(write), Success(4));
}

TEST_F(FsyncTest, LeavesTheFailureOfAWriteToThatWrite) {
  platform.AnswerTransfers([](const TransferCall& call) {
    return call.kind == Kind::kSync ? std::optional<ssize_t>() : -EIO;
  });
  aiocb write = WriteBlock(file_.fd(), "text");
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Write(&write), 0);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(Take(write), Failure(EIO));
}

TEST_F(FsyncTest, ReportsItsOwnFailure) {
  platform.AnswerTransfers([](const TransferCall& call) {
    return call.kind == Kind::kSync ? std::optional<ssize_t>(-ENOSPC)
                                    : std::nullopt;
  });
  aiocb write = WriteBlock(file_.fd(), "text");
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Write(&write), 0);
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Failure(ENOSPC));
  EXPECT_EQ(Take(write), Success(4));
}

TEST_F(FsyncTest, OperationChoosesWhatIsSynchronized) {
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Success(0));
  ASSERT_EQ(engine().Sync(O_DSYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Success(0));
  const auto calls = platform.transfers();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_FALSE(calls[0].data_only);
  EXPECT_TRUE(calls[1].data_only);
}

// A2, A4
TEST_F(FsyncTest, RefusesOtherOperations) {
  for (const int operation : {0, -1, O_RDWR, O_SYNC | O_RDWR}) {
    aiocb sync = SyncBlock(file_.fd());
    EXPECT_EQ(engine().Sync(operation, &sync), -EINVAL) << operation;
    EXPECT_EQ(Take(sync), Failure(EINVAL));
  }
  EXPECT_EQ(engine().Sync(O_SYNC, nullptr), -EINVAL);
  EXPECT_TRUE(platform.transfers().empty());
}

// A3
TEST_F(FsyncTest, NeedsOnlyAValidDescriptor) {
  const OpenedFile read_only("/", O_RDONLY);
  aiocb sync = SyncBlock(read_only.fd());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Success(0));

  const int closed = dup(file_.fd());
  close(closed);
  for (const int fd : {-1, INT_MAX, closed}) {
    sync = SyncBlock(fd);
    EXPECT_EQ(engine().Sync(O_SYNC, &sync), -EBADF);
    EXPECT_EQ(Take(sync), Failure(EBADF));
  }
}

// A4: of the control block only the descriptor and the event are used.
TEST_F(FsyncTest, IgnoresPriorityOffsetAndCount) {
  aiocb sync = SyncBlock(file_.fd());
  sync.aio_reqprio = -1;
  sync.aio_offset = -1;
  sync.aio_nbytes = static_cast<size_t>(SSIZE_MAX) + 1;
  sync.aio_lio_opcode = 12345;
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Success(0));
}

// A8: what cannot be synchronized says so, as fsync does.
TEST_F(FsyncTest, OfAPipeFails) {
  const Channel pipe = Channel::Pipe();
  aiocb sync = SyncBlock(pipe.second());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Failure(EINVAL));
}

TEST(CFsyncTest, SetsErrno) {
  const TempFile file;
  aiocb sync = SyncBlock(file.fd());
  errno = 0;
  EXPECT_EQ(aioemul_fsync(O_RDWR, &sync), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(aioemul_error(&sync), EINVAL);
  errno = 0;
  EXPECT_EQ(aioemul_fsync(O_SYNC, nullptr), -1);
  EXPECT_EQ(errno, EINVAL);

  EXPECT_EQ(aioemul_fsync(O_DSYNC, &sync), 0);
  const aiocb* list[] = {&sync};
  EXPECT_EQ(aioemul_suspend(list, 1, nullptr), 0);
  EXPECT_EQ(aioemul_return(&sync), 0);
}

}  // namespace
}  // namespace aioemul::testing
