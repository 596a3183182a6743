// Threads with a table of descriptors of their own: what they close is in
// nobody else's, and cancels nothing (contract H2).

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/close/waiting_read.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// First, in a child: AddressSanitizer leaves it its memory only while no other
// thread was started.
TEST(DropInTableTest, TheOnlyThreadsTableIsTheProcesss) {
  EXPECT_EQ(InChild([] {
              CHILD_CHECK(unshare(CLONE_FILES) == 0);
              const Channel pipe = Channel::Pipe();
              const int fd = dup(pipe.first());
              const WaitingRead read(fd);
              CHILD_CHECK(close(fd) == 0);
              CHILD_CHECK(read.cancelled());
              // So is that of the child of a thread that has its own.
              std::thread([&pipe] {
                CHILD_CHECK(unshare(CLONE_FILES) == 0);
                if (!kChildrenHaveMemory) return;
                CHILD_CHECK(InChild([&pipe] {
                              const int inherited = dup(pipe.first());
                              const WaitingRead again(inherited);
                              CHILD_CHECK(close(inherited) == 0);
                              CHILD_CHECK(again.cancelled());
                            }) == "ok");
              }).join();
            }),
            "ok");
}

TEST(DropInTableTest, ClosesInItsOwnAlone) {
  const auto unshare_all = [] { EXPECT_EQ(unshare(CLONE_FILES), 0); };
  const auto unshare_by_range = [] {
    EXPECT_EQ(close_range(900, 1100, CLOSE_RANGE_UNSHARE), 0);
  };
  for (const std::function<void()>& unshare_table :
       {std::function<void()>(unshare_all),
        std::function<void()>(unshare_by_range)}) {
    const Channel pipe = Channel::Pipe();
    const WaitingRead read(pipe.first());
    std::thread([&] {
      unshare_table();
      const int fd = pipe.first();
      EXPECT_EQ(dup2(STDERR_FILENO, fd), fd);
      EXPECT_EQ(close(fd), 0);
      EXPECT_EQ(dup2(STDERR_FILENO, fd), fd);
      EXPECT_EQ(fclose(fdopen(fd, "w")), 0);
      EXPECT_EQ(close_range(static_cast<unsigned>(fd), ~0U, 0), 0);
      closefrom(fd);
    }).join();
    EXPECT_GE(fcntl(pipe.first(), F_GETFD), 0);
    EXPECT_TRUE(read.waits());
    // And what the library has for itself is there.
    const WaitingRead next(pipe.first());
    EXPECT_TRUE(next.waits());
  }
}

}  // namespace
}  // namespace aioemul::testing
