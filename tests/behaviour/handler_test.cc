// Signals and handlers around the calls (contract C3, D3, F3).

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/behaviour/signal_catcher.h"

namespace aioemul::testing {
namespace {

constexpr timespec kPoll = {0, 0};

class HandlerTest : public EngineTest {
 protected:
  // Runs `call` on a thread and sends that thread signals until it returns: one
  // that comes before it sleeps is caught in vain.
  static int Interrupt(const std::function<int()>& call) {
    std::atomic<bool> returned{false};
    int result = 0;
    std::thread thread([&] {
      result = call();
      returned = true;
    });
    while (!returned) {
      pthread_kill(thread.native_handle(), SIGUSR1);
      sched_yield();
    }
    thread.join();
    return result;
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
};

// D3
TEST_F(HandlerTest, ACaughtSignalEndsASuspend) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  for (const int flags : {0, SA_RESTART}) {
    const SignalCatcher catcher(flags, [] {});
    constexpr timespec kLong = {3600, 0};
    for (const timespec* timeout :
         {static_cast<const timespec*>(nullptr), &kLong}) {
      EXPECT_EQ(Interrupt([&] {
                  const aiocb* const list[] = {&block};
                  return engine().Suspend(list, 1, timeout);
                }),
                -EINTR);
    }
    EXPECT_GT(SignalCatcher::caught(), 0);
  }
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
}

// F3
TEST_F(HandlerTest, ACaughtSignalEndsALioWaitAndTheRequestsGoOn) {
  for (const int flags : {0, SA_RESTART}) {
    const SignalCatcher catcher(flags, [] {});
    platform.HoldTransfers();
    std::array<aiocb, 2> blocks;
    blocks.fill(WriteBlock(file_.fd(), "hello"));
    EXPECT_EQ(Interrupt([&] {
                aiocb* const list[] = {&blocks[0], &blocks[1]};
                return engine().List(LIO_WAIT, list, 2, nullptr);
              }),
              -EINTR);
    for (const aiocb& block : blocks) EXPECT_EQ(ErrorOf(block), EINPROGRESS);
    platform.ReleaseAll();
    for (aiocb& block : blocks) EXPECT_EQ(Await(block), Success(5));
  }
}

// C3: whatever the handler interrupted.
TEST_F(HandlerTest, MayAskAboutRequestsAtAnyMoment) {
  Engine engine(options, SystemPlatform());
  const Channel pipe = Channel::Pipe();
  std::string pipe_buffer(4, ' ');
  aiocb waiting = ReadBlock(pipe.first(), pipe_buffer);
  aiocb complete = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine.Read(&waiting), 0);
  ASSERT_EQ(engine.Read(&complete), 0);
  AwaitThat([&] { return engine.Error(&complete) != EINPROGRESS; });

  std::atomic<int> wrong{0};
  const SignalCatcher catcher(SA_RESTART, [&] {
    const aiocb* const one[] = {&waiting};
    const aiocb* const both[] = {&waiting, &complete};
    ssize_t result = 0;
    int status = 0;
    wrong += engine.Error(&waiting) != EINPROGRESS ? 1 : 0;
    wrong += engine.Error(&complete) != 0 ? 1 : 0;
    wrong += engine.Return(&waiting, &result, &status) != -EINPROGRESS ? 1 : 0;
    wrong += engine.Suspend(one, 1, &kPoll) != -EAGAIN ? 1 : 0;
    wrong += engine.Suspend(both, 2, nullptr) != 0 ? 1 : 0;
  });
  std::atomic<bool> stop{false};
  std::thread caller([&] {
    while (!stop) {
      std::array<char, 5> bytes;
      aiocb block = ReadBlock(file_.fd(), bytes.data(), bytes.size());
      ASSERT_EQ(engine.Read(&block), 0);
      engine.Cancel(file_.fd(), &block);
      testing::Await(engine, block);
      aiocb* const list[] = {&block};
      engine.List(LIO_WAIT, list, 1, nullptr);
      testing::Await(engine, block);
    }
  });
  while (SignalCatcher::caught() < 2000) {
    pthread_kill(caller.native_handle(), SIGUSR1);
    sched_yield();
  }
  stop = true;
  caller.join();
  EXPECT_EQ(wrong, 0);
  ASSERT_EQ(write(pipe.second(), "text", 4), 4);
  EXPECT_EQ(testing::Await(engine, waiting), Success(4));
}

}  // namespace
}  // namespace aioemul::testing
