// Notifications are sent once and none is lost: contract G1, G2, G3, A6.

#include "emul/notifier.h"

#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/support/forwarding_platform.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

using testing::FakePlatform;
using testing::SentSignal;

constexpr auto kAtOnce = Notifier::Manner::kAtOnce;

// A notification that counts how often it was reported sent.
struct Counted {
  Counted() = default;
  explicit Counted(int value) { Prepare(value); }
  void Prepare(int value) {
    notification.kind = Notification::Kind::kSignal;
    notification.signal = SIGUSR1;
    notification.value.sival_int = value;
    notification.sent = &Sent;
    notification.owner = this;
  }
  static void Sent(Notification* notification) {
    ++static_cast<Counted*>(notification->owner)->sent;
  }

  Notification notification;
  std::atomic<int> sent{0};
};

// A function that a notification's thread calls.
class Call {
 public:
  Call() {
    counted.notification.kind = Notification::Kind::kThread;
    counted.notification.function = &Function;
    counted.notification.value.sival_ptr = this;
  }

  // Waits until it has been called; returns how often `sent` had been by then.
  int Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return called_; });
    return sent_before_;
  }

  Counted counted{0};

 private:
  static void Function(sigval value) {
    auto* self = static_cast<Call*>(value.sival_ptr);
    const std::lock_guard lock(self->mutex_);
    EXPECT_FALSE(self->called_);
    self->called_ = true;
    self->sent_before_ = self->counted.sent;
    self->changed_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool called_ = false;
  int sent_before_ = 0;
};

std::vector<int> Values(const std::vector<SentSignal>& signals) {
  std::vector<int> values;
  for (const SentSignal& signal : signals) {
    values.push_back(signal.value.sival_int);
  }
  return values;
}

using Ints = std::vector<int>;

class NotifierTest : public ::testing::Test {
 protected:
  FakePlatform platform_;
  Notifier notifier_{platform_};
};

TEST_F(NotifierTest, NothingIsSentForNone) {
  platform_.CaptureSignals(10);
  Counted nothing(1);
  nothing.notification.kind = Notification::Kind::kNone;
  EXPECT_FALSE(notifier_.Notify(&nothing.notification, kAtOnce));
  EXPECT_EQ(nothing.sent, 1);
  EXPECT_TRUE(platform_.TakeSignals().empty());
  EXPECT_EQ(notifier_.retry_time(), kNever);
}

TEST_F(NotifierTest, SignalIsSentAtOnceWithItsValueToItsThread) {
  platform_.CaptureSignals(10);
  Counted signal(7);
  signal.notification.thread = 4711;
  EXPECT_FALSE(notifier_.Notify(&signal.notification, kAtOnce));
  EXPECT_EQ(signal.sent, 1);
  const std::vector<SentSignal> sent = platform_.TakeSignals();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].signal, SIGUSR1);
  EXPECT_EQ(sent[0].value.sival_int, 7);
  EXPECT_EQ(sent[0].thread, 4711);
  EXPECT_EQ(notifier_.retry_time(), kNever);
}

TEST_F(NotifierTest, FunctionIsCalledInAThreadOfItsOwnAfterAllIsGivenBack) {
  Call call;
  EXPECT_FALSE(notifier_.Notify(&call.counted.notification, kAtOnce));
  EXPECT_EQ(call.Await(), 1);
  EXPECT_EQ(call.counted.sent, 1);
}

TEST_F(NotifierTest, SignalsBeyondTheLimitAreKeptAndSentInOrder) {
  platform_.CaptureSignals(2);
  std::vector<Counted> signals(5);
  for (int i = 0; i < 5; ++i) {
    Counted& signal = signals[static_cast<size_t>(i)];
    signal.Prepare(i);
    EXPECT_EQ(notifier_.Notify(&signal.notification, kAtOnce), i >= 2);
    EXPECT_EQ(signal.sent, i < 2 ? 1 : 0);
  }
  EXPECT_NE(notifier_.retry_time(), kNever);
  EXPECT_EQ(Values(platform_.TakeSignals()), (Ints{0, 1}));
  notifier_.Retry();
  EXPECT_EQ(Values(platform_.TakeSignals()), (Ints{2, 3}));
  EXPECT_NE(notifier_.retry_time(), kNever);
  notifier_.Retry();
  EXPECT_EQ(Values(platform_.TakeSignals()), Ints{4});
  EXPECT_EQ(notifier_.retry_time(), kNever);
  for (const Counted& signal : signals) EXPECT_EQ(signal.sent, 1);
}

TEST_F(NotifierTest, LaterSignalDoesNotOvertakeOneThatIsKept) {
  platform_.CaptureSignals(0);
  Counted kept(1);
  Counted later(2);
  EXPECT_TRUE(notifier_.Notify(&kept.notification, kAtOnce));
  platform_.CaptureSignals(10);
  EXPECT_TRUE(notifier_.Notify(&later.notification, kAtOnce));
  EXPECT_EQ(later.sent, 0);
  notifier_.Retry();
  EXPECT_EQ(Values(platform_.TakeSignals()), (Ints{1, 2}));
}

TEST_F(NotifierTest, RetryInVainLosesNothing) {
  platform_.CaptureSignals(0);
  Counted signal(1);
  EXPECT_TRUE(notifier_.Notify(&signal.notification, kAtOnce));
  for (int i = 0; i < 100; ++i) notifier_.Retry();
  EXPECT_EQ(signal.sent, 0);
  EXPECT_EQ(platform_.refused_signals(), 101U);
  platform_.CaptureSignals(1);
  notifier_.Retry();
  EXPECT_EQ(Values(platform_.TakeSignals()), Ints{1});
  EXPECT_EQ(signal.sent, 1);
}

TEST_F(NotifierTest, FunctionsThatGetNoThreadAreKept) {
  platform_.FailNotificationThreads(true);
  Call calls[3];
  for (Call& call : calls) {
    EXPECT_TRUE(notifier_.Notify(&call.counted.notification, kAtOnce));
  }
  notifier_.Retry();
  for (const Call& call : calls) EXPECT_EQ(call.counted.sent, 0);
  EXPECT_NE(notifier_.retry_time(), kNever);
  platform_.FailNotificationThreads(false);
  notifier_.Retry();
  EXPECT_EQ(notifier_.retry_time(), kNever);
  for (Call& call : calls) EXPECT_EQ(call.Await(), 1);
}

TEST_F(NotifierTest, LackOfSignalsHoldsUpNoFunction) {
  platform_.CaptureSignals(0);
  platform_.FailNotificationThreads(true);
  Counted signal(1);
  Call kept;
  EXPECT_TRUE(notifier_.Notify(&signal.notification, kAtOnce));
  EXPECT_TRUE(notifier_.Notify(&kept.counted.notification, kAtOnce));
  platform_.FailNotificationThreads(false);
  Call later;
  EXPECT_FALSE(notifier_.Notify(&later.counted.notification, kAtOnce));
  EXPECT_EQ(later.Await(), 1);
  notifier_.Retry();
  EXPECT_EQ(kept.Await(), 1);
  EXPECT_EQ(signal.sent, 0);
  platform_.CaptureSignals(1);
  notifier_.Retry();
  EXPECT_EQ(signal.sent, 1);
}

TEST_F(NotifierTest, LackOfThreadsHoldsUpNoSignalOnRetry) {
  platform_.CaptureSignals(0);
  platform_.FailNotificationThreads(true);
  Call call;
  Counted signal(1);
  EXPECT_TRUE(notifier_.Notify(&call.counted.notification, kAtOnce));
  EXPECT_TRUE(notifier_.Notify(&signal.notification, kAtOnce));
  platform_.CaptureSignals(1);
  notifier_.Retry();
  EXPECT_EQ(signal.sent, 1);
  platform_.FailNotificationThreads(false);
  notifier_.Retry();
  EXPECT_EQ(call.Await(), 1);
}

// Threads notify, somebody retries, and room for signals comes and goes.
TEST_F(NotifierTest, ConcurrentNotificationsAreEachSentOnce) {
  constexpr int kThreads = 3;
  constexpr int kEach = 2'000;
  platform_.CaptureSignals(5);
  std::vector<Counted> signals(kThreads * kEach);
  for (Counted& signal : signals) signal.Prepare(1);
  std::atomic<int> notifying{kThreads};
  size_t received = 0;
  RunTogether(kThreads + 1, [&](int thread) {
    if (thread == kThreads) {
      while (notifying.load() != 0 || notifier_.retry_time() != kNever) {
        notifier_.Retry();
        received += platform_.TakeSignals().size();
      }
      return;
    }
    for (int i = 0; i < kEach; ++i) {
      Counted& signal = signals[static_cast<size_t>(thread * kEach + i)];
      static_cast<void>(notifier_.Notify(&signal.notification, kAtOnce));
    }
    --notifying;
  });
  received += platform_.TakeSignals().size();
  EXPECT_EQ(received, signals.size());
  for (const Counted& signal : signals) ASSERT_EQ(signal.sent, 1);
}

// --- With a clock and answers of the test's own

class ScriptedPlatform final : public testing::ForwardingPlatform {
 public:
  MonotonicTime Now() override { return now; }
  int QueueSignal(int /*signal*/, sigval value, pid_t /*thread*/) override {
    queued.push_back(value.sival_int);
    return answer();
  }

  MonotonicTime now = 1'000;
  std::vector<int> queued;
  std::function<int()> answer = [] { return -EAGAIN; };
};

class ScriptedNotifierTest : public ::testing::Test {
 protected:
  ScriptedPlatform platform_;
  Notifier notifier_{platform_};
};

TEST_F(ScriptedNotifierTest, RetriesBackOffWithinATenthOfASecond) {
  Counted signal(1);
  EXPECT_TRUE(notifier_.Notify(&signal.notification, kAtOnce));
  MonotonicTime previous = notifier_.retry_time() - platform_.now;
  EXPECT_GT(previous, 0);
  const MonotonicTime first = previous;
  for (int i = 0; i < 20; ++i) {
    platform_.now = notifier_.retry_time();
    notifier_.Retry();
    const MonotonicTime delay = notifier_.retry_time() - platform_.now;
    EXPECT_GE(delay, previous);
    EXPECT_LE(delay, 100'000'000);
    previous = delay;
  }
  EXPECT_GT(previous, first);
}

TEST_F(ScriptedNotifierTest, SuccessStartsTheBackOffAnew) {
  Counted first(1);
  Counted second(2);
  EXPECT_TRUE(notifier_.Notify(&first.notification, kAtOnce));
  EXPECT_TRUE(notifier_.Notify(&second.notification, kAtOnce));
  const MonotonicTime first_delay = notifier_.retry_time() - platform_.now;
  for (int i = 0; i < 5; ++i) notifier_.Retry();
  EXPECT_GT(notifier_.retry_time() - platform_.now, first_delay);
  int room = 1;
  platform_.answer = [&] { return room-- > 0 ? 0 : -EAGAIN; };
  notifier_.Retry();
  EXPECT_EQ(first.sent, 1);
  EXPECT_EQ(second.sent, 0);
  EXPECT_EQ(notifier_.retry_time() - platform_.now, first_delay);
}

TEST_F(ScriptedNotifierTest, KeptNotificationsDoNotPutOffTheRetry) {
  Counted first(1);
  EXPECT_TRUE(notifier_.Notify(&first.notification, kAtOnce));
  const MonotonicTime due = notifier_.retry_time();
  platform_.now = due - 1;
  Counted second(2);
  EXPECT_TRUE(notifier_.Notify(&second.notification, kAtOnce));
  EXPECT_EQ(notifier_.retry_time(), due);
}

TEST_F(ScriptedNotifierTest, FullQueueIsAskedOnceForEachRetry) {
  Counted signals[] = {Counted(1), Counted(2), Counted(3)};
  for (Counted& signal : signals) {
    EXPECT_TRUE(notifier_.Notify(&signal.notification, kAtOnce));
  }
  platform_.queued.clear();
  notifier_.Retry();
  EXPECT_EQ(platform_.queued, Ints{1});
}

// Room comes for one at a time.
TEST_F(ScriptedNotifierTest, NumbersThatMustWaitTakeTurns) {
  std::vector<Counted> signals(6);
  for (int i = 0; i < 6; ++i) {
    Counted& signal = signals[static_cast<size_t>(i)];
    signal.Prepare(i);
    signal.notification.signal = SIGRTMIN + i % 3;
    EXPECT_TRUE(notifier_.Notify(&signal.notification, kAtOnce));
  }
  Ints sent;
  while (notifier_.retry_time() != kNever) {
    platform_.answer = [&, room = 1]() mutable {
      if (room-- <= 0) return -EAGAIN;
      sent.push_back(platform_.queued.back());
      return 0;
    };
    notifier_.Retry();
  }
  // Each number has its turn before any has its second, and in its own order.
  EXPECT_EQ((std::set<int>{sent[0], sent[1], sent[2]}),
            (std::set<int>{0, 1, 2}));
  EXPECT_EQ(sent.size(), 6U);
  for (const Counted& signal : signals) EXPECT_EQ(signal.sent, 1);
}

TEST_F(ScriptedNotifierTest, KeptSignalHoldsUpItsOwnNumberAlone) {
  Counted kept(1);
  kept.notification.signal = SIGRTMIN;
  EXPECT_TRUE(notifier_.Notify(&kept.notification, kAtOnce));
  platform_.answer = [] { return 0; };
  Counted same(2);
  same.notification.signal = SIGRTMIN;
  EXPECT_TRUE(notifier_.Notify(&same.notification, kAtOnce));
  Counted other(3);
  EXPECT_FALSE(notifier_.Notify(&other.notification, kAtOnce));
  EXPECT_EQ(platform_.queued, (Ints{1, 3}));
  notifier_.Retry();
  EXPECT_EQ(platform_.queued, (Ints{1, 3, 1, 2}));
}

// There is nobody left to tell.
TEST_F(ScriptedNotifierTest, SignalToAThreadThatIsGoneCountsAsSent) {
  platform_.answer = [] { return -ESRCH; };
  Counted signal(1);
  EXPECT_FALSE(notifier_.Notify(&signal.notification, kAtOnce));
  EXPECT_EQ(signal.sent, 1);
  EXPECT_EQ(notifier_.retry_time(), kNever);
}

TEST_F(ScriptedNotifierTest, SignalThatComesDuringARetryGoesBehindTheKept) {
  Counted first(1);
  Counted second(2);
  Counted late(3);
  EXPECT_TRUE(notifier_.Notify(&first.notification, kAtOnce));
  EXPECT_TRUE(notifier_.Notify(&second.notification, kAtOnce));
  platform_.queued.clear();
  bool notified = false;
  platform_.answer = [&] {
    if (!notified) {
      notified = true;
      EXPECT_TRUE(notifier_.Notify(&late.notification, kAtOnce));
    }
    return 0;
  };
  while (notifier_.retry_time() != kNever) notifier_.Retry();
  EXPECT_EQ(platform_.queued, (Ints{1, 2, 3}));
  EXPECT_EQ(late.sent, 1);
}

}  // namespace
}  // namespace aioemul
