// A handler that forks amid a closing (contract H1, H2): the child's number is
// free for use, although nobody there ends the closing for it, or what it
// waited for.

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <string>

#include "aio/aio.h"
#include "emul/closing.h"
#include "emul/process.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/signal_catcher.h"
#include "tests/fork/calls.h"
#include "tests/fork/child.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

TEST(ClosingForkTest, AHandlerThatForksAmidTheCloseLeavesTheNumberUsable) {
  const TempFile used;
  ASSERT_TRUE(WritesAndReads(used.fd(), "before"));
  const TempFile unused;
  for (const TempFile* file : {&used, &unused}) {
    for (const int more : {0, 1}) {
      pid_t forked = -1;
      const SignalCatcher catcher(0, [&] { forked = fork(); });
      DescriptorClosing closing(ProcessEngineSlot(), file->fd(),
                                file->fd() + more);
      CloseBetween(closing, [] { return raise(SIGUSR1); });
      if (forked == 0) {
        CHILD_CHECK(WritesAndReads(file->fd(), "child"));
        _exit(0);
      }
      EXPECT_EQ(VerdictOf(forked), "ok");
      EXPECT_TRUE(WritesAndReads(file->fd(), "parent"));
    }
  }
}

// Between what Begin does and what it looked at before.
TEST(ClosingForkTest, AForkBeforeTheNumberIsEnteredLeavesItUsable) {
  const TempFile file;
  DescriptorClosing closing(ProcessEngineSlot(), file.fd());
  EXPECT_EQ(InChild([&] {
              CHILD_CHECK(CloseBetween(closing, [] { return 0; }) == 0);
              CHILD_CHECK(WritesAndReads(file.fd(), "child"));
            }),
            "ok");
}

// The engine is made after the closing was thought of and before it begins.
TEST(ClosingForkTest, TheSuccessorsRequestsAreSeen) {
  const Channel pipe = Channel::Pipe();
  EXPECT_EQ(InChild([&] {
              DescriptorClosing closing(ProcessEngineSlot(), pipe.first());
              std::string buffer = "....";
              aiocb block = BlockFor(pipe.first(), buffer);
              CHILD_CHECK(aioemul_read(&block) == 0);
              CHILD_CHECK(CloseBetween(closing, [] { return 0; }) == 0);
              CHILD_CHECK(aioemul_error(&block) == ECANCELED);
            }),
            "ok");
}

// A transfer that cannot end: the child does not wait for it.
TEST(ClosingForkTest, TheChildDoesNotWaitForTheParentsTransfers) {
  // Through an engine of its own, since it holds the transfer.
  static std::atomic<int> held{0};
  static std::atomic<bool> go_on{false};
  class Holding final : public ForwardingPlatform {
   public:
    ssize_t ReadAt(int /*fd*/, void* /*buffer*/, size_t /*count*/,
                   off_t /*offset*/) override {
      ++held;
      while (!go_on) sched_yield();
      return 0;
    }
    ssize_t ReadCached(int /*fd*/, void* /*buffer*/, size_t /*count*/,
                       off_t /*offset*/) override {
      return -EOPNOTSUPP;
    }
    // The closer is about to sleep: the handler comes now.
    int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
             MonotonicTime deadline) override {
      if (deadline == kNever && !interrupted_.exchange(true)) raise(SIGUSR1);
      return ForwardingPlatform::Wait(word, expected, deadline);
    }

   private:
    std::atomic<bool> interrupted_{false};
  };
  static Holding platform;
  static Engine engine(Options(), platform);
  const TempFile file("hello");
  std::string buffer = ".....";
  aiocb block = BlockFor(file.fd(), buffer);
  ASSERT_EQ(engine.Read(&block), 0);
  while (held == 0) sched_yield();
  pid_t forked = -1;
  const SignalCatcher catcher(0, [&] {
    forked = fork();
    // As the engine behind the C interface is.
    if (forked == 0) {
      engine.Abandon();
    } else {
      go_on = true;
    }
  });
  const std::atomic<Engine*> slot{&engine};
  DescriptorClosing closing(slot, file.fd());
  CloseBetween(closing, [] { return 0; });
  if (forked == 0) _exit(0);
  EXPECT_EQ(VerdictOf(forked), "ok");
  while (engine.Error(&block) == EINPROGRESS) sched_yield();
  EXPECT_EQ(engine.Error(&block), 0);
}

}  // namespace
}  // namespace aioemul::testing
