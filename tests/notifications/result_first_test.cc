// The result of a request is visible before its notification is sent, and that
// of every entry before the notification of the list (contract G4), as
// functions and handlers see it, under load: successes, failures, cancelled
// ones, on files and on streams.

#include <aio.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// A request that expects one outcome, and what its notification saw.
struct Expected {
  Engine* engine = nullptr;
  aiocb block = {};
  Outcome outcome = {};
  std::atomic<int> notified{0};
  std::atomic<int> wrong{0};
};

// Takes the result, as a notification may.  Async-signal-safe.
void ExpectResult(Expected& expected) {
  Outcome seen = {expected.engine->Error(&expected.block), 0};
  int status = 0;
  const int error =
      expected.engine->Return(&expected.block, &seen.result, &status);
  const bool right = error == 0 && seen == expected.outcome;
  if (!right) ++expected.wrong;
  ++expected.notified;
}

void NotifyByFunction(sigval value) {
  ExpectResult(*static_cast<Expected*>(value.sival_ptr));
}

void NotifyByHandler(int /*signal*/, siginfo_t* details, void* /*context*/) {
  const int interrupted = errno;
  ExpectResult(*static_cast<Expected*>(details->si_value.sival_ptr));
  errno = interrupted;
}

enum class Kind { kHandler, kFunction };

class ResultFirstTest : public ::testing::TestWithParam<Kind> {
 protected:
  static constexpr size_t kBytes = 5;

  ResultFirstTest() {
    struct sigaction handling = {};
    handling.sa_sigaction = &NotifyByHandler;
    handling.sa_flags = SA_SIGINFO | SA_RESTART;
    EXPECT_EQ(sigaction(SIGRTMIN, &handling, &before_), 0);
  }
  ~ResultFirstTest() override { sigaction(SIGRTMIN, &before_, nullptr); }

  sigevent EventFor(Expected& expected) const {
    sigevent event = ThreadEvent(&NotifyByFunction, &expected);
    if (GetParam() == Kind::kHandler) {
      event = SignalEvent(SIGRTMIN);
      event.sigev_value.sival_ptr = &expected;
    }
    return event;
  }

  // Submits what ends in one of four ways; the last waits to be cancelled.
  void Submit(Engine& engine, Expected& expected, char* buffer, size_t way) {
    aiocb& block = expected.block;
    expected.engine = &engine;
    block = ReadBlock(file_.fd(), buffer, kBytes);
    expected.outcome = Success(kBytes);
    if (way == 1) {  // a buffer that is none
      block.aio_buf = nullptr;
      expected.outcome = Failure(EFAULT);
    } else if (way >= 2) {
      block.aio_fildes = idle_.first();
      expected.outcome = Failure(ECANCELED);
    }
    block.aio_sigevent = EventFor(expected);
    EXPECT_EQ(engine.Read(&block), 0);
    if (way == 2) {
      // Unless it is among those that another has just cancelled.
      const int answer = engine.Cancel(idle_.first(), &block);
      EXPECT_TRUE(answer == AIO_CANCELED || answer == AIO_ALLDONE) << answer;
    }
  }

  const TempFile file_{"hello world"};
  const Channel idle_ = Channel::Pipe();
  Options options_;
  struct sigaction before_ = {};
};

TEST_P(ResultFirstTest, OfEveryRequest) {
  constexpr size_t kRequests = 20'000;
  constexpr int kSubmitters = 3;
  options_.threads.value = 4;
  std::vector<Expected> all(kRequests);
  std::string buffers(kRequests * kBytes, '.');
  {
    Engine engine(options_, SystemPlatform());
    std::atomic<size_t> next{0};
    std::vector<std::thread> submitters;
    for (int i = 0; i < kSubmitters; ++i) {
      submitters.emplace_back([&] {
        for (;;) {
          const size_t index = next++;
          if (index >= kRequests) return;
          Submit(engine, all[index], &buffers[index * kBytes], index % 4);
          // Those that wait are cancelled in small groups.
          if (index % 64 == 63) engine.Cancel(idle_.first(), nullptr);
        }
      });
    }
    for (std::thread& submitter : submitters) submitter.join();
    engine.Cancel(idle_.first(), nullptr);
    for (Expected& expected : all) {
      while (expected.notified == 0) sched_yield();
    }
  }
  for (const Expected& expected : all) {
    ASSERT_EQ(expected.notified, 1);
    ASSERT_EQ(expected.wrong, 0);
  }
}

// A list, and what its notification saw.
struct ExpectedList {
  std::array<Expected, 8> entries;
  std::atomic<int> notified{0};
  std::atomic<int> wrong{0};
};

// Async-signal-safe.
void ExpectResults(sigval value) {
  auto& list = *static_cast<ExpectedList*>(value.sival_ptr);
  for (Expected& entry : list.entries) {
    const int error = entry.engine->Error(&entry.block);
    if (error != entry.outcome.error) ++list.wrong;
  }
  ++list.notified;
}

TEST_P(ResultFirstTest, OfEveryEntryOfAList) {
  constexpr size_t kLists = 2'000;
  options_.threads.value = 4;
  struct sigaction handling = {};
  handling.sa_sigaction = [](int /*signal*/, siginfo_t* details,
                             void* /*context*/) {
    ExpectResults(details->si_value);
  };
  handling.sa_flags = SA_SIGINFO | SA_RESTART;
  EXPECT_EQ(sigaction(SIGRTMIN, &handling, nullptr), 0);
  std::vector<ExpectedList> all(kLists);
  Engine engine(options_, SystemPlatform());
  for (ExpectedList& list : all) {
    std::array<aiocb*, 8> blocks = {};
    for (size_t i = 0; i < blocks.size(); ++i) {
      Expected& entry = list.entries[i];
      entry.engine = &engine;
      entry.block = i % 2 == 0 ? WriteBlock(file_.fd(), "hello")
                               : ReadBlock(file_.fd(), nullptr, kBytes);
      entry.outcome = i % 2 == 0 ? Success(kBytes) : Failure(EFAULT);
      blocks[i] = &entry.block;
    }
    sigevent event = ThreadEvent(&ExpectResults, &list);
    if (GetParam() == Kind::kHandler) {
      event = SignalEvent(SIGRTMIN);
      event.sigev_value.sival_ptr = &list;
    }
    ASSERT_EQ(engine.List(LIO_NOWAIT, blocks.data(), 8, &event), 0);
  }
  for (ExpectedList& list : all) {
    while (list.notified == 0) sched_yield();
    ASSERT_EQ(list.notified, 1);
    ASSERT_EQ(list.wrong, 0);
    for (Expected& entry : list.entries) {
      ExpectResult(entry);
      ASSERT_EQ(entry.wrong, 0);
    }
  }
}

std::string NameOf(const ::testing::TestParamInfo<Kind>& kind) {
  return kind.param == Kind::kHandler ? "Handler" : "Function";
}

INSTANTIATE_TEST_SUITE_P(Kinds, ResultFirstTest,
                         ::testing::Values(Kind::kHandler, Kind::kFunction),
                         NameOf);

// --- Reuse

// Who was notified may submit the same block again at once: it is never found
// to be in progress.
TEST(NotifiedBlockTest, CanBeSubmittedAgainAtOnce) {
  constexpr int kTimes = 20'000;
  const TempFile file("hello world");
  Options options;
  options.threads.value = 4;
  Engine engine(options, SystemPlatform());
  sigset_t used;
  sigset_t before;
  sigemptyset(&used);
  sigaddset(&used, SIGRTMIN);
  pthread_sigmask(SIG_BLOCK, &used, &before);
  std::array<aiocb, 8> blocks;
  for (size_t i = 0; i < blocks.size(); ++i) {
    blocks[i] = WriteBlock(file.fd(), "hello");
    blocks[i].aio_sigevent = SignalEvent(SIGRTMIN);
    blocks[i].aio_sigevent.sigev_value.sival_ptr = &blocks[i];
    ASSERT_EQ(engine.Write(&blocks[i]), 0);
  }
  for (int i = 0; i < kTimes; ++i) {
    siginfo_t details = {};
    while (sigwaitinfo(&used, &details) < 0) ASSERT_EQ(errno, EINTR);
    auto* block = static_cast<aiocb*>(details.si_value.sival_ptr);
    ASSERT_EQ(engine.Write(block), 0);
  }
  for (size_t i = 0; i < blocks.size(); ++i) {
    siginfo_t details = {};
    while (sigwaitinfo(&used, &details) < 0) ASSERT_EQ(errno, EINTR);
  }
  for (aiocb& block : blocks) EXPECT_EQ(Await(engine, block), Success(5));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace
}  // namespace aioemul::testing
