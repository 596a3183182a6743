// Forks while other threads are inside the library (contract H1): every child
// works at once, and the parent loses nothing.  Under a sanitizer only the
// parent is judged.

#include <aio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>
#include <vector>

#include "aio/aio.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/fork/calls.h"
#include "tests/fork/child.h"

namespace aioemul::testing {
namespace {

constexpr int kForks = kChildrenHaveMemory ? 200 : 50;

// Threads that never stop calling, each on files of its own; and what each of
// them saw go wrong.
class BusyForkTest : public ::testing::Test {
 protected:
  using Step = bool (*)(int fd, const Channel& pipe);

  void Start(Step step) {
    threads_.emplace_back([this, step] {
      const TempFile file("0123456789abcdef");
      const Channel pipe = Channel::Pipe();
      while (!stop_.load()) {
        if (!step(file.fd(), pipe)) failures_.fetch_add(1);
        steps_.fetch_add(1);
      }
    });
  }

  // Forks again and again, at different moments of the steps.
  void Fork() {
    const TempFile own;
    for (int i = 0; i < kForks; ++i) {
      // So that every fork finds the threads at work.
      const int seen = steps_.load();
      while (steps_.load() == seen) std::this_thread::yield();
      ASSERT_EQ(InChild([&own] {
                  if (!kChildrenHaveMemory) return;
                  CHILD_CHECK(WritesAndReads(own.fd(), "child"));
                  aioinit tuning = {};
                  tuning.aio_threads = 3;
                  aioemul_init(&tuning);
                  CHILD_CHECK(WritesAndReads(own.fd(), "again"));
                }),
                "ok")
          << "at fork " << i;
    }
    stop_.store(true);
    for (std::thread& thread : threads_) thread.join();
    EXPECT_EQ(failures_.load(), 0);
  }

 private:
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<int> steps_{0};
  std::atomic<int> failures_{0};
};

bool WriteAndWait(int fd, const Channel& /*pipe*/) {
  return WritesAndReads(fd, "parent");
}

// Submits a read that must wait, and cancels it.
bool WaitAndCancel(int /*fd*/, const Channel& pipe) {
  std::string text = "....";
  aiocb block = BlockFor(pipe.first(), text);
  if (aioemul_read(&block) != 0) return false;
  const timespec soon = {0, 1};
  const aiocb* const list[] = {&block};
  if (aioemul_suspend(list, 1, &soon) != -1 || errno != EAGAIN) return false;
  return aioemul_cancel(pipe.first(), &block) == AIO_CANCELED &&
         aioemul_error(&block) == ECANCELED && aioemul_return(&block) == -1;
}

bool ListAndWait(int fd, const Channel& pipe) {
  std::array<std::string, 4> texts;
  std::array<aiocb, 4> blocks = {};
  std::array<aiocb*, 4> list = {};
  for (size_t i = 0; i < list.size(); ++i) {
    texts[i] = "....";
    const bool stream = i == 0;
    blocks[i] = BlockFor(stream ? pipe.second() : fd, texts[i]);
    blocks[i].aio_lio_opcode = stream ? LIO_WRITE : LIO_READ;
    list[i] = &blocks[i];
  }
  if (aioemul_listio(LIO_WAIT, list.data(), 4, nullptr) != 0) return false;
  for (aiocb& block : blocks) {
    if (aioemul_return(&block) != 4) return false;
  }
  std::array<char, 4> drained;
  return read(pipe.first(), drained.data(), 4) == 4 && texts[1] == "0123";
}

std::atomic<int> called{0};

bool NotifyByThread(int fd, const Channel& /*pipe*/) {
  std::atomic<bool> done{false};
  std::string text = "....";
  aiocb block = BlockFor(fd, text);
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_notify_function = [](sigval value) {
    called.fetch_add(1);
    static_cast<std::atomic<bool>*>(value.sival_ptr)->store(true);
  };
  block.aio_sigevent.sigev_value.sival_ptr = &done;
  if (aioemul_read(&block) != 0) return false;
  while (!done.load()) std::this_thread::yield();
  return aioemul_return(&block) == 4;
}

TEST_F(BusyForkTest, WhileOthersWriteAndRead) {
  Start(&WriteAndWait);
  Start(&WriteAndWait);
  Fork();
}

TEST_F(BusyForkTest, WhileOthersWaitAndCancel) {
  Start(&WaitAndCancel);
  Start(&WaitAndCancel);
  Fork();
}

TEST_F(BusyForkTest, WhileOthersSubmitLists) {
  Start(&ListAndWait);
  Start(&ListAndWait);
  Fork();
}

TEST_F(BusyForkTest, WhileOthersAreNotifiedByThreads) {
  Start(&NotifyByThread);
  Fork();
  EXPECT_GT(called.load(), 0);
}

TEST_F(BusyForkTest, WhileOthersDoAllOfThese) {
  Start(&WriteAndWait);
  Start(&WaitAndCancel);
  Start(&ListAndWait);
  Start(&NotifyByThread);
  Fork();
}

TEST_F(BusyForkTest, FromSeveralThreadsAtOnce) {
  Start(&WaitAndCancel);
  Start([](int fd, const Channel& /*pipe*/) {
    return InChild([fd] {
             if (!kChildrenHaveMemory) return;
             CHILD_CHECK(WritesAndReads(fd, "child of another"));
           }) == "ok";
  });
  Fork();
}

}  // namespace
}  // namespace aioemul::testing
