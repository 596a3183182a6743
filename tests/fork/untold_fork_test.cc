// Children that no fork handler is told of, those of _Fork and of the system
// call (contract H1, H2): they are noticed, and work as those of fork do.

#include <aio.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "emul/platform/fork_mark.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/calls.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

pid_t RawFork() {
  return static_cast<pid_t>(
      syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

// In newer C libraries.
extern "C" pid_t _Fork() __attribute__((weak));

struct Way {
  const char* name;
  pid_t (*fork)();
};

class UntoldForkTest : public ::testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    if (fork_mark::New() == nullptr) {
      GTEST_SKIP() << "the system has no memory that a child finds cleared";
    }
    if (GetParam().fork == nullptr) GTEST_SKIP() << "there is no _Fork";
    ASSERT_EQ(aioemul_read(&block_), 0);
  }
  void TearDown() override {
    if (IsSkipped()) return;
    // The parent noticed nothing.
    EXPECT_EQ(aioemul_error(&block_), EINPROGRESS);
    EXPECT_EQ(write(pipe_.second(), "x", 1), 1);
    EXPECT_EQ(Await(block_), 0);
    EXPECT_EQ(aioemul_return(&block_), 1);
  }

  template <typename Judge>
  static std::string InUntoldChild(const Judge& judge) {
    const pid_t child = GetParam().fork();
    if (child == 0) {
      judge();
      _exit(0);
    }
    return VerdictOf(child);
  }

  const TempFile file_;
  // A read that is outstanding all the time.
  const Channel pipe_ = Channel::Pipe();
  std::string buffer_ = "....";
  aiocb block_ = BlockFor(pipe_.first(), buffer_);
};

TEST_P(UntoldForkTest, TheChildWorksAtOnce) {
  EXPECT_EQ(InUntoldChild(
                [this] { CHILD_CHECK(WritesAndReads(file_.fd(), "child")); }),
            "ok");
}

TEST_P(UntoldForkTest, WhatWasOutstandingReadsCanceled) {
  EXPECT_EQ(
      InUntoldChild([this] {
        CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
        const aiocb* const list[] = {&block_};
        CHILD_CHECK(aioemul_suspend(list, 1, nullptr) == 0);
        CHILD_CHECK(aioemul_cancel(pipe_.first(), nullptr) == AIO_ALLDONE);
        CHILD_CHECK(aioemul_return(&block_) == -1 && errno == ECANCELED);
      }),
      "ok");
}

TEST_P(UntoldForkTest, ACloseWaitsForNothingOfTheParents) {
  EXPECT_EQ(InUntoldChild([this] {
              CHILD_CHECK(aioemul_close(pipe_.first()) == 0);
              CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
            }),
            "ok");
}

TEST_P(UntoldForkTest, EveryGenerationIsNoticed) {
  const auto generation = [this](const auto& next) {
    CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
    const Channel pipe = Channel::Pipe();
    std::string text = "....";
    aiocb own = BlockFor(pipe.first(), text);
    CHILD_CHECK(aioemul_read(&own) == 0);
    CHILD_CHECK(aioemul_error(&own) == EINPROGRESS);
    next(own);
    CHILD_CHECK(write(pipe.second(), "y", 1) == 1);
    CHILD_CHECK(Await(own) == 0);
  };
  const auto judge_child = [&](const aiocb& of_parent) {
    CHILD_CHECK(aioemul_error(&of_parent) == ECANCELED);
    generation([](const aiocb& /*of_child*/) {});
  };
  EXPECT_EQ(InUntoldChild([&] {
              generation([&](const aiocb& own) {
                CHILD_CHECK(InUntoldChild([&] { judge_child(own); }) == "ok");
                // And one that is told.
                CHILD_CHECK(InChild([&] { judge_child(own); }) == "ok");
              });
            }),
            "ok");
}

// A child that has not called the library yet.
TEST_P(UntoldForkTest, AForkRightAfterIsToldOf) {
  EXPECT_EQ(InUntoldChild([this] {
              const std::string verdict = InChild([this] {
                CHILD_CHECK(aioemul_error(&block_) == ECANCELED);
                CHILD_CHECK(WritesAndReads(file_.fd(), "grandchild"));
              });
              CHILD_CHECK(verdict == "ok");
            }),
            "ok");
}

TEST_P(UntoldForkTest, ItIsNoticedOnceHoweverManyThreadsCall) {
  EXPECT_EQ(InUntoldChild([this] {
              constexpr int kThreads = 8;
              std::atomic<int> ready{0};
              std::atomic<int> well{0};
              std::vector<std::thread> threads;
              for (int i = 0; i < kThreads; ++i) {
                threads.emplace_back([&] {
                  const TempFile file;
                  ready.fetch_add(1);
                  while (ready.load() < kThreads) std::this_thread::yield();
                  if (aioemul_error(&block_) == ECANCELED &&
                      WritesAndReads(file.fd(), "thread")) {
                    well.fetch_add(1);
                  }
                });
              }
              for (std::thread& thread : threads) thread.join();
              CHILD_CHECK(well.load() == kThreads);
            }),
            "ok");
}

// Threads of the parent that hold any lock of the library at any fork, but none
// of the C library's allocator, which such a child may find locked.
TEST_P(UntoldForkTest, WhateverOtherThreadsWereDoing) {
  std::atomic<bool> stop{false};
  std::atomic<int> steps{0};
  std::atomic<int> failures{0};
  const auto cancel_and_close = [&](int fd) {
    std::array<char, 4> buffer;
    aiocb block = {};
    block.aio_fildes = fd;
    block.aio_buf = buffer.data();
    block.aio_nbytes = buffer.size();
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    while (!stop.load()) {
      if (aioemul_read(&block) != 0) failures.fetch_add(1);
      if (aioemul_cancel(fd, &block) != AIO_CANCELED) failures.fetch_add(1);
      // Of a number that is never open.
      aioemul_close(1'000'000);
      steps.fetch_add(1);
    }
  };
  const Channel first = Channel::Pipe();
  const Channel second = Channel::Pipe();
  std::thread one(cancel_and_close, first.first());
  std::thread two(cancel_and_close, second.first());
  for (int i = 0; i < 100; ++i) {
    const int seen = steps.load();
    while (steps.load() == seen) std::this_thread::yield();
    ASSERT_EQ(InUntoldChild([&] {
                CHILD_CHECK(aioemul_close(first.first()) == 0);
                CHILD_CHECK(WritesAndReads(file_.fd(), "child"));
                CHILD_CHECK(aioemul_close(second.second()) == 0);
              }),
              "ok")
        << "at fork " << i;
  }
  stop.store(true);
  one.join();
  two.join();
  EXPECT_EQ(failures.load(), 0);
}

INSTANTIATE_TEST_SUITE_P(Ways, UntoldForkTest,
                         ::testing::Values(Way{"Fork", &_Fork},
                                           Way{"Clone", &RawFork}),
                         [](const auto& way) { return way.param.name; });

}  // namespace
}  // namespace aioemul::testing
