// The descriptors that the library has for itself are not its children's
// (contract H1).

#include <aio.h>
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <set>
#include <string>
#include <thread>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/calls.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// The open descriptors, but for the one that reads the list.
std::set<int> OpenDescriptors() {
  std::set<int> open;
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return open;
  while (const dirent* entry = readdir(directory)) {
    const int fd = atoi(entry->d_name);
    if (entry->d_name[0] != '.' && fd != dirfd(directory)) open.insert(fd);
  }
  closedir(directory);
  return open;
}

// Those that are no file of any file system, as the poller's.
std::set<int> AnonymousDescriptors() {
  std::set<int> anonymous;
  for (const int fd : OpenDescriptors()) {
    std::array<char, 64> target = {};
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    if (readlink(link.c_str(), target.data(), target.size() - 1) < 0) continue;
    if (std::string(target.data()).find("anon_inode:") == 0) {
      anonymous.insert(fd);
    }
  }
  return anonymous;
}

// A request may not have reached the poller yet.
void AwaitPoller() {
  constexpr size_t kOfPoller = 2;
  while (AnonymousDescriptors().size() < kOfPoller) std::this_thread::yield();
}

TEST(OwnDescriptorsTest, OfThePollerAreClosedInTheChild) {
  const Channel pipe = Channel::Pipe();
  const std::set<int> before = OpenDescriptors();
  std::string text = "....";
  aiocb block = BlockFor(pipe.first(), text);
  ASSERT_EQ(aioemul_read(&block), 0);
  AwaitPoller();
  const std::set<int> with_poller = OpenDescriptors();
  EXPECT_EQ(InChild([&] { CHILD_CHECK(OpenDescriptors() == before); }), "ok");
  EXPECT_EQ(OpenDescriptors(), with_poller);
  EXPECT_EQ(write(pipe.second(), "x", 1), 1);
  EXPECT_EQ(Await(block), 0);
}

// Its own child must not close those numbers once more: they are the program's.
TEST(OwnDescriptorsTest, OfAnEarlierGenerationAreTheProgramsAgain) {
  const Channel pipe = Channel::Pipe();
  std::string text = "....";
  aiocb block = BlockFor(pipe.first(), text);
  ASSERT_EQ(aioemul_read(&block), 0);
  AwaitPoller();
  EXPECT_EQ(InChild([] {
              for (int i = 0; i < 8; ++i) CHILD_CHECK(dup(0) >= 0);
              const std::set<int> open = OpenDescriptors();
              const std::string verdict =
                  InChild([&open] { CHILD_CHECK(OpenDescriptors() == open); });
              CHILD_CHECK(verdict == "ok");
            }),
            "ok");
  EXPECT_EQ(aioemul_cancel(pipe.first(), nullptr), AIO_CANCELED);
}

size_t OpenPipes() {
  size_t count = 0;
  for (const int fd : OpenDescriptors()) {
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode)) ++count;
  }
  return count;
}

// A FIFO with a name is opened once more for each transfer on it.  A child that
// inherited its write end would keep a reader from ever seeing the end.
TEST(OwnDescriptorsTest, OpenedForTheMomentAreInNoChild) {
  const std::string path =
      ::testing::TempDir() + "fifo_" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  const Descriptor first(open(path.c_str(), O_RDONLY | O_NONBLOCK));
  const Descriptor writer(open(path.c_str(), O_WRONLY));
  const Descriptor reader(open(path.c_str(), O_RDONLY));
  const size_t pipes = OpenPipes();
  std::atomic<bool> stop{false};
  std::atomic<int> transfers{0};
  std::thread busy([&] {
    std::string text = "text";
    while (!stop.load()) {
      aiocb write = BlockFor(writer.number(), text);
      aiocb read = BlockFor(reader.number(), text);
      if (aioemul_write(&write) != 0 || Await(write) != 0) abort();
      if (aioemul_read(&read) != 0 || Await(read) != 0) abort();
      transfers.fetch_add(1);
    }
  });
  for (int i = 0; i < 300; ++i) {
    const int seen = transfers.load();
    while (transfers.load() == seen) std::this_thread::yield();
    EXPECT_EQ(InChild([&] { CHILD_CHECK(OpenPipes() == pipes); }), "ok")
        << "at fork " << i;
  }
  stop.store(true);
  busy.join();
  EXPECT_EQ(unlink(path.c_str()), 0);
}

}  // namespace
}  // namespace aioemul::testing
