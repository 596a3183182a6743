// D3 to D5: signals and cancellation in aio_suspend, and whom it wakes.

#include <aio.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

void Caught(int /*signal*/) {}

// Catches SIGUSR1, without SA_RESTART.
void CatchSignal() {
  struct sigaction action = {};
  action.sa_handler = Caught;
  sigaction(SIGUSR1, &action, nullptr);
}

// aio_suspend of the read while another thread sends signals, until it returns:
// one of them comes when it waits.
int SuspendUnderSignals(Trial& trial, IdleRead& read) {
  std::atomic<bool> returned{false};
  std::thread sender([&, waiter = pthread_self()] {
    const timespec moment = {0, 1'000'000};
    while (!returned.load()) {
      pthread_kill(waiter, SIGUSR1);
      nanosleep(&moment, nullptr);
    }
  });
  const int error = SuspendFor(trial, read.block());
  returned = true;
  sender.join();
  return error;
}

void SignalInterrupts(Trial& trial) {
  CatchSignal();
  IdleRead read(trial);
  read.Submit();
  trial.ExpectError("aio_suspend of an idle read, under signals",
                    SuspendUnderSignals(trial, read), EINTR);
}

void InterruptedReadGoesOn(Trial& trial) {
  CatchSignal();
  IdleRead read(trial);
  read.Submit();
  SuspendUnderSignals(trial, read);
  trial.ExpectError("aio_error of the read after the interrupted wait",
                    trial.backend().error(read.block()), EINPROGRESS);
  read.Feed();
  trial.ExpectError("a second aio_suspend, once it is fed",
                    SuspendFor(trial, read.block()), 0);
  trial.ExpectResult("the read", read.block(), 0, 1);
}

struct Waiter {
  Trial* trial;
  const aiocb* block;
  std::atomic<pid_t> thread{0};
  std::atomic<int> cleanups{0};
  std::atomic<int> destroyed{0};
  std::atomic<int> error{-1};
};

void CountCleanup(void* argument) {
  ++static_cast<Waiter*>(argument)->cleanups;
}

void* Wait(void* argument) {
  auto* const waiter = static_cast<Waiter*>(argument);
  pthread_cleanup_push(CountCleanup, waiter);
  waiter->thread = gettid();
  waiter->error = SuspendFor(*waiter->trial, waiter->block);
  pthread_cleanup_pop(0);
  return nullptr;
}

class DestructionCounter {
 public:
  explicit DestructionCounter(Waiter& waiter) : waiter_(waiter) {}
  DestructionCounter(const DestructionCounter&) = delete;
  DestructionCounter& operator=(const DestructionCounter&) = delete;
  ~DestructionCounter() { ++waiter_.destroyed; }

 private:
  Waiter& waiter_;
};

void* WaitWithObject(void* argument) {
  DestructionCounter counter(*static_cast<Waiter*>(argument));
  return Wait(argument);
}

void* WaitWithoutCancellation(void* argument) {
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  return Wait(argument);
}

pthread_t Start(void* (*function)(void*), Waiter* waiter) {
  pthread_t thread;
  if (pthread_create(&thread, nullptr, function, waiter) != 0) {
    waiter->trial->NotRun("cannot start a thread");
  }
  while (waiter->thread == 0) sched_yield();
  LetFallAsleep(waiter->thread);
  return thread;
}

// Cancels a thread that waits for the read; whether it ended cancelled.  One
// that does not heed cancellation hangs here: to feed the read would let it end
// otherwise, as it then may.
bool CancelWaiter(Trial& trial, void* (*function)(void*), Waiter* waiter) {
  const pthread_t thread = Start(function, waiter);
  pthread_cancel(thread);
  void* result = nullptr;
  pthread_join(thread, &result);
  return trial.ExpectThat(result == PTHREAD_CANCELED,
                          "the thread in aio_suspend ends cancelled");
}

void IsCancellationPoint(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  Waiter waiter{&trial, read.block()};
  CancelWaiter(trial, Wait, &waiter);
}

void CleanupOnce(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  Waiter waiter{&trial, read.block()};
  CancelWaiter(trial, Wait, &waiter);
  trial.ExpectEqual("calls of the cleanup handler", waiter.cleanups, 1);
}

void UnwindsObjects(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  Waiter waiter{&trial, read.block()};
  CancelWaiter(trial, WaitWithObject, &waiter);
  trial.ExpectEqual("destructions of the object above aio_suspend",
                    waiter.destroyed, 1);
}

void CancelledLeavesNothing(Trial& trial) {
  constexpr int kThreads = 50;
  IdleRead read(trial);
  read.Submit();
  for (int i = 0; i < kThreads; ++i) {
    Waiter waiter{&trial, read.block()};
    if (!CancelWaiter(trial, Wait, &waiter)) return;
  }
  trial.ExpectError("aio_error of the read after its waiters were cancelled",
                    trial.backend().error(read.block()), EINPROGRESS);
  read.Feed();
  trial.ExpectError("aio_suspend of it, once it is fed",
                    SuspendFor(trial, read.block()), 0);
  trial.ExpectResult("the read", read.block(), 0, 1);
}

void DisabledCancellationWaits(Trial& trial) {
  IdleRead read(trial);
  read.Submit();
  Waiter waiter{&trial, read.block()};
  const pthread_t thread = Start(WaitWithoutCancellation, &waiter);
  pthread_cancel(thread);
  LetFallAsleep(waiter.thread);
  read.Feed();
  pthread_join(thread, nullptr);
  trial.ExpectError("aio_suspend in a thread that disabled cancellation",
                    waiter.error, 0);
}

long SwitchesOf(pid_t thread) {
  return strtol(ThreadField(thread, "voluntary_ctxt_switches").c_str(), nullptr,
                10);
}

// A thread that sleeps is not switched to unless woken: other completions may
// cost it some switches at most (it may not have slept at first), but not one
// each.
void OthersDoNotWake(Trial& trial) {
  constexpr int kOthers = 400;
  IdleRead waited(trial);
  waited.Submit();
  Waiter waiter{&trial, waited.block()};
  const pthread_t thread = Start(Wait, &waiter);
  IdleRead other(trial);
  const long before = SwitchesOf(waiter.thread);
  for (int i = 0; i < kOthers; ++i) {
    other.Submit();
    other.Feed();
    trial.Await(*other.block());
    trial.Return(other.block());
  }
  const long wakes = SwitchesOf(waiter.thread) - before;
  trial.Expect(wakes < kOthers / 4,
               absl::StrCat("a waiting thread woke ", wakes, " times for ",
                            kOthers, " completions of others"));
  waited.Feed();
  pthread_join(thread, nullptr);
}

constexpr absl::string_view kPoints = "XSH 2.9.5.2 Cancellation Points";
constexpr Standing kDemanded = Standing::kDemanded;

constexpr Check kChecks[] = {
    {"suspend.signal-interrupts", "D3", "aio_suspend, DESCRIPTION and ERRORS",
     kDemanded, "a caught signal ends it with EINTR", SignalInterrupts},
    {"suspend.interrupted-request-goes-on", "D3", "aio_suspend, DESCRIPTION",
     kDemanded, "a wait that was interrupted leaves the request alone",
     InterruptedReadGoesOn},
    {"suspend.cancellation-point", "D4", kPoints, kDemanded,
     "pthread_cancel ends a thread that waits in aio_suspend",
     IsCancellationPoint},
    {"suspend.cleanup-handler", "D4", "XSH 2.9.5.3 Thread Cancellation Cleanup",
     kDemanded, "a cancelled thread's cleanup handler runs once", CleanupOnce},
    {"suspend.unwinding", "D4", "", Standing::kPromised,
     "C++ objects of a thread cancelled in aio_suspend are destroyed once",
     UnwindsObjects},
    {"suspend.cancelled-wait-leaves-nothing", "D4", kPoints, kDemanded,
     "a request whose waiting threads were cancelled goes on, and can be "
     "waited for",
     CancelledLeavesNothing},
    {"suspend.cancellation-disabled", "D4", "pthread_setcancelstate", kDemanded,
     "a thread that disabled cancellation waits to the end",
     DisabledCancellationWaits},
    {"suspend.others-do-not-wake", "D5", "", Standing::kPromised,
     "the completion of other requests does not wake a waiting thread",
     OthersDoNotWake},
};

}  // namespace

absl::Span<const Check> SuspendInterruptedChecks() { return kChecks; }

}  // namespace aioemul::tools::check
