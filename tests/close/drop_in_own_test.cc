// A program that closes and replaces all descriptors, beside the drop-in
// library: those of the library stay, and its files are its own (contract K1).

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/close/waiting_read.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// Where a program may have a pipe that it keeps.
constexpr int kReader = 700;
constexpr int kWriter = 701;
// Beyond all numbers in use.
constexpr int kEnd = 1100;

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

// The numbers of the library, while the program has nothing but pipes.
std::vector<int> OfTheLibrary() {
  std::vector<int> numbers;
  for (int fd = 3; fd < kEnd; ++fd) {
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    std::array<char, 64> target = {};
    if (readlink(link.c_str(), target.data(), target.size() - 1) > 0 &&
        std::string(target.data()).find("anon_inode:") == 0) {
      numbers.push_back(fd);
    }
  }
  return numbers;
}

std::string TextOf(const std::string& path) {
  std::array<char, 4096> text = {};
  const int fd = open(path.c_str(), O_RDONLY);
  const ssize_t count = read(fd, text.data(), text.size() - 1);
  close(fd);
  return count < 0 ? "" : text.data();
}

// Waits until a set of the library has kReader in it.
std::vector<int> AwaitLibrary() {
  for (;;) {
    for (const int fd : OfTheLibrary()) {
      const std::string text =
          TextOf("/proc/self/fdinfo/" + std::to_string(fd));
      if (text.find(" " + std::to_string(kReader) + " events:") !=
          std::string::npos) {
        return OfTheLibrary();
      }
    }
    std::this_thread::yield();
  }
}

// In a child, which has a library of its own and closes what the test needs: a
// request waits, `spoil` is called with the library's numbers, and then
// everything works as before.
template <typename Spoil>
std::string AfterWhich(const Spoil& spoil) {
  return InChild([&] {
    std::array<int, 2> ends;
    CHILD_CHECK(pipe(ends.data()) == 0);
    CHILD_CHECK(dup2(ends[0], kReader) == kReader);
    CHILD_CHECK(dup2(ends[1], kWriter) == kWriter);
    aiocb block = {};
    std::array<char, 4> buffer = {};
    block.aio_fildes = kReader;
    block.aio_buf = buffer.data();
    block.aio_nbytes = buffer.size();
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    CHILD_CHECK(aio_read(&block) == 0);
    const std::vector<int> own = AwaitLibrary();
    CHILD_CHECK(own.front() > kWriter);
    spoil(own);
    // The program's files get the lowest numbers, and nobody writes to them.
    std::array<int, 8> counters;
    int lowest = 3;
    for (int& counter : counters) {
      while (IsOpen(lowest)) ++lowest;
      counter = eventfd(0, EFD_NONBLOCK);
      CHILD_CHECK(counter == lowest);
    }
    CHILD_CHECK(aio_error(&block) == EINPROGRESS);
    CHILD_CHECK(write(kWriter, "abcd", 4) == 4);
    const aiocb* const list[] = {&block};
    while (aio_error(&block) == EINPROGRESS) aio_suspend(list, 1, nullptr);
    CHILD_CHECK(aio_return(&block) == 4);
    CHILD_CHECK(aio_read(&block) == 0);
    CHILD_CHECK(aio_cancel(kReader, &block) == AIO_CANCELED);
    for (const int counter : counters) {
      eventfd_t value = 0;
      CHILD_CHECK(eventfd_read(counter, &value) == -1 && errno == EAGAIN);
    }
  });
}

TEST(DropInOwnTest, CloseOfOneIsAnError) {
  EXPECT_EQ(AfterWhich([](const std::vector<int>& own) {
              for (const int fd : own) {
                errno = 0;
                CHILD_CHECK(close(fd) == -1 && errno == EBADF);
                CHILD_CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC);
              }
            }),
            "ok");
}

TEST(DropInOwnTest, SurvivesALoopOverAllNumbers) {
  EXPECT_EQ(AfterWhich([](const std::vector<int>&) {
              for (int fd = 3; fd < kEnd; ++fd) {
                if (fd != kReader && fd != kWriter) close(fd);
              }
            }),
            "ok");
}

TEST(DropInOwnTest, SurvivesRangesAndClosefrom) {
  EXPECT_EQ(
      AfterWhich([](const std::vector<int>& own) {
        const int between = own.back() + 1;
        CHILD_CHECK(dup2(STDERR_FILENO, between) == between);
        CHILD_CHECK(close_range(3, kReader - 1, 0) == 0);
        CHILD_CHECK(close_range(kWriter + 1, kEnd, 0) == 0);
        CHILD_CHECK(!IsOpen(between));
        CHILD_CHECK(dup2(STDERR_FILENO, between) == between);
        const auto front = static_cast<unsigned>(own.front());
        CHILD_CHECK(close_range(front, front, 0) == 0);
        CHILD_CHECK(close_range(front, front + 1, CLOSE_RANGE_CLOEXEC) == 0);
        closefrom(kWriter + 1);
        CHILD_CHECK(!IsOpen(between));
        CHILD_CHECK(OfTheLibrary() == own);
      }),
      "ok");
}

TEST(DropInOwnTest, MovesAwayFromWhatIsReplaced) {
  EXPECT_EQ(AfterWhich([](const std::vector<int>& own) {
              for (const int fd : own) {
                CHILD_CHECK(dup2(STDERR_FILENO, fd) == fd);
                CHILD_CHECK(fcntl(fd, F_GETFD) == 0);
                // A replacement that fails leaves it where it is.
                const std::vector<int> now = OfTheLibrary();
                CHILD_CHECK(now.size() == own.size());
                errno = 0;
                CHILD_CHECK(dup3(kEnd, now.front(), 0) == -1);
                CHILD_CHECK(errno == EBADF && OfTheLibrary() == now);
              }
              // The program's, as good as any.
              for (const int fd : own) CHILD_CHECK(close(fd) == 0);
            }),
            "ok");
}

TEST(DropInOwnTest, MovesAwayFromTwoThreadsAtOnce) {
  EXPECT_EQ(AfterWhich([](const std::vector<int>& own) {
              std::atomic<int> target{-1};
              std::atomic<int> round{0};
              std::atomic<int> done{0};
              constexpr int kRounds = 20;
              const auto replace = [&] {
                for (int i = 1; i <= kRounds; ++i) {
                  while (round < i) std::this_thread::yield();
                  CHILD_CHECK(dup2(STDERR_FILENO, target) == target);
                  done.fetch_add(1);
                }
              };
              std::thread first(replace);
              std::thread second(replace);
              for (int i = 1; i <= kRounds; ++i) {
                const std::vector<int> now = OfTheLibrary();
                CHILD_CHECK(now.size() == own.size());
                target = now[static_cast<size_t>(i) % now.size()];
                round = i;
                while (done < 2 * i) std::this_thread::yield();
                CHILD_CHECK(close(target) == 0);
              }
              first.join();
              second.join();
            }),
            "ok");
}

// By system calls that nobody sees.  A set of the program's takes the numbers.
TEST(DropInOwnTest, RecoversFromWhatIsClosedBehindItsBack) {
  EXPECT_EQ(AfterWhich([](const std::vector<int>& own) {
              for (int fd = 3; fd < kEnd; ++fd) {
                if (fd != kReader && fd != kWriter) syscall(SYS_close, fd);
              }
              const int set = epoll_create1(0);
              const int counter = eventfd(0, 0);
              epoll_event event = {};
              event.events = EPOLLIN;
              CHILD_CHECK(epoll_ctl(set, EPOLL_CTL_ADD, counter, &event) == 0);
              for (const int fd : own)
                CHILD_CHECK(fcntl(set, F_DUPFD, fd) == fd);
              std::array<int, 2> ends;
              CHILD_CHECK(pipe(ends.data()) == 0);
              {
                const WaitingRead read(ends[0]);
                CHILD_CHECK(write(ends[1], "abcd", 4) == 4);
                while (read.waits()) std::this_thread::yield();
              }
              const std::string text =
                  TextOf("/proc/self/fdinfo/" + std::to_string(set));
              CHILD_CHECK(text.find("tfd:") == text.rfind("tfd:"));
              CHILD_CHECK(epoll_wait(set, &event, 1, 0) == 0);
              CHILD_CHECK(eventfd_write(counter, 1) == 0);
              CHILD_CHECK(epoll_wait(set, &event, 1, 0) == 1);
            }),
            "ok");
}

// What it closes and replaces is in a table of its own, although it runs the
// library in the parent's memory.
TEST(DropInOwnTest, AVforksChildTakesNothing) {
  EXPECT_EQ(AfterWhich([](const std::vector<int>& own) {
              const pid_t child = vfork();
              if (child == 0) {
                for (const int fd : own) {
                  dup2(STDERR_FILENO, fd);
                  close(fd);
                }
                closefrom(3);
                _exit(0);
              }
              CHILD_CHECK(VerdictOf(child) == "ok");
              CHILD_CHECK(OfTheLibrary() == own);
            }),
            "ok");
}

}  // namespace
}  // namespace aioemul::testing
