// Threads, as platform.h promises them: contract A6, B1, G2, H5.  Compiled
// once for each implementation file; AIOEMUL_TEST_PORTABLE says which, and the
// differences are the portable file's documented ones.

#include "emul/platform/threads.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace aioemul {
namespace {

constexpr bool kPortable = AIOEMUL_TEST_PORTABLE != 0;

// Runs a test's part in a new thread, and lets the test wait for it.
class Part {
 public:
  explicit Part(std::function<void()> body) : body_(std::move(body)) {}

  ThreadStart start{&Run, this};

  static void Run(void* argument) {
    auto* part = static_cast<Part*>(argument);
    part->body_();
    part->SetDone();
  }
  void SetDone() {
    const std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  }
  void Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return done_; });
  }

 private:
  std::function<void()> body_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool done_ = false;
};

// What can be seen of a thread from within.
struct Traits {
  std::vector<int> open_signals;
  int policy = -1;
  cpu_set_t affinity = {};
  int detach_state = -1;
  size_t stack_size = 0;
  std::string name;

  static Traits OfThisThread() {
    Traits traits;
    sigset_t blocked;
    pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
    for (int signal = 1; signal <= SIGRTMAX; ++signal) {
      const bool reserved = signal == SIGKILL || signal == SIGSTOP ||
                            (signal >= 32 && signal < SIGRTMIN);
      if (!reserved && sigismember(&blocked, signal) != 1) {
        traits.open_signals.push_back(signal);
      }
    }
    pthread_attr_t attributes;
    EXPECT_EQ(pthread_getattr_np(pthread_self(), &attributes), 0);
    pthread_attr_getdetachstate(&attributes, &traits.detach_state);
    pthread_attr_getstacksize(&attributes, &traits.stack_size);
    pthread_attr_destroy(&attributes);
    char name[16] = {};
    pthread_getname_np(pthread_self(), name, sizeof(name));
    traits.name = name;
    traits.policy = sched_getscheduler(0);
    sched_getaffinity(0, sizeof(traits.affinity), &traits.affinity);
    return traits;
  }
};

// By which the system reports what a thread has done wrong itself.
std::vector<int> Faults() {
  std::vector<int> faults = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV, SIGSYS};
  std::sort(faults.begin(), faults.end());
  return faults;
}

class Attributes {
 public:
  Attributes() { EXPECT_EQ(pthread_attr_init(&attributes_), 0); }
  ~Attributes() { pthread_attr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  pthread_attr_t* get() { return &attributes_; }

 private:
  pthread_attr_t attributes_;
};

Traits OfWorker() {
  Traits traits;
  Part part([&] { traits = Traits::OfThisThread(); });
  EXPECT_EQ(threads::StartWorker(part.start), 0);
  part.Await();
  return traits;
}

Traits OfNotification(const pthread_attr_t* attributes) {
  Traits traits;
  Part part([&] { traits = Traits::OfThisThread(); });
  EXPECT_EQ(threads::StartNotification(part.start, attributes), 0);
  part.Await();
  return traits;
}

TEST(ThreadsTest, WorkerIsDetachedNamedAndSmallAndSeesFaultsAlone) {
  Attributes defaults;
  size_t default_stack = 0;
  ASSERT_EQ(pthread_attr_getstacksize(defaults.get(), &default_stack), 0);
  const std::string own_name = Traits::OfThisThread().name;
  const Traits worker = OfWorker();
  EXPECT_EQ(worker.open_signals, Faults());
  EXPECT_EQ(worker.detach_state, PTHREAD_CREATE_DETACHED);
  EXPECT_LT(worker.stack_size, default_stack / 4);
  EXPECT_EQ(worker.name, kPortable ? own_name : "aioemul");
}

TEST(ThreadsTest, NotificationIsDetachedAndNamedByNobodyAndSeesFaultsAlone) {
  const std::string own_name = Traits::OfThisThread().name;
  const Traits notification = OfNotification(nullptr);
  EXPECT_EQ(notification.open_signals, Faults());
  EXPECT_EQ(notification.detach_state, PTHREAD_CREATE_DETACHED);
  EXPECT_EQ(notification.name, own_name);
}

TEST(ThreadsTest, CallersSignalMaskIsLeftAlone) {
  sigset_t before;
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  OfWorker();
  OfNotification(nullptr);
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  for (int signal = 1; signal <= SIGRTMAX; ++signal) {
    EXPECT_EQ(sigismember(&before, signal), sigismember(&after, signal));
  }
}

TEST(ThreadsTest, AttributesOfANotificationAreHonoured) {
  // More than the default, or the stack might be one left by another thread.
  constexpr size_t kStack = size_t{32} * 1024 * 1024;
  for (const int state : {PTHREAD_CREATE_JOINABLE, PTHREAD_CREATE_DETACHED}) {
    Attributes attributes;
    ASSERT_EQ(pthread_attr_setstacksize(attributes.get(), kStack), 0);
    ASSERT_EQ(pthread_attr_setdetachstate(attributes.get(), state), 0);
    const Traits notification = OfNotification(attributes.get());
    EXPECT_GE(notification.stack_size, kStack);
    EXPECT_EQ(notification.open_signals, Faults());
  }
}

// A thread that nobody can join must not wait to be joined: that would take
// memory for ever.
TEST(ThreadsTest, NotificationStartedJoinableEndsUpDetached) {
  Attributes attributes;
  std::mutex starting;
  int state = -1;
  Part part([&] {
    const std::lock_guard lock(starting);
    state = Traits::OfThisThread().detach_state;
  });
  {
    // Held until the starter has done all it does.
    const std::lock_guard lock(starting);
    ASSERT_EQ(threads::StartNotification(part.start, attributes.get()), 0);
  }
  part.Await();
  EXPECT_EQ(state, PTHREAD_CREATE_DETACHED);
}

TEST(ThreadsTest, AttributesRefusedForGoodAreReplacedByTheDefaults) {
  Attributes attributes;
  cpu_set_t no_such_processor;
  CPU_ZERO(&no_such_processor);
  CPU_SET(CPU_SETSIZE - 1, &no_such_processor);
  ASSERT_EQ(
      pthread_attr_setaffinity_np(attributes.get(), sizeof(no_such_processor),
                                  &no_such_processor),
      0);
  bool ran = false;
  Part part([&] { ran = true; });
  EXPECT_EQ(threads::StartNotification(part.start, attributes.get()), 0);
  part.Await();
  EXPECT_TRUE(ran);
}

TEST(ThreadsTest, LackOfMemoryForTheWantedStackIsReported) {
  Attributes attributes;
  constexpr size_t kMoreThanThereIs = size_t{1} << 52;
  ASSERT_EQ(pthread_attr_setstacksize(attributes.get(), kMoreThanThereIs), 0);
  Part part([] { ADD_FAILURE() << "ran on a stack it did not ask for"; });
  EXPECT_EQ(threads::StartNotification(part.start, attributes.get()), -EAGAIN);
}

// H5: whatever the thread is like that happens to start it.
TEST(ThreadsTest, WorkerHasTheAffinityOfTheProcessAndNoPolicyOfItsStarter) {
  const Traits own = Traits::OfThisThread();
  Traits worker;
  std::thread([&] {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<size_t>(sched_getcpu()), &one);
    EXPECT_EQ(pthread_setaffinity_np(pthread_self(), sizeof(one), &one), 0);
    sched_param parameters = {};
    parameters.sched_priority = 1;
    // Where that is for some alone, what anybody may have.
    if (sched_setscheduler(0, SCHED_FIFO, &parameters) != 0) {
      parameters = {};
      ASSERT_EQ(sched_setscheduler(0, SCHED_BATCH, &parameters), 0);
    }
    sigset_t faults;
    sigfillset(&faults);
    pthread_sigmask(SIG_SETMASK, &faults, nullptr);
    worker = OfWorker();
  }).join();
  EXPECT_EQ(worker.open_signals, Faults());
  if (kPortable) return;  // affinity and SCHED_BATCH are not POSIX
  EXPECT_EQ(worker.policy, SCHED_OTHER);
  EXPECT_NE(CPU_EQUAL(&worker.affinity, &own.affinity), 0);
}

// Reports at the end of its thread, whatever way that ends.
struct AtThreadExit {
  ~AtThreadExit() {
    if (part != nullptr) part->SetDone();
  }
  Part* part = nullptr;
};
thread_local AtThreadExit at_thread_exit;

TEST(ThreadsTest, NotificationMayEndItsThreadItself) {
  Part part([] {});
  const auto exit_thread = [](void* argument) {
    at_thread_exit.part = static_cast<Part*>(argument);
    pthread_exit(nullptr);
  };
  part.start.run = exit_thread;
  ASSERT_EQ(threads::StartNotification(part.start, nullptr), 0);
  part.Await();
  Part cancelled([] {});
  const auto cancel_thread = [](void* argument) {
    at_thread_exit.part = static_cast<Part*>(argument);
    pthread_cancel(pthread_self());
    pthread_testcancel();
    ADD_FAILURE() << "went on after its cancellation";
  };
  cancelled.start.run = cancel_thread;
  ASSERT_EQ(threads::StartNotification(cancelled.start, nullptr), 0);
  cancelled.Await();
}

TEST(ThreadsTest, OrdinaryCallerHasNoRealTimePriority) {
  EXPECT_EQ(threads::CallerPriority(), 0);
  std::thread([] {
    const sched_param none = {};
    EXPECT_EQ(pthread_setschedparam(pthread_self(), SCHED_BATCH, &none), 0);
    EXPECT_EQ(threads::CallerPriority(), 0);
  }).join();
}

// Where the system lets the test have one.
TEST(ThreadsTest, PriorityIsThatOfTheCallingThread) {
  for (const int policy : {SCHED_FIFO, SCHED_RR}) {
    std::thread([&] {
      sched_param wanted = {};
      wanted.sched_priority = 7;
      const bool granted =
          pthread_setschedparam(pthread_self(), policy, &wanted) == 0;
      EXPECT_EQ(threads::CallerPriority(), granted ? 7 : 0);
    }).join();
    EXPECT_EQ(threads::CallerPriority(), 0);
  }
}

}  // namespace
}  // namespace aioemul
