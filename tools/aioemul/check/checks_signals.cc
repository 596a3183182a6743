// G1, G3, G4: notification by a signal, and none.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

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

int Signal() { return SIGRTMIN + 1; }

sigset_t SetOf(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  return set;
}

void Block(int number) {
  const sigset_t set = SetOf(number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

siginfo_t Take(int number) {
  const sigset_t set = SetOf(number);
  siginfo_t info = {};
  while (sigwaitinfo(&set, &info) != number) {
  }
  return info;
}

bool IsPending(int number) {
  sigset_t pending;
  sigpending(&pending);
  return sigismember(&pending, number) == 1;
}

void Ignore(int /*number*/, siginfo_t* /*info*/, void* /*context*/) {}

// POSIX promises values and queues for a signal that has SA_SIGINFO.
void SetHandler(int number, void (*handler)(int, siginfo_t*, void*)) {
  struct sigaction action = {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = handler;
  sigaction(number, &action, nullptr);
}

sigevent SignalWith(int value) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = Signal();
  event.sigev_value.sival_int = value;
  return event;
}

// Reads one byte of a file, and sends the signal.
void ReadWithSignal(Trial& trial, aiocb* block, char* byte, int value) {
  *block = BlockFor(trial.NewFile(1, O_RDONLY), byte, 1, 0);
  block->aio_sigevent = SignalWith(value);
  trial.Read(block);
}

siginfo_t InfoOfOneRead(Trial& trial) {
  SetHandler(Signal(), Ignore);
  Block(Signal());
  char byte = 0;
  aiocb block;
  ReadWithSignal(trial, &block, &byte, 42);
  return Take(Signal());
}

void CarriesValue(Trial& trial) {
  trial.ExpectEqual("si_value of the signal",
                    InfoOfOneRead(trial).si_value.sival_int, 42);
}

void CarriesCode(Trial& trial) {
  const siginfo_t info = InfoOfOneRead(trial);
  trial.Expect(info.si_code == SI_ASYNCIO,
               absl::StrCat("si_code of the signal: ", info.si_code,
                            "; SI_ASYNCIO is ", SI_ASYNCIO));
}

void CarriesSender(Trial& trial) {
  const siginfo_t info = InfoOfOneRead(trial);
  trial.ExpectEqual("si_pid of the signal", info.si_pid, getpid());
  trial.ExpectEqual("si_uid of the signal", info.si_uid, getuid());
}

void EachIsQueued(Trial& trial) {
  constexpr int kReads = 64;
  SetHandler(Signal(), Ignore);
  Block(Signal());
  std::vector<aiocb> blocks(kReads);
  std::vector<char> bytes(kReads);
  for (size_t i = 0; i < kReads; ++i) {
    ReadWithSignal(trial, &blocks[i], &bytes[i], static_cast<int>(i));
  }
  for (const aiocb& block : blocks) trial.Await(block);
  trial.Expect(true, absl::StrCat(kReads,
                                  " reads have completed; as many "
                                  "signals are waited for"));
  std::vector<int> times(kReads);
  for (int i = 0; i < kReads; ++i) {
    const int value = Take(Signal()).si_value.sival_int;
    if (value >= 0 && value < kReads) ++times[static_cast<size_t>(value)];
  }
  for (int i = 0; i < kReads; ++i) {
    if (times[static_cast<size_t>(i)] == 1) continue;
    trial.ExpectEqual(absl::StrCat("signals of the read of value ", i),
                      times[static_cast<size_t>(i)], 1);
  }
  trial.ExpectThat(!IsPending(Signal()), "no signal is left");
}

const Backend* handler_backend = nullptr;
std::atomic<int> status_in_handler{-1};

void NoteStatus(int /*number*/, siginfo_t* info, void* /*context*/) {
  const auto* const block = static_cast<aiocb*>(info->si_value.sival_ptr);
  status_in_handler = handler_backend->error(block);
}

void ResultComesFirst(Trial& trial) {
  constexpr int kRounds = 200;
  handler_backend = &trial.backend();
  SetHandler(Signal(), NoteStatus);
  IdleRead read(trial);
  read.block()->aio_sigevent = SignalWith(0);
  read.block()->aio_sigevent.sigev_value.sival_ptr = read.block();
  for (int i = 0; i < kRounds; ++i) {
    status_in_handler = -1;
    read.Submit();
    read.Feed();
    while (status_in_handler == -1) sched_yield();
    if (status_in_handler != 0) break;
    trial.Await(*read.block());
    trial.Return(read.block());
  }
  trial.ExpectError("aio_error in the handler of the read's signal",
                    status_in_handler, 0);
}

// Only the other thread lets the signal in.
void GoesToTheProcess(Trial& trial) {
  SetHandler(Signal(), Ignore);
  Block(Signal());
  std::thread taker([&] {
    trial.ExpectEqual("si_value taken by another thread",
                      Take(Signal()).si_value.sival_int, 7);
  });
  char byte = 0;
  aiocb block;
  ReadWithSignal(trial, &block, &byte, 7);
  taker.join();
}

void NoneSendsNothing(Trial& trial) {
  SetHandler(Signal(), Ignore);
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  char byte = 0;
  aiocb silent = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  silent.aio_sigevent = SignalWith(1);
  silent.aio_sigevent.sigev_notify = SIGEV_NONE;
  trial.Read(&silent);
  trial.ExpectResult("the read with SIGEV_NONE", &silent, 0, 1);
  // A later one that does notify gives the other every chance.
  aiocb loud;
  ReadWithSignal(trial, &loud, &byte, 2);
  trial.ExpectEqual("si_value of the first signal to come",
                    Take(Signal()).si_value.sival_int, 2);
  trial.ExpectThat(!IsPending(Signal()), "no second one is pending");
}

// While it is so, the kernel queues no realtime signal of this user.
void SetPendingLimit(Trial& trial, rlim_t limit) {
  static rlimit before = {};
  if (limit == 0) getrlimit(RLIMIT_SIGPENDING, &before);
  const rlimit now = {limit == 0 ? 0 : before.rlim_cur, before.rlim_max};
  if (setrlimit(RLIMIT_SIGPENDING, &now) != 0) {
    trial.NotRun("cannot set the limit on pending signals");
  }
}

// What aio_error says of a good read whose signal cannot be queued yet.
int ReadWithQueueFull(Trial& trial, aiocb* block, char* byte) {
  SetHandler(Signal(), Ignore);
  Block(Signal());
  SetPendingLimit(trial, 0);
  *block = BlockFor(trial.NewFile(1, O_RDONLY), byte, 1, 0);
  block->aio_sigevent = SignalWith(9);
  const int error = trial.TryRead(block);
  if (error == EAGAIN) {
    trial.Unsupported(
        "aio_read is refused where no signal can be queued, as it may be");
  }
  trial.RequireThat(error == 0, "aio_read accepts the read");
  trial.Await(*block);
  // What the want of a signal does to the result may come later.
  GiveChance(trial);
  return trial.backend().error(block);
}

void FullQueueKeepsResult(Trial& trial) {
  char byte = 0;
  aiocb block;
  trial.ExpectError("aio_error of a good read while no signal can be queued",
                    ReadWithQueueFull(trial, &block, &byte), 0);
  trial.ExpectEqual("aio_return of it", trial.backend().result(&block), 1);
}

void FullQueueLosesNone(Trial& trial) {
  char byte = 0;
  aiocb block;
  trial.RequireThat(ReadWithQueueFull(trial, &block, &byte) == 0,
                    "the read does not fail for want of a signal");
  aiocb silent = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  trial.Read(&silent);
  trial.ExpectResult("a read without notification meanwhile", &silent, 0, 1);
  SetPendingLimit(trial, RLIM_INFINITY);
  trial.Expect(true, "signals can be queued again; the signal is waited for");
  trial.ExpectEqual("its si_value", Take(Signal()).si_value.sival_int, 9);
}

// The thread that is named has the signal blocked, and so has everybody else:
// it stays pending where it was sent to.
void GoesToTheThread(Trial& trial) {
  Block(Signal());
  std::atomic<pid_t> named{0};
  std::atomic<bool> taken{false};
  std::thread thread([&] {
    named = gettid();
    Take(Signal());
    taken = true;
  });
  while (named == 0) sched_yield();
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  block.aio_sigevent = SignalWith(5);
  block.aio_sigevent.sigev_notify = SIGEV_THREAD_ID;
  block.aio_sigevent._sigev_un._tid = getpid();
  trial.Read(&block);
  trial.Expect(true, "the signal of a read is waited for in the thread named");
  trial.ExpectEqual("its si_value", Take(Signal()).si_value.sival_int, 5);
  trial.ExpectThat(!taken, "a thread that was not named has not had it");
  trial.Stop();
}

constexpr absl::string_view kGenerated =
    "XSH 2.4.1 Signal Generation and Delivery";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"signal.value", "G1", kGenerated, kDemanded,
     "a request's signal carries the value that was given", CarriesValue},
    {"signal.code", "G1", "XSH 2.4.3 Signal Actions: si_code", kDemanded,
     "a request's signal has the code SI_ASYNCIO", CarriesCode},
    {"signal.sender", "G1", "", kPromised,
     "a request's signal tells the process and its user", CarriesSender},
    {"signal.each-queued", "G1", kGenerated, kDemanded,
     "of many completions while it is blocked, each has a signal of its own",
     EachIsQueued},
    {"signal.result-first", "G4", kGenerated, kDemanded,
     "the handler finds the request completed", ResultComesFirst},
    {"signal.to-the-process", "G1", kGenerated, kDemanded,
     "any thread that lets the signal in may have it", GoesToTheProcess},
    {"signal.none", "G3", kGenerated, kDemanded, "SIGEV_NONE sends no signal",
     NoneSendsNothing},
    {"signal.full-queue-keeps-result", "G1", "aio_error, DESCRIPTION",
     kDemanded,
     "an accepted read is good, also when no signal can be queued for it",
     FullQueueKeepsResult},
    {"signal.full-queue-loses-none", "G1", "", kPromised,
     "a signal that finds the queue full comes when there is room",
     FullQueueLosesNone},
    {"signal.to-a-thread", "G3", "", kPromised,
     "SIGEV_THREAD_ID signals the thread that is named", GoesToTheThread},
};

}  // namespace

absl::Span<const Check> SignalChecks() { return kChecks; }

}  // namespace aioemul::tools::check
