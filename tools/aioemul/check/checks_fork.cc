// H1: fork with requests outstanding and with threads inside.
//
// Where the application has one thread, its child may call any function.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// Reads a byte of the file and waits for it, in a child: 0 when all is right.
int ReadInChild(Trial& trial, int fd) {
  char byte = 0;
  aiocb block = BlockFor(fd, &byte, 1, 0);
  if (trial.backend().read(&block) != 0) return 1;
  const aiocb* const list[] = {&block};
  while (trial.backend().suspend(list, 1, nullptr) != 0) {
    if (errno != EINTR) return 2;
  }
  if (trial.backend().error(&block) != 0) return 3;
  if (trial.backend().result(&block) != 1) return 4;
  return static_cast<unsigned char>(byte) == PatternAt(0) ? 0 : 5;
}

void ExpectChildReads(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDONLY);
  trial.Expect(true, "a forked child reads with aio_read, and is waited for");
  trial.ExpectEqual(
      "the step of the child that was wrong",
      StatusOfChild(trial, [&] { return ReadInChild(trial, fd); }), 0);
}

// Whatever carries requests out is there, idle, when the process forks.
void ChildOfIdle(Trial& trial) {
  char byte = 0;
  const int fd = trial.NewFile(1, O_RDWR);
  for (int i = 0; i < 20; ++i) {
    aiocb block = BlockFor(fd, &byte, 1, 0);
    trial.Write(&block);
    trial.Await(block);
    trial.Return(&block);
  }
  ExpectChildReads(trial);
}

void ChildOfBusy(Trial& trial) {
  constexpr int kReads = 4;
  std::deque<IdleRead> reads;
  for (int i = 0; i < kReads; ++i) reads.emplace_back(trial).Submit();
  ExpectChildReads(trial);
}

void ParentIsUnaffected(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  const int fed = StatusOfChild(trial, [&] {
    read.Feed();
    return 0;
  });
  trial.ExpectEqual("exit status of the child that feeds the parent's read",
                    fed, 0);
  trial.ExpectResult("the parent's read", read.block(), 0, 1);
  trial.ExpectEqual("the byte that came to the parent", read.byte(),
                    IdleRead::kFood);
  read.Submit();
  read.Feed();
  trial.ExpectResult("a read of the parent after the fork", read.block(), 0, 1);
}

// The parent's read is of the child's memory too, until one of them writes.
void ChildInheritsNone(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  const int fd = trial.NewFile(1, O_RDONLY);
  const int answer = StatusOfChild(trial, [&] {
    read.Feed();
    // Its own read gives an inherited one every chance; how it ends is looked
    // at elsewhere.
    static char byte = 0;
    static aiocb own = BlockFor(fd, &byte, 1, 0);
    const timespec moment = {0, 10'000'000};
    const aiocb* const list[] = {&own};
    if (trial.backend().read(&own) == 0) {
      trial.backend().suspend(list, 1, &moment);
    }
    return read.byte() == 0 ? 0 : 1;
  });
  trial.ExpectEqual("reads of the parent carried out in the child", answer, 0);
  trial.ExpectResult("the parent's read", read.block(), 0, 1);
}

void InheritedReadCancelled(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  const int error =
      StatusOfChild(trial, [&] { return trial.backend().error(read.block()); });
  trial.ExpectError("aio_error, in the child, of the parent's idle read", error,
                    ECANCELED);
}

void ChildOfChild(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  const int fd = trial.NewFile(1, O_RDONLY);
  trial.Expect(true, "a child reads, forks, and its child reads");
  const int step = StatusOfChild(trial, [&] {
    const int own = ReadInChild(trial, fd);
    if (own != 0) return own;
    return StatusOfChild(trial, [&] { return ReadInChild(trial, fd); });
  });
  trial.ExpectEqual("the step of them that was wrong", step, 0);
}

// The threads are inside of calls at whatever moment the process forks.
void ForksWithThreadsInside(Trial& trial) {
  constexpr int kThreads = 4;
  constexpr int kForks = 100;
  const int fd = trial.NewFile(4096, O_RDWR);
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      char byte = 'x';
      aiocb block = BlockFor(fd, &byte, 1, 1 + i);
      while (!over.load()) {
        trial.Write(&block);
        SuspendFor(trial, &block);
        trial.Cancel(fd, nullptr);
        trial.Return(&block);
      }
    });
  }
  trial.Expect(true, "children of a busy process read, and are waited for");
  int step = 0;
  for (int i = 0; i < kForks && step == 0; ++i) {
    step = StatusOfChild(trial, [&] { return ReadInChild(trial, fd); });
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
  trial.ExpectEqual("the step of a child that was wrong", step, 0);
}

constexpr absl::string_view kFork =
    "fork, DESCRIPTION: an exact copy that inherits no operation";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"fork.child-of-idle-process", "H1", kFork, kDemanded,
     "the child of a process that has used AIO can use it", ChildOfIdle},
    {"fork.child-of-busy-process", "H1", kFork, kDemanded,
     "the child of a process with requests outstanding can use AIO",
     ChildOfBusy},
    {"fork.parent-unaffected", "H1", kFork, kDemanded,
     "the requests of the parent go on, and it can make new ones",
     ParentIsUnaffected},
    {"fork.child-inherits-none", "H1", kFork, kDemanded,
     "no request of the parent is carried out in the child", ChildInheritsNone},
    {"fork.inherited-block", "H1", "", kPromised,
     "a block in progress at the fork reads ECANCELED in the child",
     InheritedReadCancelled},
    {"fork.child-of-child", "H1", kFork, kDemanded,
     "a child's child can use AIO", ChildOfChild},
    {"fork.threads-inside", "H1", "", kPromised,
     "the child can use AIO whatever other threads did at the fork",
     ForksWithThreadsInside},
};

}  // namespace

absl::Span<const Check> ForkChecks() { return kChecks; }

}  // namespace aioemul::tools::check
