// Reads of what is in memory are made by the caller, and give what any other
// read gives (contract A1, A8, A10, C2, C3, C4, F2, F3, G1, G2, G4).

#include "tests/behaviour/caller_reads.h"

#include <aio.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/behaviour/signal_catcher.h"

namespace aioemul::testing {
namespace {

constexpr timespec kPoll = {0, 0};

// --- A1, A8: complete when the call returns

TEST_F(CallerReadsTest, IsCompleteWithoutAnyWorker) {
  aiocb block = ReadBlock(file_.fd(), buffer_, 6);
  ExpectAtOnce(block);
  EXPECT_EQ(buffer_, "world");
  EXPECT_EQ(engine().thread_count(), 0);
  EXPECT_EQ(tries().size(), 1U);
}

// A10: signal 0 of a zeroed block is nothing.
TEST_F(CallerReadsTest, IsSoForAZeroedEventToo) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = {};
  ExpectAtOnce(block);
  EXPECT_EQ(engine().thread_count(), 0);
}

// C2, C4: as any result.
TEST_F(CallerReadsTest, IsTakenOnceAndTheBlockUsedAgain) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ExpectAtOnce(block);
  ssize_t result = 0;
  int status = 0;
  EXPECT_EQ(engine().Return(&block, &result, &status), -EINVAL);
  ASSERT_EQ(engine().Read(&block), 0);
  const aiocb* const list[] = {&block};
  EXPECT_EQ(engine().Suspend(list, 1, nullptr), 0);
  EXPECT_EQ(engine().Cancel(file_.fd(), &block), AIO_ALLDONE);
  ExpectAtOnce(block);
}

TEST_F(CallerReadsTest, GivesTheShortCountAtTheEndOfTheFile) {
  answer_ = [](const TransferCall& call) -> std::optional<ssize_t> {
    return call.offset == 7 ? FromMemory(call) : 0;
  };
  aiocb block = ReadBlock(file_.fd(), buffer_, 7);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Take(block), Success(4));
  EXPECT_EQ(buffer_, "orld.");
  // It has made sure that nothing follows.
  ASSERT_EQ(tries().size(), 2U);
  EXPECT_EQ(tries()[1].buffer, &buffer_[4]);
  EXPECT_EQ(tries()[1].count, 1U);
  EXPECT_EQ(tries()[1].offset, 11);
  EXPECT_FALSE(WasQueued());
}

TEST_F(CallerReadsTest, GivesNothingAtTheEndOfTheFile) {
  aiocb block = ReadBlock(file_.fd(), buffer_, 11);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Take(block), Success(0));
  EXPECT_FALSE(WasQueued());
}

// --- G1, G2, G4: each notification once

TEST_F(CallerReadsTest, SendsItsSignalOnce) {
  platform.CaptureSignals(10);
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = SignalEvent(SIGRTMIN, 17);
  ExpectAtOnce(block);
  const std::vector<SentSignal> signals = platform.TakeSignals();
  ASSERT_EQ(signals.size(), 1U);
  EXPECT_EQ(signals[0].signal, SIGRTMIN);
  EXPECT_EQ(signals[0].value.sival_int, 17);
  RestartEngine();
  EXPECT_TRUE(platform.TakeSignals().empty());
}

struct Called {
  Called(Engine* used, const aiocb* submitted)
      : engine(used), block(submitted) {}

  Engine* const engine;
  const aiocb* const block;
  std::atomic<int> times{0};
  std::atomic<int> error{-1};
  Gate gate;

  static void Call(sigval value) {
    auto* self = static_cast<Called*>(value.sival_ptr);
    ++self->times;
    self->error = self->engine->Error(self->block);
    self->gate.Open();
  }
};

TEST_F(CallerReadsTest, CallsItsFunctionOnce) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  Called called(&engine(), &block);
  block.aio_sigevent = ThreadEvent(&Called::Call, &called);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(ErrorOf(block), 0);
  called.gate.Await();
  EXPECT_EQ(called.error, 0);
  EXPECT_FALSE(WasQueued());
  RestartEngine();
  EXPECT_EQ(called.times, 1);
}

// F2, F3
TEST_F(CallerReadsTest, ListOfSuchReadsIsDoneWhenTheCallReturns) {
  platform.CaptureSignals(10);
  for (const int mode : {LIO_WAIT, LIO_NOWAIT}) {
    std::array<std::string, 3> buffers = {".....", ".....", "....."};
    std::array<aiocb, 3> blocks;
    aiocb* list[3];
    for (size_t i = 0; i < 3; ++i) {
      blocks[i] = ReadBlock(file_.fd(), buffers[i], static_cast<off_t>(i));
      list[i] = &blocks[i];
    }
    blocks[1].aio_sigevent = SignalEvent(SIGRTMIN, 1);
    const sigevent event = SignalEvent(SIGRTMIN, 100);
    EXPECT_EQ(engine().List(mode, list, 3, &event), 0);
    for (aiocb& block : blocks) EXPECT_EQ(Take(block), Success(5));
    EXPECT_EQ(buffers[2], "llo w");
    std::vector<int> values;
    for (const SentSignal& signal : platform.TakeSignals()) {
      values.push_back(signal.value.sival_int);
    }
    // LIO_WAIT ignores the event of the list.
    EXPECT_EQ(values, mode == LIO_WAIT ? std::vector<int>{1}
                                       : (std::vector<int>{1, 100}));
  }
  EXPECT_FALSE(WasQueued());
  RestartEngine();
  EXPECT_TRUE(platform.TakeSignals().empty());
}

// F2: and not before the others.
TEST_F(CallerReadsTest, ListIsDoneWithItsLastEntry) {
  platform.CaptureSignals(10);
  platform.HoldTransfers();
  aiocb read = ReadBlock(file_.fd(), buffer_);
  aiocb write = WriteBlock(other_.fd(), "text");
  aiocb* const list[] = {&read, &write};
  const sigevent event = SignalEvent(SIGRTMIN, 100);
  ASSERT_EQ(engine().List(LIO_NOWAIT, list, 2, &event), 0);
  EXPECT_EQ(Take(read), Success(5));
  EXPECT_TRUE(platform.TakeSignals().empty());
  platform.ReleaseAll();
  EXPECT_EQ(platform.AwaitSignals(1).size(), 1U);
  EXPECT_EQ(Await(write), Success(4));
}

// --- C3

// Amid the read, with nothing complete and nothing in progress yet.
TEST_F(CallerReadsTest, AHandlerMayAskAboutRequestsAndWaitForOthers) {
  platform.HoldTransfers();
  aiocb write = WriteBlock(other_.fd(), "text");
  ASSERT_EQ(engine().Write(&write), 0);
  platform.AwaitHeld(1);
  aiocb block = ReadBlock(file_.fd(), buffer_);

  std::atomic<int> wrong{0};
  const SignalCatcher catcher(0, [&] {
    const aiocb* const list[] = {&write};
    ssize_t result = 0;
    int status = 0;
    wrong += engine().Error(&block) != EINVAL ? 1 : 0;
    wrong += engine().Error(&write) != EINPROGRESS ? 1 : 0;
    wrong += engine().Suspend(list, 1, &kPoll) != -EAGAIN ? 1 : 0;
    wrong += engine().Suspend(list, 1, nullptr) != 0 ? 1 : 0;
    wrong += engine().Return(&write, &result, &status) != 0 ? 1 : 0;
    wrong += result != 4 ? 1 : 0;
  });
  answer_ = [](const TransferCall& call) {
    EXPECT_EQ(raise(SIGUSR1), 0);
    EXPECT_EQ(SignalCatcher::caught(), 1) << "signals were held off";
    return FromMemory(call);
  };
  std::thread releaser([&] {
    platform.AwaitSuspended(1);
    platform.ReleaseAll();
  });
  EXPECT_EQ(engine().Read(&block), 0);
  releaser.join();
  EXPECT_EQ(Take(block), Success(5));
  EXPECT_EQ(buffer_, "hello");
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace aioemul::testing
