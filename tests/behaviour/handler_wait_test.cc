// aio_suspend from a handler that has interrupted a submission (contract C3).

#include <aio.h>
#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <string>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/behaviour/signal_catcher.h"

namespace aioemul::testing {
namespace {

class HandlerWaitTest : public EngineTest {
 protected:
  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
};

// C3: the request waited for can complete although the handler has interrupted
// a submission on the same descriptor.
TEST_F(HandlerWaitTest, MayWaitForARequestAmidASubmission) {
  Engine& engine = this->engine();
  platform.HoldTransfers();
  aiocb waited_for = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine.Read(&waited_for), 0);
  platform.AwaitHeld(1);

  std::atomic<int> result{1};
  const SignalCatcher catcher(0, [&] {
    const aiocb* const list[] = {&waited_for};
    result = engine.Suspend(list, 1, nullptr);
  });
  std::atomic<bool> raised{false};
  const pthread_t submitter = pthread_self();
  platform.OnResource([&] {
    if (!pthread_equal(pthread_self(), submitter)) return;
    if (raised.exchange(true)) return;
    // Held no longer, so that it completes while the handler waits.
    platform.ReleaseAll();
    raise(SIGUSR1);
  });
  std::string other(5, ' ');
  aiocb block = ReadBlock(file_.fd(), other);
  block.aio_reqprio = 1;  // needs memory
  EXPECT_EQ(engine.Read(&block), 0);
  platform.OnResource(nullptr);
  EXPECT_TRUE(raised);
  EXPECT_EQ(SignalCatcher::caught(), 1);
  EXPECT_EQ(result, 0);
  EXPECT_EQ(Await(block), Success(5));
  EXPECT_EQ(Take(waited_for), Success(5));
}

}  // namespace
}  // namespace aioemul::testing
