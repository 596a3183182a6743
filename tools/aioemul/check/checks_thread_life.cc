// H4, H5: the threads of the caller, and those of the backend.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

void IdleReadOutlivesThread(Trial& trial) {
  IdleRead read(trial);
  std::thread([&] { read.Submit(); }).join();
  trial.ExpectError("aio_error of an idle read whose thread has ended",
                    trial.backend().error(read.block()), EINPROGRESS);
  read.Feed();
  trial.ExpectResult("the read", read.block(), 0, 1);
}

void ManyReadsOutliveThreads(Trial& trial) {
  constexpr int kThreads = 100;
  char byte = 0;
  const int fd = trial.NewFile(1, O_RDWR);
  std::vector<aiocb> blocks(kThreads, BlockFor(fd, &byte, 1, 0));
  for (aiocb& block : blocks) {
    std::thread([&] { trial.Write(&block); }).join();
  }
  int completed = 0;
  for (aiocb& block : blocks) {
    if (trial.Await(block) == 0 && trial.Return(&block) == 1) ++completed;
  }
  trial.ExpectEqual("writes of 100 threads, long ended, that were done",
                    completed, kThreads);
}

struct Caller {
  Trial* trial;
  aiocb* block;
  std::atomic<bool> may_call{false};
  bool called_all = false;
};

// Cancelled before it calls; none of what it calls may act on that.
void* CallCancelled(void* argument) {
  Caller& caller = *static_cast<Caller*>(argument);
  const Backend& backend = caller.trial->backend();
  while (!caller.may_call) sched_yield();
  backend.read(caller.block);
  while (backend.error(caller.block) == EINPROGRESS) sched_yield();
  backend.cancel(caller.block->aio_fildes, caller.block);
  backend.result(caller.block);
  caller.called_all = true;
  return nullptr;
}

void CallsAreNoCancellationPoints(Trial& trial) {
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  Caller caller{&trial, &block};
  pthread_t thread;
  if (pthread_create(&thread, nullptr, CallCancelled, &caller) != 0) {
    trial.NotRun("cannot start a thread");
  }
  pthread_cancel(thread);
  caller.may_call = true;
  pthread_join(thread, nullptr);
  trial.ExpectThat(
      caller.called_all,
      "a cancelled thread passes aio_read, aio_error, aio_cancel and "
      "aio_return");
}

struct Looper {
  Trial* trial;
  int fd;
  std::atomic<bool> inside{false};
  // Outlives the thread.
  char byte = 'x';
  aiocb block = {};
};

void* WriteForEver(void* argument) {
  Looper& looper = *static_cast<Looper*>(argument);
  looper.block = BlockFor(looper.fd, &looper.byte, 1, 0);
  for (;;) {
    looper.trial->Write(&looper.block);
    SuspendFor(*looper.trial, &looper.block);
    looper.inside = true;
    while (looper.trial->backend().error(&looper.block) == EINPROGRESS) {
      sched_yield();
    }
    looper.trial->Return(&looper.block);
  }
}

void CancelledThreadsHoldNothing(Trial& trial) {
  constexpr int kThreads = 200;
  const int fd = trial.NewFile(1, O_RDWR);
  trial.Expect(true, "threads that write all the time are cancelled");
  for (int i = 0; i < kThreads; ++i) {
    Looper looper{&trial, fd};
    pthread_t thread;
    if (pthread_create(&thread, nullptr, WriteForEver, &looper) != 0) {
      trial.NotRun("cannot start a thread");
    }
    while (!looper.inside) sched_yield();
    pthread_cancel(thread);
    pthread_join(thread, nullptr);
    while (trial.backend().error(&looper.block) == EINPROGRESS) sched_yield();
  }
  char byte = 0;
  aiocb block = BlockFor(fd, &byte, 1, 0);
  trial.Read(&block);
  trial.ExpectResult("a read after them", &block, 0, 1);
}

// In a child, that need not keep its files.
void SurvivesSetuid(Trial& trial) {
  constexpr uid_t kNobody = 65534;
  const int fd = trial.NewFile(1, O_RDONLY);
  const uid_t user = getuid() == 0 ? kNobody : getuid();
  trial.Expect(true, "a child changes its user between two reads");
  const int step = StatusOfChild(trial, [&] {
    char byte = 0;
    aiocb block = BlockFor(fd, &byte, 1, 0);
    for (int i = 0; i < 2; ++i) {
      trial.Read(&block);
      if (trial.Await(block) != 0) return 1;
      if (trial.Return(&block) != 1) return 2;
      if (setuid(user) != 0) return 3;
    }
    return 0;
  });
  trial.ExpectEqual("the step of the child that was wrong", step, 0);
}

// The threads that the backend has while it makes a write.
template <typename Look>
void ForEachThread(Trial& trial, Look look) {
  const std::vector<pid_t> before = ThreadIds();
  IdleRead idle(trial);
  idle.Submit();
  GatedWrite write(trial, trial.NewFile(1, O_RDWR), 0);
  int threads = 0;
  for (const pid_t thread : ThreadIds()) {
    if (std::count(before.begin(), before.end(), thread) > 0) continue;
    ++threads;
    // A new one may not have begun to set itself up.
    LetFallAsleep(thread);
    look(thread);
  }
  trial.Expect(true, absl::StrCat("threads of the backend: ", threads));
  write.ExpectWritten('g');
}

void ThreadsBlockSignals(Trial& trial) {
  ForEachThread(trial, [&](pid_t thread) {
    const std::string mask = ThreadField(thread, "SigBlk");
    // One that has ended in between has no mask.
    if (mask.empty()) return;
    const unsigned long long blocked = strtoull(mask.c_str(), nullptr, 16);
    for (const int number : {SIGHUP, SIGINT, SIGUSR1, SIGUSR2, SIGTERM, SIGALRM,
                             SIGCHLD, SIGIO, SIGPIPE, SIGRTMIN, SIGRTMAX}) {
      if ((blocked >> (number - 1) & 1) != 0) continue;
      trial.Expect(false, absl::StrCat("a thread of the backend does not block "
                                       "signal ",
                                       number));
    }
  });
}

void ThreadsAreNamed(Trial& trial) {
  const std::string own_name = ThreadField(getpid(), "Name");
  ForEachThread(trial, [&](pid_t thread) {
    const std::string name = ThreadField(thread, "Name");
    if (name.empty()) return;
    trial.Expect(name != own_name,
                 absl::StrCat("a thread of the backend is called ", name,
                              ", the process ", own_name));
  });
}

std::atomic<int> handled{0};
void Handle(int /*number*/) { ++handled; }

// Nobody but a thread of the backend could take it.
void ThreadsTakeNoSignals(Trial& trial) {
  signal(SIGUSR1, Handle);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  IdleRead idle(trial);
  idle.Submit();
  kill(getpid(), SIGUSR1);
  GiveChance(trial);
  sigset_t pending;
  sigpending(&pending);
  trial.ExpectThat(handled == 0 && sigismember(&pending, SIGUSR1) == 1,
                   "a signal that the caller blocks stays pending");
}

constexpr absl::string_view kNoPoints = "XSH 2.9.5.2 Cancellation Points";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"thread.idle-read-outlives", "H4", "pthread_exit, DESCRIPTION", kDemanded,
     "an idle read outlives the thread that submitted it",
     IdleReadOutlivesThread},
    {"thread.writes-outlive", "H4", "pthread_exit, DESCRIPTION", kDemanded,
     "the writes of threads that have ended are carried out",
     ManyReadsOutliveThreads},
    {"thread.no-cancellation-points", "H4", kNoPoints, kDemanded,
     "a cancelled thread is not ended by aio_read, aio_error, aio_cancel or "
     "aio_return",
     CallsAreNoCancellationPoints},
    {"thread.cancelled-anywhere", "H4", kNoPoints, kDemanded,
     "a thread cancelled among its requests leaves the backend working",
     CancelledThreadsHoldNothing},
    {"thread.setuid", "H4", "", kPromised,
     "a process may change its user between requests", SurvivesSetuid},
    {"workers.block-signals", "H5", "", kPromised,
     "threads of the backend block all asynchronous signals",
     ThreadsBlockSignals},
    {"workers.named", "H5", "", kPromised,
     "threads of the backend have a name of their own", ThreadsAreNamed},
    {"workers.take-no-signals", "H5",
     "XSH 2.4.1 Signal Generation and Delivery", kDemanded,
     "a signal that all threads of the application block stays pending",
     ThreadsTakeNoSignals},
};

}  // namespace

absl::Span<const Check> ThreadLifeChecks() { return kChecks; }

}  // namespace aioemul::tools::check
