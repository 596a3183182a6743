// Notification by real-time signals when the system has no room for them: its
// limit on pending signals is reached again and again, or is 0 (contract G1).

#include <aio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <thread>
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

constexpr rlim_t kRoomy = 1000;

class PendingLimitTest : public ::testing::Test {
 protected:
  // All by one worker, in their order.
  PendingLimitTest() { options_.inline_bytes.value = 0; }

  // Submits `count` reads that notify with their number.
  std::vector<aiocb> ReadMany(Engine& engine, int count) {
    buffers_.assign(static_cast<size_t>(count) * kBytes, '.');
    std::vector<aiocb> blocks(static_cast<size_t>(count));
    for (size_t i = 0; i < blocks.size(); ++i) {
      blocks[i] = ReadBlock(file_.fd(), &buffers_[i * kBytes], kBytes);
      blocks[i].aio_sigevent = SignalEvent(SIGRTMIN, static_cast<int>(i));
      EXPECT_EQ(engine.Read(&blocks[i]), 0);
    }
    return blocks;
  }

  // Waits for all, and expects that each was read: nobody takes a signal
  // meanwhile.
  void ExpectRead(Engine& engine, std::vector<aiocb>& blocks) {
    for (aiocb& block : blocks)
      ASSERT_EQ(Await(engine, block), Success(kBytes));
    for (size_t i = 0; i < buffers_.size(); i += kBytes) {
      ASSERT_EQ(buffers_.compare(i, kBytes, "hello"), 0);
    }
  }

  // What needs no signal is not held up.
  void ExpectTheRestGoesOn(Engine& engine) {
    std::string buffer(kBytes, '.');
    aiocb plain = ReadBlock(file_.fd(), buffer);
    EXPECT_EQ(engine.Read(&plain), 0);
    EXPECT_EQ(Await(engine, plain), Success(kBytes));
    Gate gate;
    aiocb other = WriteBlock(file_.fd(), "hello");
    other.aio_sigevent = ThreadEvent(
        [](sigval value) { static_cast<Gate*>(value.sival_ptr)->Open(); },
        &gate);
    EXPECT_EQ(engine.Write(&other), 0);
    gate.Await();
    EXPECT_EQ(Await(engine, other), Success(kBytes));
  }

  static constexpr size_t kBytes = 5;
  // Made by the parent: the child may have no right to.
  const TempFile file_{"hello world"};
  std::string buffers_;
  Options options_;
};

// One worker completes requests in call order, so that is their order.
TEST_F(PendingLimitTest, OfNoneKeepsAllUntilItIsRaised) {
  InOwnProcess([&] {
    constexpr int kRequests = 100'000;
    options_.threads.value = 1;
    const WaitedSignal signal(SIGRTMIN);
    SetLimit(RLIMIT_SIGPENDING, 0);
    Engine engine(options_, SystemPlatform());
    std::vector<aiocb> blocks = ReadMany(engine, kRequests);
    ExpectRead(engine, blocks);
    ExpectTheRestGoesOn(engine);
    EXPECT_FALSE(signal.IsPending());
    // Complete blocks are the caller's, also while their signals are kept.
    memset(blocks.data(), 0xFF, blocks.size() * sizeof(aiocb));
    SetLimit(RLIMIT_SIGPENDING, kRoomy);
    for (int i = 0; i < kRequests; ++i) ASSERT_EQ(signal.TakeValue(), i);
    const auto* bytes = reinterpret_cast<const unsigned char*>(blocks.data());
    EXPECT_TRUE(std::all_of(bytes, bytes + blocks.size() * sizeof(aiocb),
                            [](unsigned char byte) { return byte == 0xFF; }));
  });
}

// A limit that is reached all the time, the signals being taken while more
// requests complete.
class SmallLimitTest : public PendingLimitTest {
 protected:
  void TakeAllInOrder(rlim_t limit, int requests) {
    options_.threads.value = 1;
    const WaitedSignal signal(SIGRTMIN);
    SetLimit(RLIMIT_SIGPENDING, limit);
    Engine engine(options_, SystemPlatform());
    std::vector<aiocb> first = ReadMany(engine, requests / 2);
    ExpectRead(engine, first);
    ExpectTheRestGoesOn(engine);
    for (int i = 0; i < requests / 4; ++i) ASSERT_EQ(signal.TakeValue(), i);
    std::vector<aiocb> second = ReadMany(engine, requests / 2);
    for (int i = requests / 4; i < requests / 2; ++i) {
      ASSERT_EQ(signal.TakeValue(), i);
    }
    for (int i = 0; i < requests / 2; ++i) ASSERT_EQ(signal.TakeValue(), i);
    ExpectRead(engine, second);
  }
};

TEST_F(SmallLimitTest, OfOneDeliversEachOnceInOrder) {
  InOwnProcess([&] { TakeAllInOrder(1, 4'000); });
}

TEST_F(SmallLimitTest, OfSixteenDeliversEachOnceInOrder) {
  InOwnProcess([&] { TakeAllInOrder(16, 100'000); });
}

// Many workers send and keep at once: in no order, but each once.
TEST_F(SmallLimitTest, OfSixteenLosesNothingOfManyWorkers) {
  InOwnProcess([&] {
    constexpr size_t kRequests = 20'000;
    options_.threads.value = 8;
    const WaitedSignal signal(SIGRTMIN);
    SetLimit(RLIMIT_SIGPENDING, 16);
    Engine engine(options_, SystemPlatform());
    std::vector<aiocb> blocks = ReadMany(engine, kRequests);
    std::vector<int> taken(kRequests);
    for (size_t i = 0; i < kRequests; ++i) {
      ++taken.at(static_cast<size_t>(signal.TakeValue()));
    }
    EXPECT_EQ(taken, std::vector<int>(kRequests, 1));
    ExpectRead(engine, blocks);
  });
}

// G1: what must wait holds up no signal of another kind.  Standard signals are
// never refused.
TEST_F(PendingLimitTest, OfNoneHoldsUpNoStandardSignal) {
  InOwnProcess([&] {
    const WaitedSignal kept(SIGRTMIN);
    const WaitedSignal standard(SIGUSR1);
    SetLimit(RLIMIT_SIGPENDING, 0);
    Engine engine(options_, SystemPlatform());
    std::vector<aiocb> blocks = ReadMany(engine, 1);
    ExpectRead(engine, blocks);
    aiocb other = WriteBlock(file_.fd(), "hello");
    other.aio_sigevent = SignalEvent(SIGUSR1, 2);
    ASSERT_EQ(engine.Write(&other), 0);
    standard.Take();
    EXPECT_EQ(Await(engine, other), Success(kBytes));
    SetLimit(RLIMIT_SIGPENDING, kRoomy);
    EXPECT_EQ(kept.TakeValue(), 0);
  });
}

// G3: what is kept for a thread that has ended is dropped, and holds up
// nothing that comes after it.
TEST_F(PendingLimitTest, KeepsNothingForAThreadThatHasEnded) {
  InOwnProcess([&] {
    options_.threads.value = 1;
    const WaitedSignal signal(SIGRTMIN);
    SetLimit(RLIMIT_SIGPENDING, 0);
    Engine engine(options_, SystemPlatform());
    std::vector<aiocb> blocks(10, WriteBlock(file_.fd(), "hello"));
    std::thread([&] {
      for (aiocb& block : blocks) {
        block.aio_sigevent = SignalEvent(SIGRTMIN, 1);
        block.aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
        block.aio_sigevent._sigev_un._tid =
            static_cast<pid_t>(syscall(SYS_gettid));
        ASSERT_EQ(engine.Write(&block), 0);
        ASSERT_EQ(Await(engine, block), Success(5));
      }
    }).join();
    aiocb last = WriteBlock(file_.fd(), "hello");
    last.aio_sigevent = SignalEvent(SIGRTMIN, 2);
    ASSERT_EQ(engine.Write(&last), 0);
    SetLimit(RLIMIT_SIGPENDING, kRoomy);
    EXPECT_EQ(signal.TakeValue(), 2);
    EXPECT_EQ(Await(engine, last), Success(5));
  });
}

}  // namespace
}  // namespace aioemul::testing
