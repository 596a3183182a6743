// What the function of a notification may do, as if it ran in any new thread
// (contract G2).

#include <aio.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/notifications/waited_signals.h"

namespace aioemul::testing {
namespace {

// A function that took the one worker, or held what it needs, would be missed
// at once.
Options OneWorker() {
  Options options;
  options.threads.value = 1;
  return options;
}

// What the functions work with.
struct Scene {
  aiocb NotifyingWrite(void (*function)(sigval)) {
    aiocb block = WriteBlock(file.fd(), "hello");
    block.aio_sigevent = ThreadEvent(function, this);
    return block;
  }
  void Submit(aiocb& block) { EXPECT_EQ(engine.Write(&block), 0); }

  const TempFile file{"hello world"};
  const Channel pipe = Channel::Pipe();
  const WaitedSignal signal{SIGRTMIN};
  Engine engine{OneWorker(), SystemPlatform()};
  Gate begun;
  Gate done;
  Gate may_end;
  std::atomic<int> count{0};
  aiocb own_block = {};
};

Scene& Of(sigval value) { return *static_cast<Scene*>(value.sival_ptr); }

TEST(FunctionTest, MayBlockForEver) {
  constexpr int kBlocked = 100;
  Scene scene;
  std::vector<aiocb> blocked(kBlocked, scene.NotifyingWrite([](sigval value) {
    Of(value).begun.Open();
    Of(value).may_end.Await();
    Of(value).done.Open();
  }));
  for (aiocb& block : blocked) scene.Submit(block);
  scene.begun.Await(kBlocked);
  // All else goes on.
  for (int i = 0; i < 200; ++i) {
    aiocb block =
        scene.NotifyingWrite([](sigval value) { Of(value).begun.Open(); });
    scene.Submit(block);
    scene.begun.Await();
    ASSERT_EQ(Await(scene.engine, block), Success(5));
    block.aio_sigevent = SignalEvent(SIGRTMIN, i);
    scene.Submit(block);
    ASSERT_EQ(scene.signal.TakeValue(), i);
    ASSERT_EQ(Await(scene.engine, block), Success(5));
  }
  EXPECT_FALSE(scene.done.IsOpen());
  for (int i = 0; i < kBlocked; ++i) scene.may_end.Open();
  scene.done.Await(kBlocked);
  for (aiocb& block : blocked) {
    EXPECT_EQ(Await(scene.engine, block), Success(5));
  }
}

// Requests of its own, on files and on streams, lists, barriers, cancellation.
TEST(FunctionTest, MaySubmitAndWait) {
  constexpr int kRequests = 200;
  Scene scene;
  std::vector<aiocb> blocks(kRequests, scene.NotifyingWrite([](sigval value) {
    Scene& its_scene = Of(value);
    Engine& engine = its_scene.engine;
    std::string buffer(5, '.');
    aiocb read = ReadBlock(its_scene.file.fd(), buffer);
    aiocb write = WriteBlock(its_scene.file.fd(), "hello");
    aiocb sync = SyncBlock(its_scene.pipe.first());
    aiocb idle = ReadBlock(its_scene.pipe.first(), buffer);
    aiocb* const list[] = {&read, &write};
    EXPECT_EQ(engine.List(LIO_WAIT, list, 2, nullptr), 0);
    EXPECT_EQ(Await(engine, read), Success(5));
    EXPECT_EQ(Await(engine, write), Success(5));
    EXPECT_EQ(buffer, "hello");
    EXPECT_EQ(engine.Read(&idle), 0);
    EXPECT_EQ(engine.Sync(O_SYNC, &sync), 0);
    EXPECT_EQ(engine.Cancel(its_scene.pipe.first(), &idle), AIO_CANCELED);
    EXPECT_EQ(Await(engine, idle), Failure(ECANCELED));
    // Pipes cannot be synchronized, but the others' barriers are passed.
    EXPECT_EQ(Await(engine, sync), Failure(EINVAL));
    its_scene.done.Open();
  }));
  for (aiocb& block : blocks) scene.Submit(block);
  scene.done.Await(kRequests);
  for (aiocb& block : blocks) EXPECT_EQ(Await(scene.engine, block), Success(5));
}

// Each function submits the request that calls the next, by the same block.
TEST(FunctionTest, MaySubmitItsOwnBlockAgain) {
  constexpr int kTimes = 2000;
  Scene scene;
  scene.own_block = scene.NotifyingWrite([](sigval value) {
    Scene& its_scene = Of(value);
    EXPECT_EQ(Await(its_scene.engine, its_scene.own_block), Success(5));
    if (++its_scene.count < kTimes) its_scene.Submit(its_scene.own_block);
    its_scene.done.Open();
  });
  scene.Submit(scene.own_block);
  scene.done.Await(kTimes);
  EXPECT_EQ(scene.count, kTimes);
}

TEST(FunctionTest, MayCatchWhatItThrows) {
  constexpr int kTimes = 100;
  Scene scene;
  std::vector<aiocb> blocks(kTimes, scene.NotifyingWrite([](sigval value) {
    try {
      throw std::runtime_error("caught");
    } catch (const std::runtime_error&) {
      ++Of(value).count;
    }
    Of(value).done.Open();
  }));
  for (aiocb& block : blocks) scene.Submit(block);
  scene.done.Await(kTimes);
  EXPECT_EQ(scene.count, kTimes);
  for (aiocb& block : blocks) EXPECT_EQ(Await(scene.engine, block), Success(5));
}

// As in any thread: nobody above it catches.
TEST(FunctionDeathTest, EndsTheProcessByWhatItDoesNotCatch) {
  EXPECT_DEATH(
      {
        std::set_terminate([] {
          constexpr char kText[] = "std::terminate was called\n";
          const ssize_t written =
              write(STDERR_FILENO, kText, sizeof(kText) - 1);
          static_cast<void>(written);
          abort();
        });
        Scene scene;
        aiocb block = scene.NotifyingWrite(
            [](sigval /*value*/) { throw std::runtime_error("not caught"); });
        scene.Submit(block);
        scene.done.Await();
      },
      "std::terminate was called");
}

// What a child does is its own business; the parent loses nothing by it.
TEST(FunctionTest, MayFork) {
  constexpr int kForks = 50;
  constexpr int kOthers = 1000;
  Scene scene;
  std::vector<aiocb> forks(kForks, scene.NotifyingWrite([](sigval value) {
    const pid_t child = fork();
    if (child == 0) _exit(7);
    int status = 0;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 7);
    Of(value).done.Open();
  }));
  std::vector<aiocb> others(kOthers, scene.NotifyingWrite([](sigval value) {
    ++Of(value).count;
    Of(value).done.Open();
  }));
  std::vector<aiocb> signals(kOthers, WriteBlock(scene.file.fd(), "hello"));
  for (size_t i = 0; i < kOthers; ++i) {
    if (i % (kOthers / kForks) == 0) {
      scene.Submit(forks[i / (kOthers / kForks)]);
    }
    scene.Submit(others[i]);
    signals[i].aio_sigevent = SignalEvent(SIGRTMIN, static_cast<int>(i));
    scene.Submit(signals[i]);
  }
  for (int i = 0; i < kOthers; ++i) ASSERT_EQ(scene.signal.TakeValue(), i);
  scene.done.Await(kForks + kOthers);
  EXPECT_EQ(scene.count, kOthers);
  for (auto* blocks : {&forks, &others, &signals}) {
    for (aiocb& block : *blocks) {
      ASSERT_EQ(Await(scene.engine, block), Success(5));
    }
  }
}

}  // namespace
}  // namespace aioemul::testing
