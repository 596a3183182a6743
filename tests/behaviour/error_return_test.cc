// aio_error and aio_return (contract C1, C2, C4).

#include <aio.h>
#include <limits.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class ErrorReturnTest : public EngineTest {
 protected:
  int ReturnOf(aiocb& block) {
    return engine().Return(&block, &result_, &status_);
  }

  void ExpectNoResult(aiocb& block) {
    EXPECT_EQ(ErrorOf(block), EINVAL);
    EXPECT_EQ(ReturnOf(block), -EINVAL);
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = "12345";
  ssize_t result_ = 0;
  int status_ = 0;
};

// C1
TEST_F(ErrorReturnTest, AreInProgressUntilTheResultIsKnown) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  EXPECT_EQ(ReturnOf(block), -EINPROGRESS);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
}

// C1
TEST_F(ErrorReturnTest, GiveWhatTheSystemCallGave) {
  ssize_t answer = 0;
  platform.AnswerTransfers([&](const TransferCall&) { return answer; });
  for (const ssize_t given : {ssize_t{0}, ssize_t{3}, SSIZE_MAX}) {
    answer = given;
    aiocb block = ReadBlock(file_.fd(), buffer_);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Success(static_cast<size_t>(given)));
  }
  for (const int error : {EIO, EAGAIN, ENOSPC, EINVAL, EHWPOISON}) {
    answer = -error;
    aiocb block = ReadBlock(file_.fd(), buffer_);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), Failure(error));
  }
}

// C1, C2: the result once; the status until the block is submitted again.
TEST_F(ErrorReturnTest, GiveTheResultOnceAndTheStatusFromThenOn) {
  std::optional<ssize_t> answer;
  platform.AnswerTransfers([&](const TransferCall&) { return answer; });
  aiocb block = ReadBlock(file_.fd(), buffer_);
  for (const int error : {0, EIO, 0}) {
    answer = error == 0 ? std::nullopt : std::optional<ssize_t>(-error);
    ASSERT_EQ(engine().Read(&block), 0);
    EXPECT_EQ(Await(block), error == 0 ? Success(5) : Failure(error));
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(ErrorOf(block), error);
      EXPECT_EQ(ReturnOf(block), -EINVAL);
    }
    const aiocb* const list[] = {&block};
    EXPECT_EQ(engine().Suspend(list, 1, nullptr), 0);
    EXPECT_EQ(engine().Cancel(file_.fd(), &block), AIO_ALLDONE);
  }
  platform.HoldTransfers();
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
  // A refusal is a status, too.
  block.aio_reqprio = -1;
  ASSERT_EQ(engine().Read(&block), -EINVAL);
  EXPECT_EQ(Take(block), Failure(EINVAL));
  EXPECT_EQ(ErrorOf(block), EINVAL);
}

// C2: as where blocks are members of an array that grows.
TEST_F(ErrorReturnTest, AnswerOfACompleteBlockThatWasMoved) {
  auto* blocks = static_cast<aiocb*>(malloc(sizeof(aiocb)));
  ASSERT_NE(blocks, nullptr);
  blocks[0] = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&blocks[0]), 0);
  AwaitThat([&] { return ErrorOf(blocks[0]) != EINPROGRESS; });
  constexpr size_t kMany = 10'000;
  auto* moved = static_cast<aiocb*>(calloc(kMany, sizeof(aiocb)));
  ASSERT_NE(moved, nullptr);
  moved[kMany - 1] = blocks[0];
  free(blocks);
  aiocb& block = moved[kMany - 1];
  EXPECT_EQ(ErrorOf(block), 0);
  EXPECT_EQ(Take(block), Success(5));
  aiocb again = block;
  EXPECT_EQ(ErrorOf(again), 0);
  EXPECT_EQ(ReturnOf(again), -EINVAL) << "taken before it was moved";
  free(moved);
}

// C1: only aio_return takes the result.
TEST_F(ErrorReturnTest, ErrorMayBeAskedAgain) {
  platform.AnswerTransfers([](const TransferCall&) { return -EIO; });
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Failure(EIO));
  ASSERT_EQ(engine().Read(&block), 0);
  AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
  EXPECT_EQ(ErrorOf(block), EIO);
  EXPECT_EQ(ErrorOf(block), EIO);
  EXPECT_EQ(Take(block), Failure(EIO));
}

// C2
TEST_F(ErrorReturnTest, KnowAControlBlockThatWasNeverSubmitted) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ExpectNoResult(block);
  for (const int byte : {0x00, 0x5a, 0xa5, 0xff}) {
    memset(&block, byte, sizeof(block));
    ExpectNoResult(block);
  }
  EXPECT_EQ(engine().Error(nullptr), EINVAL);
  EXPECT_EQ(engine().Return(nullptr, &result_, &status_), -EINVAL);
}

// C2
TEST_F(ErrorReturnTest, KnowAZeroedControlBlock) {
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
  block = {};
  ExpectNoResult(block);
}

// C2
TEST_F(ErrorReturnTest, KnowACopyOfABlockInProgress) {
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  platform.AwaitHeld(1);
  aiocb copy = block;
  ExpectNoResult(copy);
  platform.ReleaseAll();
  AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
  ExpectNoResult(copy);
  EXPECT_EQ(Take(block), Success(5));
}

// C2: a copy of a block in progress, put back when the request is long done.
TEST_F(ErrorReturnTest, KnowABlockRestoredFromWhenItWasInProgress) {
  options.threads.value = 1;
  platform.HoldTransfers();
  aiocb block = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&block), 0);
  platform.AwaitHeld(1);
  const aiocb saved = block;
  aiocb other = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&other), 0);
  platform.ReleaseHeld(1);
  EXPECT_EQ(Await(block), Success(5));

  platform.AwaitHeld(1);
  block = saved;
  ExpectNoResult(block);
  EXPECT_EQ(engine().Cancel(file_.fd(), &block), AIO_ALLDONE);
  // Also when another request has taken over what the copy names.
  aiocb next = ReadBlock(file_.fd(), buffer_);
  ASSERT_EQ(engine().Read(&next), 0);
  ExpectNoResult(block);
  platform.ReleaseAll();
  EXPECT_EQ(Await(other), Success(5));
  EXPECT_EQ(Await(next), Success(5));
  ExpectNoResult(block);

  EXPECT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(5));
}

// C2: also while the notification of the request is still to be sent.
TEST_F(ErrorReturnTest, KnowARestoredBlockWhateverItsNotificationWaitsFor) {
  platform.HoldTransfers();
  platform.CaptureSignals(/*limit=*/0);
  aiocb block = ReadBlock(file_.fd(), buffer_);
  block.aio_sigevent = SignalEvent(SIGUSR1);
  ASSERT_EQ(engine().Read(&block), 0);
  platform.AwaitHeld(1);
  const aiocb saved = block;
  platform.ReleaseAll();
  EXPECT_EQ(Await(block), Success(5));
  AwaitThat([&] { return platform.refused_signals() > 0; });
  block = saved;
  ExpectNoResult(block);
  platform.CaptureSignals(/*limit=*/1);
  platform.AwaitSignals(1);
}

// C1
TEST_F(ErrorReturnTest, OfRacingReturnsOneGetsTheResult) {
  constexpr int kThreads = 3;
  constexpr int kRounds = 500;
  aiocb block = ReadBlock(file_.fd(), buffer_);
  std::array<Gate, kThreads> start;
  Gate finished;
  std::atomic<int> successes{0};
  std::atomic<int> refusals{0};
  std::vector<std::thread> threads;
  for (Gate& gate : start) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        gate.Await();
        ssize_t result = 0;
        int status = 0;
        const int answer = engine().Return(&block, &result, &status);
        successes += answer == 0 && result == 5 && status == 0 ? 1 : 0;
        refusals += answer == -EINVAL ? 1 : 0;
        finished.Open();
      }
    });
  }
  for (int round = 1; round <= kRounds; ++round) {
    ASSERT_EQ(engine().Read(&block), 0);
    AwaitThat([&] { return ErrorOf(block) != EINPROGRESS; });
    for (Gate& gate : start) gate.Open();
    finished.Await(kThreads);
    EXPECT_EQ(successes, round);
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(refusals, kRounds * (kThreads - 1));
}

// C4
TEST_F(ErrorReturnTest, NeedNotBeCalled) {
  options.max_requests.value = 2;
  // A worker that is started takes memory, too: let there be one for good.
  options.threads.value = 1;
  options.idle_time.value = 1'000'000;
  int steady = 0;
  for (int i = 0; i < 1000; ++i) {
    // A control block nobody asks for its result, in turn reused and new.
    auto block = std::make_unique<aiocb>(ReadBlock(file_.fd(), buffer_));
    for (int use = 0; use < 3; ++use) {
      ASSERT_EQ(engine().Read(block.get()), 0);
      AwaitThat([&] { return ErrorOf(*block) != EINPROGRESS; });
    }
    if (i == 500) steady = platform.total_allocations();
  }
  EXPECT_EQ(platform.total_allocations(), steady);
}

class CErrorReturnTest : public ::testing::Test {
 protected:
  void AwaitBlock(aiocb& block) {
    const aiocb* list[] = {&block};
    EXPECT_EQ(aioemul_suspend(list, 1, nullptr), 0);
  }
};

TEST_F(CErrorReturnTest, SayEinvalWithoutAResult) {
  aiocb block = {};
  errno = EDOM;
  EXPECT_EQ(aioemul_error(&block), EINVAL);
  EXPECT_EQ(aioemul_error(nullptr), EINVAL);
  EXPECT_EQ(errno, EDOM);
  EXPECT_EQ(aioemul_return(&block), -1);
  EXPECT_EQ(errno, EINVAL);
  errno = 0;
  EXPECT_EQ(aioemul_return(nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CErrorReturnTest, GiveAFailureOnce) {
  const OpenedFile directory("/", O_RDONLY);
  std::string buffer(10, ' ');
  aiocb block = ReadBlock(directory.fd(), buffer);
  ASSERT_EQ(aioemul_read(&block), 0);
  AwaitBlock(block);
  errno = EDOM;
  EXPECT_EQ(aioemul_error(&block), EISDIR);
  EXPECT_EQ(errno, EDOM);
  EXPECT_EQ(aioemul_return(&block), -1);
  EXPECT_EQ(errno, EISDIR);
  EXPECT_EQ(aioemul_return(&block), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(CErrorReturnTest, AreInProgressUntilTheResultIsKnown) {
  const Channel pipe = Channel::Pipe();
  std::string buffer(4, ' ');
  aiocb block = ReadBlock(pipe.first(), buffer);
  ASSERT_EQ(aioemul_read(&block), 0);
  EXPECT_EQ(aioemul_error(&block), EINPROGRESS);
  errno = 0;
  EXPECT_EQ(aioemul_return(&block), -1);
  EXPECT_EQ(errno, EINPROGRESS);
  aiocb write = WriteBlock(pipe.second(), "text");
  ASSERT_EQ(aioemul_write(&write), 0);
  AwaitBlock(block);
  AwaitBlock(write);
  EXPECT_EQ(aioemul_return(&block), 4);
  EXPECT_EQ(aioemul_return(&write), 4);
  EXPECT_EQ(buffer, "text");
}

}  // namespace
}  // namespace aioemul::testing
