// D1, D2: which requests and which timeouts end aio_suspend.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <limits>
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

constexpr timespec kNoTime = {0, 0};
constexpr timespec kShortTime = {0, 30'000'000};
constexpr double kShortSeconds = 0.030;

// A read that has completed.
class DoneRead {
 public:
  explicit DoneRead(Trial& trial)
      : block_(BlockFor(trial.NewFile(1, O_RDONLY), &byte_, 1, 0)) {
    trial.Read(&block_);
    trial.Await(block_);
  }
  aiocb* block() { return &block_; }

 private:
  char byte_ = 0;
  aiocb block_;
};

void CompletedEndsIt(Trial& trial) {
  DoneRead done(trial);
  trial.ExpectError("aio_suspend of a completed read",
                    SuspendFor(trial, done.block()), 0);
}

void OneCompletedIsEnough(Trial& trial) {
  IdleRead first(trial);
  IdleRead second(trial);
  first.Submit();
  second.Submit();
  DoneRead done(trial);
  const aiocb* const list[] = {first.block(), done.block(), second.block()};
  trial.ExpectError("aio_suspend of two idle reads and a completed one",
                    trial.Suspend(list, 3, nullptr), 0);
}

void FailedCounts(Trial& trial) {
  signal(SIGPIPE, SIG_IGN);
  int ends[2];
  trial.NewPipe(ends);
  close(ends[0]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  trial.ExpectError("aio_error of a write nobody can read", trial.Await(block),
                    EPIPE);
  trial.ExpectError("aio_suspend of the failed write",
                    SuspendFor(trial, &block), 0);
}

void CancelledCounts(Trial& trial) {
  IdleRead idle(trial);
  idle.Submit();
  char byte = 0;
  aiocb behind = BlockFor(idle.fd(), &byte, 1, 0);
  trial.Read(&behind);
  RequireCanceled(trial, "a read behind an idle one", &behind);
  trial.ExpectError("aio_suspend of the cancelled read",
                    SuspendFor(trial, &behind), 0);
}

void FsyncCounts(Trial& trial) {
  aiocb block = BlockFor(trial.NewFile(1, O_RDWR), nullptr, 0, 0);
  trial.Fsync(O_SYNC, &block);
  trial.ExpectError("aio_suspend of an aio_fsync", SuspendFor(trial, &block),
                    0);
  trial.ExpectError("aio_error after it", trial.backend().error(&block), 0);
}

// The data come at every moment of the call, before and after it too.
void NoCompletionIsMissed(Trial& trial) {
  constexpr int kRounds = 500;
  IdleRead read(trial);
  for (int round = 0; round < kRounds; ++round) {
    read.Submit();
    std::atomic<bool> go{false};
    std::thread feeder([&] {
      while (!go.load()) {
      }
      for (std::atomic<int> pause{0}; pause < round * 20; ++pause) {
      }
      read.Feed();
    });
    go = true;
    const int error = SuspendFor(trial, read.block());
    const int status = trial.backend().error(read.block());
    feeder.join();
    if (error != 0 || status != 0) {
      trial.ExpectError("aio_suspend of a read that is fed", error, 0);
      trial.ExpectError("aio_error after it", status, 0);
      return;
    }
    trial.Return(read.block());
  }
  trial.Expect(true, absl::StrCat(kRounds, " waits ended with their reads"));
}

void EachWaiterItsOwn(Trial& trial) {
  constexpr int kReads = 8;
  std::deque<IdleRead> reads;
  std::vector<std::thread> waiters;
  waiters.reserve(kReads);
  for (int i = 0; i < kReads; ++i) reads.emplace_back(trial).Submit();
  for (IdleRead& read : reads) {
    waiters.emplace_back([&] {
      const int error = SuspendFor(trial, read.block());
      trial.ExpectError("aio_suspend of one of several reads", error, 0);
      trial.ExpectError("aio_error of that read",
                        trial.backend().error(read.block()), 0);
    });
  }
  for (int i = kReads - 1; i >= 0; --i) {
    reads[static_cast<size_t>(i)].Feed();
    waiters[static_cast<size_t>(i)].join();
  }
}

void OneReadManyWaiters(Trial& trial) {
  constexpr int kWaiters = 8;
  IdleRead read(trial);
  read.Submit();
  std::vector<std::thread> waiters;
  waiters.reserve(kWaiters);
  std::atomic<int> ended{0};
  for (int i = 0; i < kWaiters; ++i) {
    waiters.emplace_back([&] {
      if (SuspendFor(trial, read.block()) == 0) ++ended;
    });
  }
  read.Feed();
  for (std::thread& waiter : waiters) waiter.join();
  trial.ExpectEqual("threads of which aio_suspend returned 0", ended, kWaiters);
}

void NullsAreIgnored(Trial& trial) {
  DoneRead done(trial);
  const aiocb* const with_done[] = {nullptr, done.block(), nullptr};
  trial.ExpectError("aio_suspend of null, a completed read, null",
                    trial.Suspend(with_done, 3, nullptr), 0);
  IdleRead idle(trial);
  idle.Submit();
  const aiocb* const with_idle[] = {nullptr, idle.block(), nullptr};
  trial.ExpectError("aio_suspend of null, an idle read, null, without time",
                    trial.Suspend(with_idle, 3, &kNoTime), EAGAIN);
}

void ZeroTimeoutPolls(Trial& trial) {
  IdleRead idle(trial);
  idle.Submit();
  const aiocb* const list[] = {idle.block()};
  trial.ExpectError("aio_suspend of an idle read with a zero timeout",
                    trial.Suspend(list, 1, &kNoTime), EAGAIN);
  idle.Feed();
  trial.Await(*idle.block());
  trial.ExpectError("the same once it has completed",
                    trial.Suspend(list, 1, &kNoTime), 0);
}

// Only how much time passes at least is looked at: a slow machine is right.
void TimeoutPasses(Trial& trial) {
  IdleRead idle(trial);
  idle.Submit();
  const aiocb* const list[] = {idle.block()};
  const double start = SecondsNow();
  trial.ExpectError("aio_suspend of an idle read with a timeout of 30 ms",
                    trial.Suspend(list, 1, &kShortTime), EAGAIN);
  const double passed = SecondsNow() - start;
  trial.Expect(passed >= kShortSeconds,
               absl::StrCat("it returned after ", passed * 1e3, " ms"));
}

void VastTimeoutWaits(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  const timespec vast = {std::numeric_limits<time_t>::max(), 999'999'999};
  const aiocb* const list[] = {read.block()};
  // Fed only when the call has had every chance to give up.
  std::thread feeder([&, thread = getpid()] {
    LetFallAsleep(thread);
    read.Feed();
  });
  const int error = trial.Suspend(list, 1, &vast);
  feeder.join();
  if (error == EINVAL || error == EOVERFLOW) {
    trial.Unsupported("so long a timeout is refused, as it may be");
  }
  trial.ExpectError("aio_suspend with the longest timeout there is", error, 0);
}

void InvalidTimeout(Trial& trial) {
  IdleRead idle(trial);
  idle.Submit();
  const aiocb* const list[] = {idle.block()};
  for (const timespec& timeout :
       {timespec{0, 1'000'000'000}, timespec{0, -1}, timespec{-1, 0}}) {
    trial.ExpectError(absl::StrCat("aio_suspend with a timeout of {",
                                   timeout.tv_sec, ", ", timeout.tv_nsec, "}"),
                      trial.Suspend(list, 1, &timeout), EINVAL);
  }
}

void EmptyListWaitsItOut(Trial& trial) {
  const aiocb* const nulls[] = {nullptr, nullptr};
  for (const int count : {0, 2}) {
    const double start = SecondsNow();
    trial.ExpectError(
        absl::StrCat("aio_suspend of ", count, " null entries for 30 ms"),
        trial.Suspend(nulls, count, &kShortTime), EAGAIN);
    const double passed = SecondsNow() - start;
    trial.Expect(passed >= kShortSeconds,
                 absl::StrCat("it returned after ", passed * 1e3, " ms"));
  }
}

void EmptyListIsRefused(Trial& trial) {
  const aiocb* const nulls[] = {nullptr, nullptr};
  for (const int count : {0, 2}) {
    trial.ExpectError(
        absl::StrCat("aio_suspend of ", count, " null entries, for ever"),
        trial.Suspend(nulls, count, nullptr), EINVAL);
  }
}

void NegativeCount(Trial& trial) {
  DoneRead done(trial);
  const aiocb* const list[] = {done.block()};
  trial.ExpectError("aio_suspend of -1 requests",
                    trial.Suspend(list, -1, &kNoTime), EINVAL);
}

constexpr absl::string_view kDescription = "aio_suspend, DESCRIPTION";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;

constexpr Check kChecks[] = {
    {"suspend.completed", "D1", kDescription, kDemanded,
     "a request that has completed ends aio_suspend", CompletedEndsIt},
    {"suspend.one-of-many", "D1", kDescription, kDemanded,
     "one completed request in the list is enough", OneCompletedIsEnough},
    {"suspend.failed", "D1", kDescription, kDemanded,
     "a request that has failed is no longer in progress", FailedCounts},
    {"suspend.cancelled", "D1", kDescription, kDemanded,
     "a request that was cancelled is no longer in progress", CancelledCounts},
    {"suspend.fsync", "D1",
     "aio_suspend, DESCRIPTION, which does not name aio_fsync", kChosen,
     "aio_suspend waits for an aio_fsync too", FsyncCounts},
    {"suspend.no-completion-missed", "D1", kDescription, kDemanded,
     "a completion at any moment of the call ends it", NoCompletionIsMissed},
    {"suspend.each-waiter-its-own", "D1", kDescription, kDemanded,
     "of threads that wait for different requests, each returns with its own",
     EachWaiterItsOwn},
    {"suspend.many-waiters", "D1", kDescription, kDemanded,
     "a completion ends the wait of every thread that waits for it",
     OneReadManyWaiters},
    {"suspend.null-entries", "D1", kDescription, kDemanded,
     "null pointers in the list are ignored", NullsAreIgnored},
    {"suspend.zero-timeout", "D2", "aio_suspend, DESCRIPTION and ERRORS",
     kDemanded, "with a zero timeout it tells whether a request has completed",
     ZeroTimeoutPolls},
    {"suspend.timeout", "D2", "aio_suspend, DESCRIPTION and ERRORS", kDemanded,
     "a timeout ends it with EAGAIN, and not before its time", TimeoutPasses},
    {"suspend.vast-timeout", "D2", "aio_suspend, DESCRIPTION", kDemanded,
     "the longest timeout there is does not pass at once, if it is taken",
     VastTimeoutWaits},
    {"suspend.invalid-timeout", "D2", "aio_suspend, ERRORS, which is silent",
     kChosen, "a timeout that is no time gives EINVAL", InvalidTimeout},
    {"suspend.empty-list-timeout", "D2",
     "aio_suspend, RETURN VALUE: 0 after a completion only", kChosen,
     "a list without requests waits until the timeout passes: EAGAIN",
     EmptyListWaitsItOut},
    {"suspend.empty-list", "D2", "aio_suspend, ERRORS, which is silent",
     kChosen, "a list without requests and no timeout: EINVAL, not for ever",
     EmptyListIsRefused},
    {"suspend.negative-count", "D3", "aio_suspend, ERRORS, which is silent",
     kChosen, "a negative number of entries gives EINVAL", NegativeCount},
};

}  // namespace

absl::Span<const Check> SuspendChecks() { return kChecks; }

}  // namespace aioemul::tools::check
