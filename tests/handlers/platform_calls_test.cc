// A handler that runs at every call that the library makes to the system on the
// thread of a submission, or as soon after as handlers can run (contract C3).
// Many of these calls are made with a mutex held, or just before another thread
// is woken.
//
// The handler waits for the very request that is being submitted, if it is in
// progress, and for another one that is.  When it has come too early the test
// does not end.

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <string>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/behaviour/signal_catcher.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::testing {
namespace {

// Raises SIGUSR1 before each call that a chosen thread makes.
class RaisingPlatform final : public ForwardingPlatform {
 public:
  // The calling thread, until the number of calls has been taken.
  void RaiseHere() {
    raised_ = 0;
    thread_ = pthread_self();
    raising_ = true;
  }
  int StopRaising() {
    raising_ = false;
    return raised_;
  }

  int Inspect(int fd, Direction direction, DescriptorTraits* traits) override {
    Raise();
    return ForwardingPlatform::Inspect(fd, direction, traits);
  }
  int CheckOpen(int fd) override {
    Raise();
    return ForwardingPlatform::CheckOpen(fd);
  }
  // From now on reads are made at once, if the system can, and writes.
  void TransferAtOnce() { at_once_ = true; }
  ssize_t ReadCached(int fd, void* buffer, size_t count,
                     off_t offset) override {
    if (!at_once_) return -EOPNOTSUPP;
    Raise();
    return ForwardingPlatform::ReadCached(fd, buffer, count, offset);
  }
  ssize_t WriteCached(int fd, const void* buffer, size_t count,
                      off_t offset) override {
    if (!at_once_) return -EOPNOTSUPP;
    Raise();
    return ForwardingPlatform::WriteAt(fd, buffer, count, offset);
  }
  ssize_t TryRead(int fd, void* buffer, size_t count) override {
    Raise();
    return ForwardingPlatform::TryRead(fd, buffer, count);
  }
  ssize_t TryWrite(int fd, const void* buffer, size_t count) override {
    Raise();
    return ForwardingPlatform::TryWrite(fd, buffer, count);
  }
  Readiness* NewReadiness() override {
    Raise();
    return ForwardingPlatform::NewReadiness();
  }
  void* Allocate(size_t size) override {
    Raise();
    return ForwardingPlatform::Allocate(size);
  }
  int CallerPriority() override {
    Raise();
    return ForwardingPlatform::CallerPriority();
  }
  int StartWorker(const ThreadStart& start) override {
    Raise();
    return ForwardingPlatform::StartWorker(start);
  }
  void Wake(const std::atomic<uint32_t>& word) override {
    Raise();
    ForwardingPlatform::Wake(word);
  }

 private:
  void Raise() {
    if (!raising_ || !pthread_equal(pthread_self(), thread_)) return;
    ++raised_;
    raise(SIGUSR1);
  }

  bool at_once_ = false;
  std::atomic<bool> raising_{false};
  pthread_t thread_ = {};
  int raised_ = 0;
};

class PlatformCallsTest : public ::testing::Test {
 protected:
  PlatformCallsTest() { options_.threads.value = 2; }

  // Makes `call` in the midst of handlers, at first with an engine that has no
  // thread and no memory, then with ones that idle.
  void CallAmidHandlers(const std::function<void(Engine&)>& call) {
    for (int i = 0; i < 20; ++i) {
      Engine engine(options_, platform_);
      engine_ = &engine;
      for (int j = 0; j < 5; ++j) {
        const SignalCatcher catcher(0, [this] { Await(); });
        platform_.RaiseHere();
        call(engine);
        EXPECT_GT(platform_.StopRaising(), 0);
        EXPECT_GT(SignalCatcher::caught(), 0);
      }
      EXPECT_EQ(wrong_, 0);
    }
  }

  // The handler's part.
  void Await() {
    if (feeds_ && engine_->Error(&block_) == EINPROGRESS) {
      feeds_ = false;
      wrong_ += write(pipe_.second(), "hello", kBytes) == kBytes ? 0 : 1;
    }
    for (const aiocb* block : {&block_, &other_}) {
      const aiocb* const list[] = {block};
      wrong_ += engine_->Suspend(list, 1, nullptr) == 0 ? 0 : 1;
    }
  }

  void ExpectSuccess(aiocb& block, size_t count = kBytes) {
    EXPECT_EQ(testing::Await(*engine_, block), Success(count));
  }

  static constexpr ssize_t kBytes = 5;
  const TempFile file_{"hello world"};
  const Channel pipe_ = Channel::Pipe();
  std::string buffer_ = std::string(kBytes, '.');
  std::string other_buffer_ = buffer_;
  // What the handler waits for, when they are in progress.
  aiocb block_ = {};
  aiocb other_ = {};
  // Whether the handler is to write what a read of the pipe waits for.
  std::atomic<bool> feeds_{false};
  std::atomic<int> wrong_{0};
  Options options_;
  RaisingPlatform platform_;
  Engine* engine_ = nullptr;
};

TEST_F(PlatformCallsTest, OfARead) {
  CallAmidHandlers([&](Engine& engine) {
    block_ = ReadBlock(file_.fd(), buffer_);
    EXPECT_EQ(engine.Read(&block_), 0);
    ExpectSuccess(block_);
  });
}

TEST_F(PlatformCallsTest, OfAReadAtOnce) {
  platform_.TransferAtOnce();
  CallAmidHandlers([&](Engine& engine) {
    block_ = ReadBlock(file_.fd(), buffer_);
    EXPECT_EQ(engine.Read(&block_), 0);
    ExpectSuccess(block_);
    EXPECT_EQ(buffer_, "hello");
  });
}

TEST_F(PlatformCallsTest, OfAWriteAtOnce) {
  platform_.TransferAtOnce();
  CallAmidHandlers([&](Engine& engine) {
    block_ = WriteBlock(file_.fd(), "hello");
    EXPECT_EQ(engine.Write(&block_), 0);
    ExpectSuccess(block_);
  });
}

TEST_F(PlatformCallsTest, OfAWrite) {
  CallAmidHandlers([&](Engine& engine) {
    block_ = WriteBlock(file_.fd(), "hello");
    EXPECT_EQ(engine.Write(&block_), 0);
    ExpectSuccess(block_);
  });
}

TEST_F(PlatformCallsTest, OfASynchronization) {
  CallAmidHandlers([&](Engine& engine) {
    block_ = WriteBlock(file_.fd(), "hello");
    EXPECT_EQ(engine.Sync(O_SYNC, &block_), 0);
    ExpectSuccess(block_, 0);
  });
}

TEST_F(PlatformCallsTest, OfAList) {
  for (const int mode : {LIO_WAIT, LIO_NOWAIT}) {
    CallAmidHandlers([&](Engine& engine) {
      block_ = WriteBlock(file_.fd(), "hello");
      other_ = ReadBlock(file_.fd(), other_buffer_);
      aiocb* const list[] = {&block_, &other_};
      // A handler that ran meanwhile ends a wait for the list.
      const int answer = engine.List(mode, list, 2, nullptr);
      EXPECT_TRUE(answer == 0 || answer == -EINTR) << answer;
      ExpectSuccess(block_);
      ExpectSuccess(other_);
    });
  }
}

// The handler writes what the read waits for.
TEST_F(PlatformCallsTest, OfAReadThatWaits) {
  CallAmidHandlers([&](Engine& engine) {
    feeds_ = true;
    block_ = ReadBlock(pipe_.first(), buffer_);
    EXPECT_EQ(engine.Read(&block_), 0);
    ExpectSuccess(block_);
    EXPECT_EQ(buffer_, "hello");
  });
}

}  // namespace
}  // namespace aioemul::testing
