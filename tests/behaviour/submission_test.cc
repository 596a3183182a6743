// What every submission has in common (contract A1, A2, A4, A7, A10, C4).

#include <aio.h>
#include <fcntl.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <ostream>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// One way to submit: a name and the call.
struct Way {
  const char* name;
  int (*submit)(Engine& engine, aiocb& block);
};
std::ostream& operator<<(std::ostream& stream, const Way& way) {
  return stream << way.name;
}

// A list of one entry says EIO for a refused entry.
int SubmitList(Engine& engine, aiocb& block) {
  aiocb* const list[] = {&block};
  const int result = engine.List(LIO_NOWAIT, list, 1, nullptr);
  return result == -EIO ? -engine.Error(&block) : result;
}

const Way kWays[] = {
    {"Read", [](Engine& e, aiocb& block) { return e.Read(&block); }},
    {"Write", [](Engine& e, aiocb& block) { return e.Write(&block); }},
    {"Sync", [](Engine& e, aiocb& block) { return e.Sync(O_SYNC, &block); }},
    {"List", &SubmitList},
};

class SubmissionTest : public EngineTest,
                       public ::testing::WithParamInterface<Way> {
 protected:
  int Submit(aiocb& block) { return GetParam().submit(engine(), block); }

  void ExpectRefusedEvent(const sigevent& event) {
    aiocb block = ReadBlock(file_.fd(), buffer_);
    block.aio_sigevent = event;
    EXPECT_EQ(Submit(block), -EINVAL);
    EXPECT_EQ(Take(block), Failure(EINVAL));
    EXPECT_TRUE(platform.transfers().empty());
  }

  void ExpectSuccess(aiocb& block) { EXPECT_EQ(Await(block).error, 0); }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
};

INSTANTIATE_TEST_SUITE_P(Ways, SubmissionTest, ::testing::ValuesIn(kWays),
                         [](const auto& test) { return test.param.name; });

// A1
TEST_P(SubmissionTest, ReturnsBeforeTheTransfer) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  EXPECT_EQ(Submit(block), 0);
  platform.AwaitHeld(1);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  platform.ReleaseAll();
  ExpectSuccess(block);
}

// A2
TEST_P(SubmissionTest, ARefusedOneNotifiesNobody) {
  platform.CaptureSignals(/*limit=*/10);
  aiocb block = ReadBlock(-1, buffer_);
  block.aio_sigevent = SignalEvent(SIGUSR1);
  EXPECT_EQ(Submit(block), -EBADF);
  EXPECT_EQ(ErrorOf(block), EBADF);
  RestartEngine();
  EXPECT_TRUE(platform.TakeSignals().empty());
}

// A2: the new status replaces a result nobody has taken.
TEST_P(SubmissionTest, ARefusalReplacesAnOldResult) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(Submit(block), 0);
  AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
  EXPECT_EQ(ErrorOf(block), 0);
  block.aio_fildes = -1;
  EXPECT_EQ(Submit(block), -EBADF);
  EXPECT_EQ(Take(block), Failure(EBADF));
}

// A4
TEST_P(SubmissionTest, RefusesUnknownKindsOfNotification) {
  sigevent event = NoEvent();
  for (const int kind : {-1, 5, 12345, INT_MAX}) {
    event.sigev_notify = kind;
    ExpectRefusedEvent(event);
  }
}

// A4
TEST_P(SubmissionTest, RefusesSignalNumbersOutOfRange) {
  for (const int number : {-1, 32, SIGRTMIN - 1, SIGRTMAX + 1, INT_MAX}) {
    ExpectRefusedEvent(SignalEvent(number));
  }
}

// A4
TEST_P(SubmissionTest, RefusesANullNotifyFunction) {
  ExpectRefusedEvent(ThreadEvent(nullptr, nullptr));
}

// A7: and the request in progress goes on.
TEST_P(SubmissionTest, RefusesABlockInProgress) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  aiocb* const list[] = {&block};
  EXPECT_EQ(engine().Read(&block), -EBUSY);
  EXPECT_EQ(engine().Write(&block), -EBUSY);
  EXPECT_EQ(engine().Sync(O_SYNC, &block), -EBUSY);
  EXPECT_EQ(engine().List(LIO_NOWAIT, list, 1, nullptr), -EIO);
  // However invalid it has become.
  const int fd = block.aio_fildes;
  block.aio_fildes = -1;
  EXPECT_NE(Submit(block), 0);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  block.aio_fildes = fd;
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(platform.transfers().size(), 1U);
}

// A7, C1: of two threads one submits, and there is one request.
TEST_P(SubmissionTest, OfTwoThreadsOneSubmits) {
  constexpr int kRounds = 500;
  aiocb block = ReadBlock(file_.fd(), buffer_);
  Engine& shared = engine();
  std::atomic<int> accepted{0};
  std::atomic<int> other{0};
  Gate start[2];
  Gate finished;
  const auto submit = [&](Gate& gate) {
    for (int round = 0; round < kRounds; ++round) {
      gate.Await();
      const int result = GetParam().submit(shared, block);
      accepted += result == 0 ? 1 : 0;
      // A list says only that its entry is in progress.
      other += result != 0 && result != -EBUSY && result != -EINPROGRESS;
      finished.Open();
    }
  };
  platform.HoldTransfers();
  std::thread first([&] { submit(start[0]); });
  std::thread second([&] { submit(start[1]); });
  for (int round = 1; round <= kRounds; ++round) {
    start[0].Open();
    start[1].Open();
    finished.Await(2);
    EXPECT_EQ(accepted, round);
    platform.AwaitHeld(1);
    platform.ReleaseHeld(1);
    ExpectSuccess(block);
  }
  first.join();
  second.join();
  EXPECT_EQ(other, 0);
  EXPECT_EQ(platform.transfers().size(), size_t{kRounds});
}

// A10: on this system it asks for signal 0.
TEST_P(SubmissionTest, AZeroedEventNotifiesNobody) {
  platform.CaptureSignals(/*limit=*/10);
  aiocb block = {};
  block.aio_fildes = file_.fd();
  ASSERT_EQ(block.aio_sigevent.sigev_notify, SIGEV_SIGNAL);
  ASSERT_EQ(Submit(block), 0);
  EXPECT_EQ(Await(block), Success(0));
  RestartEngine();
  EXPECT_TRUE(platform.TakeSignals().empty());
}

// C4, A9: a control block may be reused as soon as it is complete.
TEST_P(SubmissionTest, ReusesControlBlocks) {
  options.max_requests.value = 1;
  aiocb block = ReadBlock(file_.fd(), buffer_);
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(Submit(block), 0);
    AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
    ASSERT_EQ(ErrorOf(block), 0);
  }
}

}  // namespace
}  // namespace aioemul::testing
