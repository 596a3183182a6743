// Sleeping on a word, as platform.h promises it: contract D2, D3, D4.

#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <new>
#include <thread>
#include <vector>

#include "emul/platform/platform.h"
#include "gtest/gtest.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

using Word = std::atomic<uint32_t>;
using WaitFunction = int (Platform::*)(const Word&, uint32_t, MonotonicTime);

Platform& System() { return SystemPlatform(); }

// What both ways of waiting have in common.
class ParkingTest : public ::testing::TestWithParam<WaitFunction> {
 protected:
  static int Wait(const Word& word, uint32_t expected, MonotonicTime deadline) {
    return (System().*GetParam())(word, expected, deadline);
  }
};

INSTANTIATE_TEST_SUITE_P(BothWaits, ParkingTest,
                         ::testing::Values(&Platform::Wait,
                                           &Platform::WaitCancellable));

TEST_P(ParkingTest, WordThatDiffersIsNotSleptOn) {
  const Word word{5};
  EXPECT_EQ(Wait(word, 4, kNever), 0);
  EXPECT_EQ(Wait(word, UINT32_MAX, kNever), 0);
}

TEST_P(ParkingTest, DeadlineEndsTheSleepAndNotBefore) {
  const Word word{0};
  EXPECT_EQ(Wait(word, 0, 0), -ETIMEDOUT);
  EXPECT_EQ(Wait(word, 0, System().Now()), -ETIMEDOUT);
  for (int round = 0; round < 20; ++round) {
    const MonotonicTime deadline = System().Now() + 1'000'000;
    int result = 0;
    while (result == 0) result = Wait(word, 0, deadline);
    EXPECT_EQ(result, -ETIMEDOUT);
    EXPECT_GE(System().Now(), deadline);
  }
}

TEST_P(ParkingTest, FarDeadlinesAreFar) {
  for (const MonotonicTime deadline :
       {kNever, kNever - 1, System().Now() + 3'600'000'000'000}) {
    Word word{0};
    std::thread sleeper([&] {
      while (word.load() == 0) EXPECT_EQ(Wait(word, 0, deadline), 0);
    });
    word = 1;
    System().Wake(word);
    sleeper.join();
  }
}

// Whoever looks, and sleeps while nothing has changed, misses no change.
TEST_P(ParkingTest, OneWakeReachesAllSleepers) {
  constexpr int kSleepers = 3;
  for (uint32_t round = 0; round < 1'000; ++round) {
    Word word{round};
    RunTogether(kSleepers + 1, [&](int thread) {
      if (thread == kSleepers) {
        word = round + 1;
        System().Wake(word);
        return;
      }
      while (word.load() == round) Wait(word, round, kNever);
    });
    ASSERT_EQ(word, round + 1);
  }
}

TEST_P(ParkingTest, WakeOnAnotherWordDoesNotDisturb) {
  const Word word{0};
  const Word other{0};
  System().Wake(other);
  EXPECT_EQ(Wait(word, 0, System().Now()), -ETIMEDOUT);
}

void Handle(int /*signal*/) {}

TEST_P(ParkingTest, CaughtSignalEndsTheSleepWhateverItsFlags) {
  for (const int flags : {0, SA_RESTART}) {
    struct sigaction action = {};
    struct sigaction previous = {};
    action.sa_handler = &Handle;
    action.sa_flags = flags;
    ASSERT_EQ(sigaction(SIGUSR1, &action, &previous), 0);
    const Word word{0};
    std::atomic<bool> awake{false};
    std::thread sleeper([&] {
      int result = 0;
      while (result == 0) result = Wait(word, 0, kNever);
      EXPECT_EQ(result, -EINTR) << flags;
      awake = true;
    });
    // One that comes before the sleep has begun does not count.
    while (!awake) {
      pthread_kill(sleeper.native_handle(), SIGUSR1);
      std::this_thread::yield();
    }
    sleeper.join();
    ASSERT_EQ(sigaction(SIGUSR1, &previous, nullptr), 0);
  }
}

TEST(ParkingMemoryTest, WordsMemoryNeedNotExistForAWake) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* memory = mmap(nullptr, page, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const Word* word = new (memory) Word(0);
  System().Wake(*word);
  ASSERT_EQ(munmap(memory, page), 0);
  System().Wake(*word);
}

}  // namespace
}  // namespace aioemul
