// Notification by real-time signals that handlers take, on whatever thread,
// when few may be pending: each is handled once (contract G1).

#include <aio.h>
#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <iterator>
#include <thread>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/notifications/own_process.h"

namespace aioemul::testing {
namespace {

constexpr size_t kSignals = 20'000;
std::atomic<int> handled[kSignals];  // how often, by value
std::atomic<int> wrong;
std::atomic<size_t> total;

void Handle(int /*signal*/, siginfo_t* details, void* /*context*/) {
  const auto number = static_cast<size_t>(details->si_value.sival_int);
  if (details->si_code != SI_ASYNCIO || number >= kSignals) {
    ++wrong;
  } else {
    ++handled[number];
  }
  ++total;
}

void AwaitAll() {
  while (total < kSignals) sched_yield();
}

TEST(HandledSignalsTest, AreHandledOnceEachWhenFewMayBePending) {
  const TempFile file;
  InOwnProcess([&] {
    struct sigaction handling = {};
    handling.sa_sigaction = &Handle;
    handling.sa_flags = SA_SIGINFO;
    ASSERT_EQ(sigaction(SIGRTMIN, &handling, nullptr), 0);
    SetLimit(RLIMIT_SIGPENDING, 16);
    const Options options;
    Engine engine(options, SystemPlatform());
    std::thread another(&AwaitAll);
    std::vector<aiocb> blocks(kSignals, WriteBlock(file.fd(), "hello"));
    for (size_t i = 0; i < kSignals; ++i) {
      blocks[i].aio_sigevent = SignalEvent(SIGRTMIN, static_cast<int>(i));
      ASSERT_EQ(engine.Write(&blocks[i]), 0);
    }
    for (aiocb& block : blocks) ASSERT_EQ(Await(engine, block), Success(5));
    AwaitAll();
    another.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_TRUE(std::all_of(std::begin(handled), std::end(handled),
                            [](const auto& times) { return times == 1; }));
  });
}

}  // namespace
}  // namespace aioemul::testing
