// Cancellation of a thread that sleeps on a word, as platform.h promises it:
// contract D4.  Not for the address sanitizer of GCC, which takes the frames
// that such a thread leaves without returning for live ones.

#include <pthread.h>

#include <atomic>
#include <thread>

#include "emul/platform/platform.h"
#include "gtest/gtest.h"

namespace aioemul {
namespace {

using Word = std::atomic<uint32_t>;
using WaitFunction = int (Platform::*)(const Word&, uint32_t, MonotonicTime);

Platform& System() { return SystemPlatform(); }

// A thread that sleeps once, with something to clean up in C's manner and
// C++'s.
struct Sleeper {
  static constexpr int kNotReturned = 1;

  explicit Sleeper(WaitFunction way) : wait(way) {}

  static void Handler(void* self) { ++static_cast<Sleeper*>(self)->handlers; }

  static void* Run(void* argument) {
    auto* self = static_cast<Sleeper*>(argument);
    struct Scope {
      ~Scope() { ++counter; }
      std::atomic<int>& counter;
    };
    const Scope scope{self->destructors};
    pthread_cleanup_push(&Handler, self);
    self->started = true;
    while (self->word.load() == 0) {
      self->result = (System().*self->wait)(self->word, 0, kNever);
    }
    int type = -1;
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &type);
    self->type_after = type;
    pthread_testcancel();
    pthread_cleanup_pop(0);
    return nullptr;
  }

  void Start() {
    ASSERT_EQ(pthread_create(&thread, nullptr, &Run, this), 0);
    while (!started) std::this_thread::yield();
  }
  void* Join() {
    void* exit_value = nullptr;
    EXPECT_EQ(pthread_join(thread, &exit_value), 0);
    return exit_value;
  }

  const WaitFunction wait;
  pthread_t thread = {};
  Word word{0};
  std::atomic<bool> started{false};
  std::atomic<int> handlers{0};
  std::atomic<int> destructors{0};
  std::atomic<int> result{kNotReturned};
  std::atomic<int> type_after{-1};
};

// Cancelled on its way to sleep, asleep, or before: at whatever distance.
TEST(ParkingCancellationTest, CancelledThreadUnwindsFromItsSleep) {
  for (int round = 0; round < 300; ++round) {
    Sleeper sleeper(&Platform::WaitCancellable);
    sleeper.Start();
    for (int i = 0; i < round % 30; ++i) std::this_thread::yield();
    ASSERT_EQ(pthread_cancel(sleeper.thread), 0);
    EXPECT_EQ(sleeper.Join(), PTHREAD_CANCELED);
    EXPECT_EQ(sleeper.handlers, 1);
    EXPECT_EQ(sleeper.destructors, 1);
    EXPECT_EQ(sleeper.result, Sleeper::kNotReturned);
  }
}

TEST(ParkingCancellationTest, PlainWaitIsNoCancellationPoint) {
  Sleeper sleeper(&Platform::Wait);
  sleeper.Start();
  ASSERT_EQ(pthread_cancel(sleeper.thread), 0);
  EXPECT_EQ(sleeper.handlers, 0);
  sleeper.word = 1;
  System().Wake(sleeper.word);
  EXPECT_EQ(sleeper.Join(), PTHREAD_CANCELED);
  EXPECT_EQ(sleeper.type_after, PTHREAD_CANCEL_DEFERRED);
  EXPECT_EQ(sleeper.handlers, 1);
}

TEST(ParkingCancellationTest, SleepThatReturnsLeavesCancellationDeferred) {
  Sleeper sleeper(&Platform::WaitCancellable);
  sleeper.Start();
  sleeper.word = 1;
  System().Wake(sleeper.word);
  EXPECT_EQ(sleeper.Join(), nullptr);
  EXPECT_EQ(sleeper.type_after, PTHREAD_CANCEL_DEFERRED);
  EXPECT_EQ(sleeper.handlers, 0);
  EXPECT_EQ(sleeper.destructors, 1);
}

}  // namespace
}  // namespace aioemul
