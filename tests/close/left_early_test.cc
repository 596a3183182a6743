// Closings that end in an odd way, by cancellation or amid a fork, leave the
// number usable (contract H2, H1).

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>

#include "emul/closing.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/behaviour/signal_catcher.h"
#include "tests/close/closer.h"

namespace aioemul::testing {
namespace {

class LeftEarlyTest : public EngineTest {
 protected:
  LeftEarlyTest() { options.threads.value = 1; }

  void ExpectUsable() {
    aiocb block = ReadBlock(file_.fd(), buffer_);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Success(5));
    EXPECT_EQ(buffer_, "hello");
  }

  const TempFile file_{"hello"};
  std::string buffer_ = ".....";
};

// On a number without a queue, on one with a queue, and in a range.
TEST_F(LeftEarlyTest, ACancelledThreadLeavesTheNumberUsable) {
  const int fd = file_.fd();
  for (const int last : {fd, fd, fd + 1}) {
    Gate never;
    std::atomic<bool> reached{false};
    std::thread thread([&] {
      const std::atomic<Engine*> slot{&engine()};
      DescriptorClosing closing(slot, fd, last);
      CloseBetween(closing, [&] {
        reached = true;
        never.Await();
        return 0;
      });
    });
    AwaitThat([&] { return reached.load(); });
    pthread_cancel(thread.native_handle());
    thread.join();
    ExpectUsable();
  }
}

// aio_suspend sleeps with asynchronous cancellation on, and a handler may come
// there; yet a thread that is cancelled while it closes is so only by the call
// that closes.
TEST_F(LeftEarlyTest, ACloserInAHandlerAmidAioSuspendIsNotCancelledAsItWaits) {
  const Channel pipe = Channel::Pipe();
  std::string never = "....";
  aiocb endless = ReadBlock(pipe.first(), never);
  ASSERT_EQ(engine().Read(&endless), 0);
  platform.HoldTransfers();
  aiocb running = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&running), 0);
  platform.AwaitHeld(1);

  const std::atomic<Engine*> slot{&engine()};
  std::atomic<bool> begun{false};
  std::atomic<bool> closed{false};
  const SignalCatcher catcher(0, [&] {
    if (begun.exchange(true)) return;
    DescriptorClosing closing(slot, file_.fd());
    CloseBetween(closing, [&] {
      closed = true;
      return 0;
    });
  });
  std::thread thread([&] {
    const aiocb* const list[] = {&endless};
    engine().Suspend(list, 1, nullptr);
  });
  platform.AwaitSuspended(1);
  // Again and again: ThreadSanitizer may put one off until the sleep is over.
  do {
    pthread_kill(thread.native_handle(), SIGUSR1);
    sched_yield();
  } while (!begun);
  platform.AwaitSleepers(1);
  pthread_cancel(thread.native_handle());
  platform.ReleaseAll();
  thread.join();
  EXPECT_TRUE(closed);
  EXPECT_EQ(Await(running), Success(5));
  ExpectUsable();
  EXPECT_EQ(engine().Cancel(pipe.first(), nullptr), AIO_CANCELED);
  platform.AwaitSuspended(0);
}

}  // namespace
}  // namespace aioemul::testing
