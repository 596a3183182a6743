// What the child of a vfork closes is its own, although it runs the drop-in
// library in the parent's memory (contract H2).

#include <fcntl.h>
#include <unistd.h>

#include <climits>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/close/waiting_read.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

TEST(DropInVforkTest, TheChildsDescriptorsAreItsOwn) {
  const Channel closed = Channel::Pipe();
  const Channel replaced = Channel::Pipe();
  const Channel ranged = Channel::Pipe();
  const WaitingRead of_closed(closed.first());
  const WaitingRead of_replaced(replaced.first());
  const WaitingRead of_ranged(ranged.first());
  volatile bool done = false;
  const pid_t child = vfork();
  if (child == 0) {
    const auto first = static_cast<unsigned>(ranged.first());
    done = close(closed.first()) == 0 &&
           dup2(STDERR_FILENO, replaced.first()) == replaced.first() &&
           close_range(first, UINT_MAX, 0) == 0;
    _exit(0);
  }
  EXPECT_EQ(VerdictOf(child), "ok");
  EXPECT_TRUE(done);
  for (const Channel* pipe : {&closed, &replaced, &ranged}) {
    EXPECT_GE(fcntl(pipe->first(), F_GETFD), 0);
    const WaitingRead next(pipe->first());
    EXPECT_TRUE(next.waits());
  }
  EXPECT_TRUE(of_closed.waits());
  EXPECT_TRUE(of_replaced.waits());
  EXPECT_TRUE(of_ranged.waits());
}

}  // namespace
}  // namespace aioemul::testing
