// AIO in constructors of other libraries and in the program's own fork
// handlers, through the drop-in library (contract H1).

#include <unistd.h>

#include <atomic>
#include <thread>

#include "gtest/gtest.h"
#include "tests/fork/child.h"
#include "tests/fork/early_library.h"

namespace aioemul::testing {
namespace {

using early_library::CountOf;
using early_library::ExchangeUnderLock;
using early_library::Place;

TEST(EarlyCallsTest, WorkInAConstructorAndInItsChild) {
  EXPECT_EQ(CountOf(Place::kConstructor), 1);
  EXPECT_EQ(CountOf(Place::kForkInConstructor), 1);
}

TEST(EarlyCallsTest, WorkInEveryForkHandler) {
  const int prepare = CountOf(Place::kPrepare);
  const int parent = CountOf(Place::kParent);
  const int child = CountOf(Place::kChild);
  EXPECT_EQ(InChild([child] {
              CHILD_CHECK(CountOf(Place::kChild) == child + 1);
              CHILD_CHECK(ExchangeUnderLock());
              // And in those of a child's.
              CHILD_CHECK(InChild([child] {
                            CHILD_CHECK(CountOf(Place::kChild) == child + 2);
                          }) == "ok");
            }),
            "ok");
  EXPECT_EQ(CountOf(Place::kPrepare), prepare + 1);
  EXPECT_EQ(CountOf(Place::kParent), parent + 1);
}

// A thread waits for a request with the lock that the prepare handler takes.
TEST(EarlyCallsTest, AForkDoesNotHoldUpWhatItsHandlersWaitFor) {
  std::atomic<bool> stop{false};
  std::atomic<int> exchanges{0};
  std::atomic<int> failures{0};
  std::thread thread([&] {
    while (!stop.load()) {
      if (!ExchangeUnderLock()) failures.fetch_add(1);
      exchanges.fetch_add(1);
    }
  });
  for (int i = 0; i < 100; ++i) {
    const int seen = exchanges.load();
    while (exchanges.load() == seen) std::this_thread::yield();
    ASSERT_EQ(InChild([] {}), "ok") << "at fork " << i;
  }
  stop.store(true);
  thread.join();
  EXPECT_EQ(failures.load(), 0);
}

}  // namespace
}  // namespace aioemul::testing
