// C3: aio_error, aio_return and aio_suspend in a signal handler, whatever call
// it interrupted.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/page_gate.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// What the handler has to do with: an idle read, that it feeds and waits for.
struct HandlerWork {
  const Backend* backend;
  aiocb* block;
  int feeding_fd;
  // How often it has run.
  std::atomic<int> answered{0};
  int suspend_error = 0;
  int status = 0;
  ssize_t result = 0;
};
HandlerWork* work = nullptr;

void FeedAndWait(int /*signal*/) {
  const int interrupted_errno = errno;
  work->suspend_error = 0;
  if (write(work->feeding_fd, &IdleRead::kFood, 1) != 1) _exit(1);
  const aiocb* const list[] = {work->block};
  while (work->backend->suspend(list, 1, nullptr) != 0) {
    if (errno == EINTR) continue;
    work->suspend_error = errno;
    break;
  }
  work->status = work->backend->error(work->block);
  work->result = work->backend->result(work->block);
  ++work->answered;
  errno = interrupted_errno;
}

void InstallHandler(HandlerWork* own) {
  work = own;
  struct sigaction action = {};
  action.sa_handler = FeedAndWait;
  sigaction(SIGUSR1, &action, nullptr);
}

void ExpectRightAnswer(Trial& trial, const HandlerWork& own) {
  trial.ExpectError("aio_suspend in the handler", own.suspend_error, 0);
  trial.ExpectError("aio_error in the handler", own.status, 0);
  trial.ExpectEqual("aio_return in the handler", own.result, 1);
}

// Interrupts `call`, made over and over, at many moments.  Only the interrupted
// thread is looked at: a backend that is slow does no wrong.
void Interrupt(Trial& trial, absl::FunctionRef<void()> call, int rounds = 500) {
  IdleRead read(trial);
  HandlerWork own{&trial.backend(), read.block(), read.feeding_fd()};
  InstallHandler(&own);
  sem_t asked;
  sem_init(&asked, 0, 0);
  std::thread sender([&, interrupted = pthread_self()] {
    for (int sent = 0; sent < rounds; ++sent) {
      while (sem_wait(&asked) != 0) {
      }
      // The other thread gets into its calls, and is interrupted at any place.
      const timespec moment = {0, sent * 7 % 1000 + 1};
      nanosleep(&moment, nullptr);
      pthread_kill(interrupted, SIGUSR1);
    }
  });
  trial.Expect(true,
               "a handler interrupts the call, and waits in aio_suspend for a "
               "read that has data");
  for (int round = 0; round < rounds; ++round) {
    read.Submit();
    sem_post(&asked);
    while (own.answered.load() <= round) call();
    if (own.suspend_error == 0 && own.status == 0 && own.result == 1) continue;
    ExpectRightAnswer(trial, own);
    trial.Stop();
  }
  sender.join();
  trial.Expect(true, absl::StrCat(rounds,
                                  " waits in the handler ended with their "
                                  "reads"));
}

// Waits without aio_suspend and without sleep, so that the calls that are to be
// interrupted take most of the time.
int Spin(Trial& trial, const aiocb& block) {
  int error = 0;
  while ((error = trial.backend().error(&block)) == EINPROGRESS) sched_yield();
  return error;
}

void InterruptsSubmission(Trial& trial) {
  char bytes[16] = {};
  const int fd = trial.NewFile(sizeof(bytes), O_RDWR);
  aiocb block = BlockFor(fd, bytes, sizeof(bytes), 0);
  bool right = true;
  Interrupt(trial, [&] {
    trial.Write(&block);
    right = right && Spin(trial, block) == 0;
    right = right && trial.Return(&block) == sizeof(bytes);
    trial.Read(&block);
    right = right && Spin(trial, block) == 0;
    right = right && trial.Return(&block) == sizeof(bytes);
  });
  trial.ExpectThat(right,
                   "the interrupted aio_write and aio_read did their work");
}

// Of a file in memory, where it waits for no disk.
void InterruptsFsync(Trial& trial) {
  constexpr size_t kRequests = 16;
  const int fd = memfd_create("aioemul-check", MFD_CLOEXEC);
  if (fd < 0) trial.NotRun("cannot make a file in memory");
  std::vector<aiocb> blocks(kRequests, BlockFor(fd, nullptr, 0, 0));
  bool right = true;
  Interrupt(trial, [&] {
    for (aiocb& block : blocks) trial.Fsync(O_DSYNC, &block);
    for (aiocb& block : blocks) {
      right = right && Spin(trial, block) == 0 && trial.Return(&block) == 0;
    }
  });
  trial.ExpectThat(right, "the interrupted aio_fsync did its work");
}

void InterruptsList(Trial& trial) {
  constexpr int kEntries = 4;
  char bytes[kEntries] = {};
  const int fd = trial.NewFile(kEntries, O_RDWR);
  aiocb blocks[kEntries];
  aiocb* list[kEntries];
  for (int i = 0; i < kEntries; ++i) {
    blocks[i] = BlockFor(fd, &bytes[i], 1, i);
    blocks[i].aio_lio_opcode = i % 2 == 0 ? LIO_WRITE : LIO_READ;
    list[i] = &blocks[i];
  }
  bool right = true;
  Interrupt(trial, [&] {
    trial.Listio(LIO_NOWAIT, list, kEntries, nullptr);
    for (aiocb& block : blocks) {
      right = right && Spin(trial, block) == 0 && trial.Return(&block) == 1;
    }
  });
  trial.ExpectThat(right,
                   "the entries of the interrupted lio_listio were done");
}

// Many descriptors have requests, so that there is something to look through.
void InterruptsCancel(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDONLY);
  bool right = true;
  // It is a short call, and so less often met in its midst.
  constexpr int kRounds = 4000;
  Interrupt(
      trial, [&] { right = right && trial.Cancel(fd, nullptr) == AIO_ALLDONE; },
      kRounds);
  trial.ExpectThat(right, "the interrupted aio_cancel answered AIO_ALLDONE");
}

// The call is held up in its midst: the list lies on the gate's page.  A
// backend that holds signals off meanwhile is right too: the gate opens in the
// end.
void InterruptsSuspend(Trial& trial) {
  constexpr int kLooks = 200;
  constexpr timespec kMoment = {0, 200'000};
  constexpr timespec kNoTime = {0, 0};
  IdleRead read(trial);
  HandlerWork own{&trial.backend(), read.block(), read.feeding_fd()};
  InstallHandler(&own);
  read.Submit();
  PageGate gate(trial);
  std::thread sender([&, interrupted = pthread_self()] {
    gate.AwaitArrival();
    pthread_kill(interrupted, SIGUSR1);
    for (int look = 0; look < kLooks && own.answered == 0; ++look) {
      nanosleep(&kMoment, nullptr);
    }
    // The list reads as null pointers.
    gate.Open(0);
  });
  trial.Expect(true,
               "a handler interrupts aio_suspend where it reads the list, and "
               "waits in aio_suspend for a read that has data");
  trial.Suspend(static_cast<const aiocb* const*>(gate.buffer()), 1, &kNoTime);
  sender.join();
  while (own.answered == 0) sched_yield();
  ExpectRightAnswer(trial, own);
}

// aio_return may be called once for each request, so there are many.
void InterruptsResult(Trial& trial) {
  constexpr size_t kReads = 10'000;
  const int fd = trial.NewFile(1, O_RDONLY);
  char byte = 0;
  std::vector<aiocb> reads(kReads, BlockFor(fd, &byte, 1, 0));
  for (aiocb& read : reads) {
    trial.Read(&read);
    Spin(trial, read);
  }
  size_t returned = 0;
  bool right = true;
  Interrupt(trial, [&] {
    // The last is left, so that there is always one to ask for.
    right = right && trial.backend().error(&reads.back()) == 0;
    if (returned == kReads - 1) return;
    right = right && trial.backend().error(&reads[returned]) == 0;
    right = right && trial.Return(&reads[returned]) == 1;
    ++returned;
  });
  trial.ExpectThat(right,
                   "the interrupted aio_error and aio_return were right");
}

constexpr absl::string_view kSafe =
    "XSH 2.4.3 Signal Actions: async-signal-safe functions";
constexpr Standing kDemanded = Standing::kDemanded;

constexpr Check kChecks[] = {
    {"handler.in-submission", "C3", kSafe, kDemanded,
     "a handler that interrupts aio_read, aio_write, or aio_error of their "
     "requests, may wait for a request",
     InterruptsSubmission},
    {"handler.in-fsync", "C3", kSafe, kDemanded,
     "a handler that interrupts aio_fsync, or aio_error of its request, may "
     "wait for a request",
     InterruptsFsync},
    {"handler.in-listio", "C3", kSafe, kDemanded,
     "a handler that interrupts lio_listio, or aio_error of its requests, may "
     "wait for a request",
     InterruptsList},
    {"handler.in-cancel", "C3", kSafe, kDemanded,
     "a handler that interrupts aio_cancel may wait for a request",
     InterruptsCancel},
    {"handler.in-suspend", "C3", kSafe, kDemanded,
     "a handler that interrupts aio_suspend may wait for a request",
     InterruptsSuspend},
    {"handler.in-result", "C3", kSafe, kDemanded,
     "a handler that interrupts aio_error or aio_return may wait for a "
     "request",
     InterruptsResult},
};

}  // namespace

absl::Span<const Check> HandlerChecks() { return kChecks; }

}  // namespace aioemul::tools::check
