// Forks of a program whose allocator has one lock, which its fork handlers hold
// (contract H1): no thread of the library may wait for memory while it holds
// what a fork waits for.  The allocator is that of one_lock_allocator.cc, for
// the whole program; the library is the drop-in.

#include <aio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

// Reads what is not there, and takes it back; whether that went well.
bool WaitsAndCancels(int fd) {
  std::array<char, 4> buffer;
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer.data();
  block.aio_nbytes = buffer.size();
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  if (aio_read(&block) != 0) return false;
  // So that the poller, which leaves at once when nobody waits, is made anew.
  const timespec moment = {0, 200'000};
  const aiocb* const list[] = {&block};
  if (aio_suspend(list, 1, &moment) == 0 || errno != EAGAIN) return false;
  return aio_cancel(fd, &block) == AIO_CANCELED &&
         aio_error(&block) == ECANCELED;
}

TEST(AllocatorForkTest, AForkNeverWaitsForWhoWaitsForItsAllocator) {
  aioinit tuning = {};
  tuning.aio_threads = 8;
  aio_init(&tuning);
  std::atomic<bool> stop{false};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      // Numbers that were never used need memory, too.
      while (!stop.load()) {
        const Channel pipe = Channel::Pipe();
        if (!WaitsAndCancels(pipe.first())) failures.fetch_add(1);
        std::this_thread::yield();
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    ASSERT_EQ(InChild([i] {
                if (i % 100 != 0) return;
                const Channel pipe = Channel::Pipe();
                CHILD_CHECK(WaitsAndCancels(pipe.first()));
              }),
              "ok")
        << "at fork " << i;
  }
  stop.store(true);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures.load(), 0);
}

}  // namespace
}  // namespace aioemul::testing
