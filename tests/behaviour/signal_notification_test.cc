// Notification by signal (contract G1, G3, G4).

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// No thread of the test handles the signals used here: they stay pending
// until they are waited for.
class SignalNotificationTest : public EngineTest {
 protected:
  SignalNotificationTest() {
    sigemptyset(&used_);
    sigaddset(&used_, SIGRTMIN);
    sigaddset(&used_, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &used_, &before_);
  }
  ~SignalNotificationTest() override {
    EXPECT_FALSE(IsPending());
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  siginfo_t AwaitSignal() {
    siginfo_t details = {};
    while (sigwaitinfo(&used_, &details) < 0) EXPECT_EQ(errno, EINTR);
    return details;
  }

  bool IsPending() {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGRTMIN) == 1 ||
           sigismember(&pending, SIGUSR2) == 1;
  }

  void ExpectAsynchronousIo(const siginfo_t& details, int signal, int value) {
    EXPECT_EQ(details.si_signo, signal);
    EXPECT_EQ(details.si_code, SI_ASYNCIO);
    EXPECT_EQ(details.si_value.sival_int, value);
    EXPECT_EQ(details.si_pid, getpid());
    EXPECT_EQ(details.si_uid, getuid());
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
  sigset_t used_;
  sigset_t before_;
};

sigevent ToThread(pid_t thread, int signal, int value) {
  sigevent event = SignalEvent(signal, value);
  event.sigev_notify = SIGEV_THREAD_ID;
  event._sigev_un._tid = thread;
  return event;
}

// G1, G4
TEST_F(SignalNotificationTest, ArrivesWithItsDetails) {
  for (const int signal : {SIGRTMIN, SIGUSR2}) {
    aiocb block = ReadBlock(file_.fd(), buffer_);
    block.aio_sigevent = SignalEvent(signal, 4711);
    ASSERT_EQ(engine().Read(&block), 0);
    ExpectAsynchronousIo(AwaitSignal(), signal, 4711);
    EXPECT_EQ(Take(block), Success(5));
  }
}

// G1: from every kind of request, a failed one as well.
TEST_F(SignalNotificationTest, ArrivesForEveryKindOfRequest) {
  platform.AnswerTransfers([](const TransferCall&) { return -EIO; });
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = SignalEvent(SIGRTMIN, 1);
  ASSERT_EQ(engine().Write(&block), 0);
  ExpectAsynchronousIo(AwaitSignal(), SIGRTMIN, 1);
  EXPECT_EQ(Take(block), Failure(EIO));
  ASSERT_EQ(engine().Sync(O_SYNC, &block), 0);
  ExpectAsynchronousIo(AwaitSignal(), SIGRTMIN, 1);
  EXPECT_EQ(Take(block), Failure(EIO));
  aiocb* const list[] = {nullptr};
  const sigevent event = SignalEvent(SIGRTMIN, 2);
  ASSERT_EQ(engine().List(LIO_NOWAIT, list, 1, &event), 0);
  ExpectAsynchronousIo(AwaitSignal(), SIGRTMIN, 2);
}

// G1: one for each request.
TEST_F(SignalNotificationTest, AreQueued) {
  constexpr int kRequests = 100;
  options.threads.value = 1;
  std::vector<aiocb> blocks(kRequests, ReadBlock(file_.fd(), buffer_));
  for (int i = 0; i < kRequests; ++i) {
    aiocb& block = blocks[static_cast<size_t>(i)];
    block.aio_sigevent = SignalEvent(SIGRTMIN, i);
    ASSERT_EQ(engine().Read(&block), 0);
  }
  for (int i = 0; i < kRequests; ++i) {
    ExpectAsynchronousIo(AwaitSignal(), SIGRTMIN, i);
  }
  for (aiocb& block : blocks) EXPECT_EQ(Take(block), Success(5));
}

// G3
TEST_F(SignalNotificationTest, ReachesTheNamedThread) {
  pid_t target = 0;
  Gate known;
  Gate sent;
  std::thread receiver([&] {
    target = static_cast<pid_t>(syscall(SYS_gettid));
    known.Open();
    sent.Await();
    ExpectAsynchronousIo(AwaitSignal(), SIGRTMIN, 42);
  });
  known.Await();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = ToThread(target, SIGRTMIN, 42);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  RestartEngine();
  // To nobody else.
  EXPECT_FALSE(IsPending());
  sent.Open();
  receiver.join();
}

// G3, A4
TEST_F(SignalNotificationTest, RefusesAThreadThatIsNone) {
  pid_t ended = 0;
  std::thread([&] { ended = static_cast<pid_t>(syscall(SYS_gettid)); }).join();
  // A thread that has been joined may still be on its way out of the system.
  AwaitThat([&] { return syscall(SYS_tgkill, getpid(), ended, 0) != 0; });
  // Another process is no thread of this one.
  for (const pid_t thread : {0, -1, ended, getppid()}) {
    aiocb block = ReadBlock(file_.fd(), buffer_);
    block.aio_sigevent = ToThread(thread, SIGRTMIN, 1);
    EXPECT_EQ(engine().Read(&block), -EINVAL) << thread;
    EXPECT_EQ(Take(block), Failure(EINVAL));
  }
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = ToThread(getpid(), SIGRTMAX + 1, 1);
  EXPECT_EQ(engine().Read(&block), -EINVAL);
}

// G3: a thread that ends before the request harms nothing.
TEST_F(SignalNotificationTest, OfAThreadThatHasEndedIsDropped) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  std::thread([&] {
    const auto self = static_cast<pid_t>(syscall(SYS_gettid));
    block.aio_sigevent = ToThread(self, SIGRTMIN, 1);
    ASSERT_EQ(engine().Read(&block), 0);
  }).join();
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
  RestartEngine();
  EXPECT_FALSE(IsPending());
}

// G1: the limit on pending signals, the system's own.
TEST_F(SignalNotificationTest, IsDeliveredOnceThePendingLimitAllows) {
  rlimit before = {};
  ASSERT_EQ(getrlimit(RLIMIT_SIGPENDING, &before), 0);
  const rlimit none = {0, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &none), 0);
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = SignalEvent(SIGRTMIN, 5);
  EXPECT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_FALSE(IsPending());
  ASSERT_EQ(setrlimit(RLIMIT_SIGPENDING, &before), 0);
  ExpectAsynchronousIo(AwaitSignal(), SIGRTMIN, 5);
}

// G1: what the limit keeps back holds up no I/O, and is sent once.
TEST_F(SignalNotificationTest, KeptBackHoldsUpNothing) {
  constexpr size_t kRequests = 10;
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/2);
  std::vector<aiocb> blocks(kRequests, WriteBlock(file_.fd(), "hello"));
  for (size_t i = 0; i < kRequests; ++i) {
    blocks[i].aio_sigevent = SignalEvent(SIGRTMIN, static_cast<int>(i));
    ASSERT_EQ(engine().Write(&blocks[i]), 0);
  }
  for (aiocb& block : blocks) EXPECT_EQ(Await(block), Success(5));
  AwaitThat([&] { return platform.refused_signals() > 3; });
  std::multiset<int> values;
  while (values.size() < kRequests) {
    for (const SentSignal& sent : platform.AwaitSignals(1)) {
      values.insert(sent.value.sival_int);
    }
  }
  EXPECT_EQ(values, (std::multiset<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  RestartEngine();
  EXPECT_TRUE(platform.TakeSignals().empty());
}

// G1: a later signal does not overtake one that is kept back, also when there
// is room for it the moment it comes.
TEST_F(SignalNotificationTest, KeptBackIsNotOvertaken) {
  options.threads.value = 1;
  platform.CaptureSignals(/*limit=*/1);
  std::vector<aiocb> blocks(2, WriteBlock(file_.fd(), "hello"));
  for (int round = 0; round < 20; ++round) {
    aiocb filler = WriteBlock(file_.fd(), "hello");
    filler.aio_sigevent = SignalEvent(SIGRTMIN, 0);
    ASSERT_EQ(engine().Write(&filler), 0);
    EXPECT_EQ(Await(filler), Success(5));
    blocks[0].aio_sigevent = SignalEvent(SIGRTMIN, 1);
    blocks[1].aio_sigevent = SignalEvent(SIGRTMIN, 2);
    const size_t refused = platform.refused_signals();
    ASSERT_EQ(engine().Write(&blocks[0]), 0);
    AwaitThat([&] { return platform.refused_signals() > refused + 2; });
    EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 0);
    ASSERT_EQ(engine().Write(&blocks[1]), 0);
    EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 1);
    EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 2);
    for (aiocb& block : blocks) EXPECT_EQ(Await(block), Success(5));
  }
}

}  // namespace
}  // namespace aioemul::testing
