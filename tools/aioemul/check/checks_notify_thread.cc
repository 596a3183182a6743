// G2, G4: notification by a function, as a new thread's.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// A read of one byte of a file, and what its function sees.
struct NotifiedRead {
  NotifiedRead(Trial& its_trial, void (*function)(sigval))
      : trial(its_trial),
        block(BlockFor(trial.NewFile(1, O_RDWR), &byte, 1, 0)) {
    block.aio_sigevent.sigev_notify = SIGEV_THREAD;
    block.aio_sigevent.sigev_notify_function = function;
    block.aio_sigevent.sigev_value.sival_ptr = this;
  }
  NotifiedRead(const NotifiedRead&) = delete;
  NotifiedRead& operator=(const NotifiedRead&) = delete;

  void AwaitCall() const {
    while (calls == 0) sched_yield();
  }

  Trial& trial;
  char byte = 0;
  aiocb block;
  std::atomic<int> calls{0};
  // Written before `calls`.
  pthread_t thread = {};
  int status = -1;
  size_t stack = 0;
  sigset_t mask = {};
};

NotifiedRead& ReadOf(sigval value) {
  return *static_cast<NotifiedRead*>(value.sival_ptr);
}

void Note(sigval value) {
  NotifiedRead& read = ReadOf(value);
  read.thread = pthread_self();
  read.status = read.trial.backend().error(&read.block);
  pthread_sigmask(SIG_BLOCK, nullptr, &read.mask);
  pthread_attr_t attributes;
  if (pthread_getattr_np(pthread_self(), &attributes) == 0) {
    pthread_attr_getstacksize(&attributes, &read.stack);
    pthread_attr_destroy(&attributes);
  }
  ++read.calls;
}

void ReadAndAwaitCall(Trial& trial, NotifiedRead& read) {
  trial.Read(&read.block);
  trial.Await(read.block);
  trial.Expect(true, "a read has completed; its function is waited for");
  read.AwaitCall();
}

void IsCalled(Trial& trial) {
  NotifiedRead read(trial, Note);
  ReadAndAwaitCall(trial, read);
  trial.ExpectError("aio_error in the function", read.status, 0);
}

void IsAnotherThread(Trial& trial) {
  NotifiedRead read(trial, Note);
  ReadAndAwaitCall(trial, read);
  trial.ExpectThat(pthread_equal(read.thread, pthread_self()) == 0,
                   "the function runs in a thread that is not the caller's");
}

void EachIsCalledOnce(Trial& trial) {
  constexpr int kReads = 100;
  std::deque<NotifiedRead> reads;
  for (int i = 0; i < kReads; ++i) {
    trial.Read(&reads.emplace_back(trial, Note).block);
  }
  for (const NotifiedRead& read : reads) read.AwaitCall();
  // Another one gives a second call of theirs every chance.
  NotifiedRead last(trial, Note);
  ReadAndAwaitCall(trial, last);
  int calls = 0;
  for (const NotifiedRead& read : reads) calls += read.calls;
  trial.ExpectEqual(absl::StrCat("functions called for ", kReads, " reads"),
                    calls, kReads);
}

void StackIsHonoured(Trial& trial) {
  // More than threads commonly have.
  constexpr size_t kStack = 64 << 20;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStack);
  NotifiedRead read(trial, Note);
  read.block.aio_sigevent.sigev_notify_attributes = &attributes;
  ReadAndAwaitCall(trial, read);
  // The C library may keep some of it, but no half.
  trial.Expect(read.stack > kStack / 2,
               absl::StrCat("stack of the function's thread: ", read.stack,
                            " bytes; ", kStack, " were asked for"));
}

void SignalsAreBlocked(Trial& trial) {
  NotifiedRead read(trial, Note);
  ReadAndAwaitCall(trial, read);
  for (const int number : {SIGUSR1, SIGTERM, SIGALRM, SIGRTMIN}) {
    trial.ExpectEqual(
        absl::StrCat("signal ", number, " is blocked in the function"),
        sigismember(&read.mask, number), 1);
  }
}

// For ever: the end of the process ends it.
void NoteAndBlock(sigval value) {
  Note(value);
  for (;;) pause();
}

void MayBlock(Trial& trial) {
  constexpr int kBlocked = 40;
  std::deque<NotifiedRead> reads;
  trial.Expect(true, "each function blocks for ever; the next is waited for");
  for (int i = 0; i < kBlocked; ++i) {
    NotifiedRead& read = reads.emplace_back(trial, NoteAndBlock);
    trial.Read(&read.block);
    read.AwaitCall();
  }
  NotifiedRead last(trial, Note);
  ReadAndAwaitCall(trial, last);
  trial.ExpectError("aio_error of a read while 40 functions block", last.status,
                    0);
}

void ExitThread(sigval value) {
  Note(value);
  pthread_exit(nullptr);
}

void CancelThread(sigval value) {
  Note(value);
  pthread_cancel(pthread_self());
  pthread_testcancel();
}

void ExpectGoesOnAfter(Trial& trial, void (*function)(sigval)) {
  constexpr int kTimes = 20;
  for (int i = 0; i < kTimes; ++i) {
    NotifiedRead read(trial, function);
    ReadAndAwaitCall(trial, read);
  }
  NotifiedRead last(trial, Note);
  ReadAndAwaitCall(trial, last);
  trial.ExpectError("aio_error in a later function", last.status, 0);
}

void MayExit(Trial& trial) { ExpectGoesOnAfter(trial, ExitThread); }
void MayBeCancelled(Trial& trial) { ExpectGoesOnAfter(trial, CancelThread); }

void ReadAgain(sigval value) {
  NotifiedRead& read = ReadOf(value);
  aiocb again = BlockFor(read.block.aio_fildes, &read.byte, 1, 0);
  read.trial.Read(&again);
  const aiocb* const list[] = {&again};
  while (read.trial.Suspend(list, 1, nullptr) == EINTR) {
  }
  read.status = read.trial.backend().error(&again);
  ++read.calls;
}

void MayUseAio(Trial& trial) {
  NotifiedRead read(trial, ReadAgain);
  ReadAndAwaitCall(trial, read);
  trial.ExpectError("aio_error of a read that the function made", read.status,
                    0);
}

// Threads with a stack of this size cannot be made while there is a limit on
// memory, but all else can.
constexpr size_t kHugeStack = size_t{2} << 30;

size_t MemoryInUse() {
  size_t pages = 0;
  std::ifstream("/proc/self/statm") >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

void LimitMemory(Trial& trial, rlim_t limit) {
  rlimit memory = {};
  getrlimit(RLIMIT_AS, &memory);
  memory.rlim_cur = limit == RLIM_INFINITY ? memory.rlim_max : limit;
  if (setrlimit(RLIMIT_AS, &memory) != 0) {
    trial.NotRun("cannot set the limit on memory");
  }
}

// What aio_error says of a good read whose function's thread cannot be made.
int ReadWithoutThread(Trial& trial, NotifiedRead& read) {
  static pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kHugeStack);
  read.block.aio_sigevent.sigev_notify_attributes = &attributes;
  LimitMemory(trial, MemoryInUse() + kHugeStack / 2);
  trial.Read(&read.block);
  trial.Await(read.block);
  // What the want of a thread does to the result may come later.
  GiveChance(trial);
  return trial.backend().error(&read.block);
}

void NoThreadKeepsResult(Trial& trial) {
  NotifiedRead read(trial, Note);
  trial.ExpectError("aio_error of a good read while no thread can be made",
                    ReadWithoutThread(trial, read), 0);
  trial.ExpectEqual("aio_return of it", trial.backend().result(&read.block), 1);
  // With requests outstanding, that use what is in this frame.
  trial.Stop();
}

void NoThreadLosesNone(Trial& trial) {
  NotifiedRead read(trial, Note);
  trial.RequireThat(ReadWithoutThread(trial, read) == 0,
                    "the read does not fail for want of a thread");
  NotifiedRead small(trial, Note);
  ReadAndAwaitCall(trial, small);
  LimitMemory(trial, RLIM_INFINITY);
  trial.Expect(true, "threads can be made again; the function is waited for");
  read.AwaitCall();
  trial.ExpectEqual("calls of the function", read.calls, 1);
}

constexpr absl::string_view kGenerated =
    "XSH 2.4.1 Signal Generation and Delivery: SIGEV_THREAD";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"notify-thread.is-called", "G2", kGenerated, kDemanded,
     "the function is called with its value, and finds the request completed",
     IsCalled},
    {"notify-thread.another-thread", "G2", kGenerated, kDemanded,
     "the function runs as a new thread's start routine would",
     IsAnotherThread},
    {"notify-thread.each-once", "G2", kGenerated, kDemanded,
     "the function is called once for each request", EachIsCalledOnce},
    {"notify-thread.stack-size", "G2", kGenerated, kDemanded,
     "the thread has the attributes that were given", StackIsHonoured},
    {"notify-thread.signals-blocked", "G2",
     "XSH 2.4.1: the signal mask is implementation-defined", Standing::kChosen,
     "the function runs with all asynchronous signals blocked",
     SignalsAreBlocked},
    {"notify-thread.may-block", "G2", kGenerated, kDemanded,
     "functions that block hold up neither requests nor other functions",
     MayBlock},
    {"notify-thread.may-exit", "G2", kGenerated, kDemanded,
     "the function may end by pthread_exit", MayExit},
    {"notify-thread.may-be-cancelled", "G2", kGenerated, kDemanded,
     "the function's thread may be cancelled", MayBeCancelled},
    {"notify-thread.may-use-aio", "G2", kGenerated, kDemanded,
     "the function may submit requests and wait for them", MayUseAio},
    {"notify-thread.no-thread-keeps-result", "G2", "aio_error, DESCRIPTION",
     kDemanded, "a good read is good, also when no thread can be made for it",
     NoThreadKeepsResult},
    {"notify-thread.no-thread-loses-none", "G2", "", kPromised,
     "a function for which no thread can be made is called when one can",
     NoThreadLosesNone},
};

}  // namespace

absl::Span<const Check> NotifyThreadChecks() { return kChecks; }

}  // namespace aioemul::tools::check
