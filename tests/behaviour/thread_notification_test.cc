// Notification by thread (contract G2, G4, H5).

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

size_t MappedBytes() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

// Attributes for a notification's thread.
class Attributes {
 public:
  explicit Attributes(size_t stack_size) {
    pthread_attr_init(&attributes_);
    pthread_attr_setstacksize(&attributes_, stack_size);
  }
  ~Attributes() { pthread_attr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  pthread_attr_t* get() { return &attributes_; }

 private:
  pthread_attr_t attributes_;
};

// What the functions of the notifications see and leave.
struct Scene {
  Engine* engine = nullptr;
  aiocb block = {};
  Gate gate;
  Gate other_gate;
  int seen = -1;
  size_t stack_size = 0;
  std::vector<int> unblocked;
};

Scene& Of(sigval value) { return *static_cast<Scene*>(value.sival_ptr); }
void OpenGate(sigval value) { Of(value).gate.Open(); }
void OpenOtherGate(sigval value) { Of(value).other_gate.Open(); }

class ThreadNotificationTest : public EngineTest {
 protected:
  // A write that calls `function` with the scene.
  aiocb NotifyingWrite(void (*function)(sigval)) {
    aiocb block = WriteBlock(file_.fd(), "hello");
    block.aio_sigevent = ThreadEvent(function, &scene_);
    return block;
  }

  const TempFile file_{"hello world"};
  Scene scene_;
  aiocb& block_ = scene_.block;
  Gate& gate_ = scene_.gate;
  Gate& other_gate_ = scene_.other_gate;
};

// G2, G4
TEST_F(ThreadNotificationTest, SeesTheResult) {
  block_ = NotifyingWrite([](sigval value) {
    Scene& scene = Of(value);
    scene.seen = scene.engine->Error(&scene.block);
    OpenGate(value);
  });
  scene_.engine = &engine();
  for (int i = 0; i < 100; ++i) {
    scene_.seen = -1;
    ASSERT_EQ(engine().Write(&block_), 0);
    gate_.Await();
    EXPECT_EQ(scene_.seen, 0);
    EXPECT_EQ(Take(block_), Success(5));
  }
}

// G2
TEST_F(ThreadNotificationTest, RunsOncePerRequestAndList) {
  block_ = NotifyingWrite(&OpenGate);
  aiocb* const list[] = {&block_};
  const sigevent event = ThreadEvent(&OpenOtherGate, &scene_);
  ASSERT_EQ(engine().List(LIO_NOWAIT, list, 1, &event), 0);
  gate_.Await();
  other_gate_.Await();
  RestartEngine();
  EXPECT_FALSE(gate_.IsOpen());
  EXPECT_FALSE(other_gate_.IsOpen());
}

// G2
TEST_F(ThreadNotificationTest, HasAllSignalsBlockedButThoseOfFaults) {
  block_ = NotifyingWrite([](sigval value) {
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, nullptr, &mask);
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
      const bool reserved = signal > 31 && signal < SIGRTMIN;
      const bool blockable = signal != SIGKILL && signal != SIGSTOP;
      if (!reserved && blockable && sigismember(&mask, signal) == 0) {
        Of(value).unblocked.push_back(signal);
      }
    }
    OpenGate(value);
  });
  ASSERT_EQ(engine().Write(&block_), 0);
  gate_.Await();
  std::vector<int> faults = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
  std::sort(faults.begin(), faults.end());
  EXPECT_EQ(scene_.unblocked, faults);
}

// G2
TEST_F(ThreadNotificationTest, HonoursTheAttributes) {
  constexpr size_t kStack = size_t{48} << 20;
  Attributes attributes(kStack);
  block_ = NotifyingWrite([](sigval value) {
    pthread_attr_t own;
    pthread_getattr_np(pthread_self(), &own);
    pthread_attr_getstacksize(&own, &Of(value).stack_size);
    pthread_attr_destroy(&own);
    OpenGate(value);
  });
  block_.aio_sigevent.sigev_notify_attributes = attributes.get();
  ASSERT_EQ(engine().Write(&block_), 0);
  gate_.Await();
  EXPECT_GE(scene_.stack_size, kStack);
}

// G2: nobody joins the thread, so it must not stay to be joined.
TEST_F(ThreadNotificationTest, LeavesNoThreadToJoin) {
  constexpr size_t kStack = size_t{64} << 20;
  Attributes joinable(kStack);
  block_ = NotifyingWrite(&OpenGate);
  block_.aio_sigevent.sigev_notify_attributes = joinable.get();
  ASSERT_EQ(engine().Write(&block_), 0);
  gate_.Await();
  const size_t before = MappedBytes();
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(engine().Write(&block_), 0);
    gate_.Await();
  }
  // The last ones may still be on their way out.
  AwaitThat([&] { return MappedBytes() < before + 10 * kStack; });
  EXPECT_EQ(Take(block_), Success(5));
}

// G2
TEST_F(ThreadNotificationTest, ABlockingFunctionHoldsUpNothing) {
  constexpr int kBlocked = 10;
  options.threads.value = 1;
  std::vector<aiocb> blocked(kBlocked, NotifyingWrite([](sigval value) {
                               Of(value).gate.Await();
                               Of(value).other_gate.Open();
                             }));
  for (aiocb& block : blocked) ASSERT_EQ(engine().Write(&block), 0);
  for (aiocb& block : blocked) EXPECT_EQ(Await(block), Success(5));

  static Gate done;
  aiocb block = NotifyingWrite([](sigval) { done.Open(); });
  ASSERT_EQ(engine().Write(&block), 0);
  done.Await();
  EXPECT_EQ(Take(block), Success(5));

  for (int i = 0; i < kBlocked; ++i) gate_.Open();
  other_gate_.Await(kBlocked);
}

// G2: a lack of threads delays, and loses nothing.
TEST_F(ThreadNotificationTest, ComesOnceThereAreThreads) {
  constexpr int kRequests = 5;
  platform.FailNotificationThreads(true);
  std::vector<aiocb> blocks(kRequests, NotifyingWrite(&OpenGate));
  for (aiocb& block : blocks) ASSERT_EQ(engine().Write(&block), 0);
  for (aiocb& block : blocks) EXPECT_EQ(Await(block), Success(5));
  EXPECT_FALSE(gate_.IsOpen());
  platform.FailNotificationThreads(false);
  gate_.Await(kRequests);
  RestartEngine();
  EXPECT_FALSE(gate_.IsOpen());
}

// G1, G2: a lack of threads holds up no signal.
TEST_F(ThreadNotificationTest, KeptBackHoldsUpNoSignal) {
  platform.CaptureSignals(/*limit=*/1);
  platform.FailNotificationThreads(true);
  aiocb thread = NotifyingWrite(&OpenGate);
  ASSERT_EQ(engine().Write(&thread), 0);
  EXPECT_EQ(Await(thread), Success(5));
  aiocb signal = WriteBlock(file_.fd(), "hello");
  signal.aio_sigevent = SignalEvent(SIGUSR1, 9);
  ASSERT_EQ(engine().Write(&signal), 0);
  EXPECT_EQ(platform.AwaitSignals(1)[0].value.sival_int, 9);
  EXPECT_EQ(Take(signal), Success(5));
  platform.FailNotificationThreads(false);
  gate_.Await();
}

// H5: workers run no code of the program.
TEST_F(ThreadNotificationTest, RunsOnNoWorker) {
  static std::mutex mutex;
  static std::set<pid_t> workers;
  static std::atomic<pid_t> runner{0};
  platform.AnswerTransfers([](const TransferCall&) {
    const std::lock_guard<std::mutex> lock(mutex);
    workers.insert(static_cast<pid_t>(syscall(SYS_gettid)));
    return std::optional<ssize_t>();
  });
  options.threads.value = 1;
  options.idle_time.value = 1'000'000;
  for (int i = 0; i < 20; ++i) {
    block_ = NotifyingWrite([](sigval value) {
      runner = static_cast<pid_t>(syscall(SYS_gettid));
      OpenGate(value);
    });
    ASSERT_EQ(engine().Write(&block_), 0);
    gate_.Await();
    EXPECT_EQ(Take(block_), Success(5));
    const std::lock_guard<std::mutex> lock(mutex);
    EXPECT_EQ(workers.count(runner), 0U);
  }
}

}  // namespace
}  // namespace aioemul::testing
