// Notification by a signal below SIGRTMIN, of which the system keeps one at a
// time (contract G1).  What POSIX promises then: a signal is pending after
// each completion, until it is taken.

#include <aio.h>
#include <signal.h>
#include <sys/resource.h>

#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/notifications/own_process.h"
#include "tests/notifications/waited_signals.h"

namespace aioemul::testing {
namespace {

class StandardSignalTest : public ::testing::Test {
 protected:
  // A write that notifies with `value`.
  aiocb NotifyingWrite(int value) {
    aiocb block = WriteBlock(file_.fd(), "hello");
    block.aio_sigevent = SignalEvent(SIGUSR2, value);
    return block;
  }

  const TempFile file_;
  Options options_;
};

// It needs no room of its own; only what it says does.  The first test, since
// those below leave workers that are ending.
TEST_F(StandardSignalTest, ArrivesWhateverTheLimitOnPendingSignals) {
  InOwnProcess([&] {
    const WaitedSignal signal(SIGUSR2);
    SetLimit(RLIMIT_SIGPENDING, 0);
    {
      Engine engine(options_, SystemPlatform());
      for (int i = 0; i < 1000; ++i) {
        aiocb block = NotifyingWrite(i);
        ASSERT_EQ(engine.Write(&block), 0);
        ASSERT_EQ(signal.Take().si_signo, SIGUSR2);
        ASSERT_EQ(Await(engine, block), Success(5));
      }
    }
    EXPECT_FALSE(signal.IsPending());
  });
}

TEST_F(StandardSignalTest, ArrivesOnceForEachThatIsTakenInTime) {
  const WaitedSignal signal(SIGUSR2);
  {
    Engine engine(options_, SystemPlatform());
    for (int i = 0; i < 1000; ++i) {
      aiocb block = NotifyingWrite(i);
      ASSERT_EQ(engine.Write(&block), 0);
      ASSERT_EQ(signal.TakeValue(), i);
      ASSERT_EQ(Await(engine, block), Success(5));
    }
  }
  EXPECT_FALSE(signal.IsPending());
}

TEST_F(StandardSignalTest, IsOneWithThoseThatArePending) {
  constexpr int kRequests = 1000;
  const WaitedSignal signal(SIGUSR2);
  std::vector<aiocb> blocks;
  for (int i = 0; i < kRequests; ++i) blocks.push_back(NotifyingWrite(i));
  {
    Engine engine(options_, SystemPlatform());
    for (aiocb& block : blocks) ASSERT_EQ(engine.Write(&block), 0);
    for (aiocb& block : blocks) ASSERT_EQ(Await(engine, block), Success(5));
  }
  const int value = signal.TakeValue();
  EXPECT_GE(value, 0);
  EXPECT_LT(value, kRequests);
  EXPECT_FALSE(signal.IsPending());
}

}  // namespace
}  // namespace aioemul::testing
