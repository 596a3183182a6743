// Notification by thread when no thread can be had for a while: every function
// is called, once, and nothing else is held up (contract G2).

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/notifications/own_process.h"
#include "tests/notifications/waited_signals.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

// What one request's function leaves.
struct Call {
  Gate* gate = nullptr;
  std::atomic<int> times{0};
};

class ThreadShortageTest : public ::testing::Test {
 protected:
  static constexpr size_t kBytes = 5;

  // A worker once there stays.
  ThreadShortageTest() { options_.idle_time.value = 1'000'000; }

  void Submit(Engine& engine, void (*function)(sigval),
              const pthread_attr_t* attributes = nullptr) {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      calls_[i].gate = &gate_;
      blocks_[i] = WriteBlock(file_.fd(), "hello");
      blocks_[i].aio_sigevent = ThreadEvent(function, &calls_[i]);
      blocks_[i].aio_sigevent.sigev_notify_attributes =
          const_cast<pthread_attr_t*>(attributes);
      ASSERT_EQ(engine.Write(&blocks_[i]), 0);
    }
  }

  void ExpectWritten(Engine& engine) {
    for (aiocb& block : blocks_) {
      ASSERT_EQ(Await(engine, block), Success(kBytes));
    }
  }

  void ExpectEachCalled(int times) const {
    for (const Call& call : calls_) ASSERT_EQ(call.times, times);
  }

  // What needs no thread of its own is not held up.
  void ExpectTheRestGoesOn(Engine& engine, const WaitedSignal& signal) {
    for (int i = 0; i < 100; ++i) {
      aiocb block = WriteBlock(file_.fd(), "hello");
      block.aio_sigevent = SignalEvent(SIGRTMIN, i);
      ASSERT_EQ(engine.Write(&block), 0);
      ASSERT_EQ(signal.TakeValue(), i);
      ASSERT_EQ(Await(engine, block), Success(kBytes));
    }
  }

  static void CountCall(sigval value) {
    auto* call = static_cast<Call*>(value.sival_ptr);
    ++call->times;
    call->gate->Open();
  }

  // Made by the parent: a child may have no right to.
  const TempFile file_;
  Options options_;
  Gate gate_;
  std::array<Call, 1000> calls_;
  std::vector<aiocb> blocks_{calls_.size()};
};

// The system's own limit.
TEST_F(ThreadShortageTest, DelaysFunctionsUntilItIsOver) {
  InOwnProcess([&] {
    options_.threads.value = 1;
    const WaitedSignal signal(SIGRTMIN);
    {
      Engine engine(options_, SystemPlatform());
      ExpectTheRestGoesOn(engine, signal);  // has started the worker
      SetLimit(RLIMIT_NPROC, 1);
      Submit(engine, &CountCall);
      ExpectWritten(engine);
      ExpectTheRestGoesOn(engine, signal);
      ExpectEachCalled(0);
      SetLimit(RLIMIT_NPROC, 100);
      gate_.Await(static_cast<int>(calls_.size()));
    }
    ExpectEachCalled(1);
  });
}

// Functions that hold all threads there may be, until they are let go one by
// one: each makes room for another.
TEST_F(ThreadShortageTest, IsOverWheneverAFunctionEnds) {
  InOwnProcess([&] {
    static Gate may_end;
    options_.threads.value = 1;
    const WaitedSignal signal(SIGRTMIN);
    {
      Engine engine(options_, SystemPlatform());
      ExpectTheRestGoesOn(engine, signal);
      SetLimit(RLIMIT_NPROC, 12);
      Submit(engine, [](sigval value) {
        CountCall(value);
        may_end.Await();
      });
      ExpectWritten(engine);
      ExpectTheRestGoesOn(engine, signal);
      for (size_t i = 0; i < calls_.size(); ++i) {
        gate_.Await();
        may_end.Open();
      }
    }
    ExpectEachCalled(1);
  });
}

// Refuses most threads, in no order, and checks the attributes of all.
class MiserlyPlatform final : public ForwardingPlatform {
 public:
  explicit MiserlyPlatform(const pthread_attr_t* attributes)
      : attributes_(attributes) {}

  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override {
    EXPECT_EQ(attributes, attributes_);
    // Never for long: the same number comes back after at most 2^32 others,
    // and a quarter of them are let through.
    const uint32_t mixed = ++asked_ * 2654435761U;
    if (mixed % 4 != 0) return -EAGAIN;
    return ForwardingPlatform::StartNotification(start, attributes);
  }

  uint32_t asked() const { return asked_; }

 private:
  const pthread_attr_t* const attributes_;
  std::atomic<uint32_t> asked_{0};
};

TEST_F(ThreadShortageTest, NowAndThenLosesAndRepeatsNothing) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, size_t{128} * 1024), 0);
  MiserlyPlatform platform(&attributes);
  const WaitedSignal signal(SIGRTMIN);
  {
    Engine engine(options_, platform);
    Submit(engine, &CountCall, &attributes);
    ExpectWritten(engine);
    ExpectTheRestGoesOn(engine, signal);
    gate_.Await(static_cast<int>(calls_.size()));
  }
  ExpectEachCalled(1);
  EXPECT_GT(platform.asked(), calls_.size());
  pthread_attr_destroy(&attributes);
}

}  // namespace
}  // namespace aioemul::testing
