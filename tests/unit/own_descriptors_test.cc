// The registry of the library's own descriptors (contract K1).

#include "emul/platform/own_descriptors.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fork/child.h"
#include "tests/process/lowered_limit.h"
#include "tests/unit/descriptor.h"

namespace aioemul::own_descriptors {
namespace {

using ::aioemul::testing::LoweredLimit;

int NewSet() { return epoll_create1(EPOLL_CLOEXEC); }
int NewCounter() { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }
bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// In a child that no fork handlers are run for: the library's own may be here.
template <typename Judge>
std::string InUntoldChild(const Judge& judge) {
  const auto child = static_cast<pid_t>(
      syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr));
  if (child == 0) {
    judge();
    _exit(0);
  }
  return ::aioemul::testing::VerdictOf(child);
}

// A name that ends.
class Own {
 public:
  explicit Own(int (*open)() = &NewCounter) : name_(Make(open)) {
    EXPECT_GE(name_, 0);
  }
  ~Own() { Close(name_); }
  Own(const Own&) = delete;
  Own& operator=(const Own&) = delete;
  int name() const { return name_; }

 private:
  const int name_;
};

// The program's own file at `number`, put there behind the library's back: the
// test's dup2 is the C library's.
void Replace(int number) {
  const Descriptor file(NewCounter());
  ASSERT_EQ(dup2(file.get(), number), number);
}

TEST(OwnDescriptorsTest, HasAHighNumberThatIsClosedOnExec) {
  const Descriptor lowest(NewCounter());
  const int free = lowest.get() + 1;
  const Own own;
  EXPECT_GE(own.name(), 900);
  EXPECT_FALSE(IsOpen(free));
  EXPECT_EQ(fcntl(own.name(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(NumberOf(own.name()), own.name());
  EXPECT_TRUE(IsRegistered(own.name()) && Guards(own.name()));
  EXPECT_TRUE(IsOurs(own.name()));
  EXPECT_FALSE(IsRegistered(free) || IsRegistered(-1));
  const Own other;
  EXPECT_EQ(NextFrom(own.name()), own.name());
  EXPECT_EQ(NextFrom(own.name() + 1), other.name());
  EXPECT_EQ(NextFrom(other.name() + 1), -1);
}

TEST(OwnDescriptorsTest, CloseEndsIt) {
  int name = -1;
  {
    const Own own;
    name = own.name();
  }
  EXPECT_FALSE(IsOpen(name));
  EXPECT_FALSE(IsRegistered(name) || IsOurs(name));
  EXPECT_EQ(NumberOf(name), -1);
}

TEST(OwnDescriptorsTest, WhatStandsThereNowIsNeitherUsedNorClosed) {
  for (int (*open)() : {&NewSet, &NewCounter}) {
    int number = -1;
    {
      const Own own(open);
      number = own.name();
      Replace(number);
      EXPECT_FALSE(IsOurs(own.name()));
      bool used = false;
      EXPECT_FALSE(Use(own.name(), [&used](int) { used = true; }));
      EXPECT_FALSE(used);
    }
    EXPECT_TRUE(IsOpen(number));
    close(number);
  }
}

TEST(OwnDescriptorsTest, WhoClosesForTheProgramForgetsWhatIsLost) {
  const Own own;
  Replace(own.name());
  EXPECT_TRUE(IsRegistered(own.name()));
  EXPECT_FALSE(Guards(own.name()));
  EXPECT_FALSE(IsRegistered(own.name()));
  EXPECT_EQ(NumberOf(own.name()), -1);
  close(own.name());
}

TEST(OwnDescriptorsTest, MovesFromANumberThatIsReplaced) {
  const Own own;
  const int first = own.name();
  int result = -1;
  EXPECT_TRUE(MoveFrom(
      first, [first] { return dup2(STDERR_FILENO, first); }, &result));
  EXPECT_EQ(result, first);
  const int second = NumberOf(own.name());
  EXPECT_NE(second, first);
  EXPECT_TRUE(IsOurs(own.name()));
  EXPECT_EQ(fcntl(second, F_GETFD), FD_CLOEXEC);
  EXPECT_FALSE(IsRegistered(first));
  EXPECT_FALSE(MoveFrom(
      first, [] { return 0; }, &result));
  // The name is not given to another, although its number is free.
  close(first);
  const Own other;
  EXPECT_NE(other.name(), own.name());
}

TEST(OwnDescriptorsTest, StaysWhenNothingReplacesIt) {
  const Own own;
  int result = 0;
  EXPECT_TRUE(MoveFrom(
      own.name(), [] { return -1; }, &result));
  EXPECT_EQ(result, -1);
  EXPECT_EQ(NumberOf(own.name()), own.name());
  EXPECT_TRUE(IsOurs(own.name()));
  EXPECT_FALSE(IsOpen(own.name() + 1));
}

TEST(OwnDescriptorsTest, ReplacedByManyThreadsAtOnce) {
  const Own own;
  std::atomic<int> moves{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      for (int k = 0; k < 500; ++k) {
        const int number = NumberOf(own.name());
        int result = -1;
        const auto replace = [number] { return dup2(STDERR_FILENO, number); };
        if (MoveFrom(number, replace, &result)) {
          moves.fetch_add(1);
          close(number);
        }
      }
    });
  }
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GE(moves, 500);
  EXPECT_TRUE(IsOurs(own.name()));
}

TEST(OwnDescriptorsTest, AnyNumberWhereNoHighOneCanBeHad) {
  const Descriptor lowest(NewCounter());
  const LoweredLimit limit(RLIMIT_NOFILE,
                           static_cast<rlim_t>(lowest.get()) + 2);
  const Own own;
  EXPECT_EQ(own.name(), lowest.get() + 1);
  EXPECT_EQ(Make(&NewCounter), -1);
  EXPECT_EQ(errno, EMFILE);
}

TEST(OwnDescriptorsTest, StaysWhenTheLimitFallsBelowIt) {
  const Own own;
  const LoweredLimit limit(RLIMIT_NOFILE, 256);
  EXPECT_TRUE(IsOurs(own.name()));
  const Own below;
  EXPECT_LT(below.name(), 256);
}

TEST(OwnDescriptorsTest, AreBounded) {
  std::vector<int> names;
  for (int name = Make(&NewCounter); name >= 0; name = Make(&NewCounter)) {
    names.push_back(name);
  }
  EXPECT_EQ(errno, EMFILE);
  EXPECT_EQ(names.size(), 64U);
  EXPECT_TRUE(IsOurs(names.back()));
  for (const int name : names) Close(name);
  EXPECT_EQ(NextFrom(0), -1);
}

TEST(OwnDescriptorsTest, FailsAsOpenDoes) {
  const auto refuse = [] {
    errno = EPERM;
    return -1;
  };
  EXPECT_EQ(Make(refuse), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_FALSE(UseOnce(refuse, [](int) { ADD_FAILURE(); }));
  EXPECT_EQ(errno, EPERM);
}

TEST(OwnDescriptorsTest, UsedOnceItIsKnownForThatLong) {
  int number = -1;
  EXPECT_TRUE(UseOnce(&NewCounter, [&number](int used) {
    number = used;
    EXPECT_TRUE(IsRegistered(used) && Guards(used));
  }));
  EXPECT_GE(number, 900);
  EXPECT_FALSE(IsRegistered(number) || IsOpen(number));
}

TEST(OwnDescriptorsTest, PairsAreMadeTogether) {
  std::array<int, 2> names;
  ASSERT_TRUE(
      MakePair([](std::array<int, 2>* ends) { return pipe(ends->data()) == 0; },
               &names));
  for (const int name : names) {
    EXPECT_TRUE(IsOurs(name));
    EXPECT_EQ(fcntl(name, F_GETFD), FD_CLOEXEC);
    Close(name);
  }
}

// H1, whether fork handlers ran or not.
TEST(OwnDescriptorsTest, AreClosedInAChild) {
  const Own own;
  const Own lost;
  Replace(lost.name());
  for (const bool held : {true, false}) {
    if (held) HoldForFork();
    const std::string verdict = InUntoldChild([&] {
      CloseInherited();
      if (held) ReleaseAfterFork();
      CHILD_CHECK(!IsOpen(own.name()) && IsOpen(lost.name()));
      CHILD_CHECK(NextFrom(0) == -1 && NumberOf(own.name()) == -1);
      const int name = Make(&NewCounter);
      CHILD_CHECK(name >= 0 && IsOurs(name));
    });
    if (held) ReleaseAfterFork();
    EXPECT_EQ(verdict, "ok");
    EXPECT_TRUE(IsOurs(own.name()));
  }
  close(lost.name());
}

// A child without fork handlers may be made while another thread makes one.
TEST(OwnDescriptorsTest, AChildTakesTheLockBack) {
  std::atomic<bool> stop{false};
  std::atomic<bool> inside{false};
  std::thread other([&] {
    UseOnce(&NewCounter, [&](int) {
      inside = true;
      while (!stop) std::this_thread::yield();
    });
  });
  while (!inside) std::this_thread::yield();
  EXPECT_EQ(InUntoldChild([] {
              CloseInherited();
              CHILD_CHECK(NextFrom(0) == -1);
              CHILD_CHECK(Make(&NewCounter) >= 0);
            }),
            "ok");
  stop = true;
  other.join();
}

// What a child that shares the memory replaces is its own.
TEST(OwnDescriptorsTest, AVforksChildChangesNothing) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "ThreadSanitizer makes every vfork a fork";
#endif
  const Own own;
  volatile bool as_expected = false;
  const pid_t child = vfork();
  if (child == 0) {
    int result = 0;
    const bool moved = MoveFrom(
        own.name(), [] { return 0; }, &result);
    dup2(STDERR_FILENO, own.name());
    as_expected = !moved && !Guards(own.name());
    _exit(0);
  }
  EXPECT_EQ(::aioemul::testing::VerdictOf(child), "ok");
  EXPECT_TRUE(as_expected);
  EXPECT_TRUE(IsRegistered(own.name()) && IsOurs(own.name()));
}

}  // namespace
}  // namespace aioemul::own_descriptors
