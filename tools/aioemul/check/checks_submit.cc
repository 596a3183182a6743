// A: what a submission does at once, and what it leaves for later.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/chance.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/gated_write.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

// A backend that waits for the data hangs here.
void ReadReturns(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  trial.ExpectError("aio_error after aio_read on an empty pipe",
                    trial.backend().error(&block), EINPROGRESS);
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  trial.ExpectResult("the read", &block, 0, 1);
  trial.ExpectEqual("the byte", byte, 'x');
}

void WriteReturns(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  const size_t filling = FillUp(ends[1]);
  char byte = 'x';
  aiocb block = BlockFor(ends[1], &byte, 1, 0);
  trial.Write(&block);
  trial.ExpectError("aio_error after aio_write on a full pipe",
                    trial.backend().error(&block), EINPROGRESS);
  std::string drained(filling, '\0');
  trial.RequireThat(
      read(ends[0], drained.data(), filling) == static_cast<ssize_t>(filling),
      "the pipe is emptied");
  trial.ExpectResult("the write", &block, 0, 1);
}

// GatedWrite is about it.
void FileWriteReturns(Trial& trial) {
  GatedWrite write(trial, trial.NewFile(0, O_RDWR), 0);
  trial.ExpectError("aio_error of a write that cannot go on",
                    trial.backend().error(write.block()), EINPROGRESS);
  write.ExpectWritten('w');
}

void FsyncReturns(Trial& trial) {
  const int fd = trial.NewFile(0, O_RDWR);
  GatedWrite write(trial, fd, 0);
  aiocb sync = BlockFor(fd, nullptr, 0, 0);
  trial.Fsync(O_SYNC, &sync);
  trial.Expect(true, "aio_fsync has returned while a write goes on");
  write.ExpectWritten('w');
  trial.ExpectResult("the fsync", &sync, 0, 0);
}

sigset_t BlockSignal(int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  return set;
}

bool IsPending(int number) {
  sigset_t set;
  sigpending(&set);
  return sigismember(&set, number) == 1;
}

void RefusalNotNotified(Trial& trial) {
  BlockSignal(SIGUSR1);
  char byte = 0;
  aiocb block = BlockFor(trial.NewFile(1, O_RDWR), &byte, 1, 0);
  block.aio_reqprio = -1;
  block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  block.aio_sigevent.sigev_signo = SIGUSR1;
  if (trial.TryRead(&block) == 0) {
    // A later failure is a completion, and to be notified.
    trial.Expect(true, "a bad aio_reqprio is not refused by the call");
    trial.Stop();
  }
  GiveChance(trial);
  trial.Expect(!IsPending(SIGUSR1), IsPending(SIGUSR1)
                                        ? "a refused request was notified"
                                        : "a refused request is not notified");
}

void RefusalNotQueued(Trial& trial) {
  const int fd = trial.NewFile(1, O_RDWR);
  char byte = 'q';
  aiocb block = BlockFor(fd, &byte, 1, 0);
  block.aio_reqprio = -1;
  if (trial.TryWrite(&block) == 0) {
    trial.Expect(true, "a bad aio_reqprio is not refused by the call");
    trial.Stop();
  }
  GiveChance(trial);
  char found = 0;
  trial.RequireThat(pread(fd, &found, 1, 0) == 1, "the file is read back");
  trial.Expect(found != byte, found == byte
                                  ? "a refused write was carried out"
                                  : "a refused write is not carried out");
}

void BlockInUse(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  trial.Read(&block);
  const int error = trial.TryRead(&block);
  trial.Require(error == EBUSY,
                absl::StrCat("aio_read of a block in progress: expected EBUSY, "
                             "got ",
                             ErrorName(error)));
  trial.ExpectError("aio_error of the first request",
                    trial.backend().error(&block), EINPROGRESS);
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  trial.ExpectResult("the first request", &block, 0, 1);
}

// The second read waits behind the first, so nothing but the submission can
// have read its block before it changes.
void BlockReadOnce(Trial& trial) {
  int ends[2];
  trial.NewPipe(ends);
  char first_byte = 0;
  char bytes[4] = {};
  char elsewhere[4] = {};
  aiocb first = BlockFor(ends[0], &first_byte, 1, 0);
  aiocb second = BlockFor(ends[0], bytes, sizeof(bytes), 0);
  trial.Read(&first);
  trial.Read(&second);
  second.aio_buf = elsewhere;
  second.aio_nbytes = 1;
  trial.RequireThat(write(ends[1], "1", 1) == 1, "a byte is written");
  trial.ExpectResult("the first read", &first, 0, 1);
  trial.RequireThat(write(ends[1], "abcd", 4) == 4, "four bytes are written");
  trial.ExpectResult("the second read, whose block was changed", &second, 0, 4);
  trial.ExpectThat(memcmp(bytes, "abcd", 4) == 0,
                   "its first buffer has the bytes");
}

void EventReadOnce(Trial& trial) {
  const sigset_t set = BlockSignal(SIGUSR1);
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  block.aio_sigevent.sigev_signo = SIGUSR1;
  block.aio_sigevent.sigev_value.sival_int = 7;
  trial.Read(&block);
  block.aio_sigevent.sigev_value.sival_int = 8;
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  siginfo_t info = {};
  while (sigwaitinfo(&set, &info) != SIGUSR1) {
  }
  trial.ExpectEqual("si_value of a sigevent of 7, changed to 8 later",
                    info.si_value.sival_int, 7);
}

void ZeroedEvent(Trial& trial) {
  char byte = 0;
  aiocb block = {};
  block.aio_fildes = trial.NewFile(1, O_RDONLY);
  block.aio_buf = &byte;
  block.aio_nbytes = 1;
  trial.Read(&block);
  trial.ExpectResult("a read with a zeroed sigevent", &block, 0, 1);
}

// The signal cannot be delivered to this thread, so if any thread of the
// backend takes signals, it takes this one.
void InterruptionHidden(Trial& trial) {
  struct sigaction action = {};
  action.sa_handler = [](int /*number*/) {};
  sigaction(SIGUSR1, &action, nullptr);
  int ends[2];
  trial.NewPipe(ends);
  char byte = 0;
  aiocb block = BlockFor(ends[0], &byte, 1, 0);
  // A thread that the call starts inherits that nothing is blocked.
  trial.Read(&block);
  BlockSignal(SIGUSR1);
  for (int i = 0; i < 8; ++i) {
    kill(getpid(), SIGUSR1);
    GiveChance(trial);
  }
  trial.ExpectError("aio_error of a waiting read after signals",
                    trial.backend().error(&block), EINPROGRESS);
  trial.RequireThat(write(ends[1], "x", 1) == 1, "a byte is written");
  trial.ExpectResult("the read", &block, 0, 1);
}

constexpr absl::string_view kReturns =
    "aio_read and aio_write, DESCRIPTION: even when data cannot be delivered";
constexpr absl::string_view kRefused =
    "aio_read and aio_write, DESCRIPTION: not initiated nor queued";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kPromised = Standing::kPromised;

constexpr Check kChecks[] = {
    {"submit.read-returns", "A1", kReturns, kDemanded,
     "aio_read returns though there is nothing to read yet", ReadReturns},
    {"submit.write-returns", "A1", kReturns, kDemanded,
     "aio_write returns though there is no room yet", WriteReturns},
    {"submit.file-write-returns", "A1", kReturns, kDemanded,
     "aio_write on a file returns though the transfer cannot go on",
     FileWriteReturns},
    {"submit.fsync-returns", "A1", "aio_fsync, DESCRIPTION", kDemanded,
     "aio_fsync returns though an earlier write goes on", FsyncReturns},
    {"submit.refused-not-queued", "A2", kRefused, kDemanded,
     "what a call refuses is not carried out", RefusalNotQueued},
    {"submit.refused-not-notified", "A2", kRefused, kDemanded,
     "what a call refuses is not notified", RefusalNotNotified},
    {"submit.block-in-use", "A7", "", kPromised,
     "a control block in progress is refused with EBUSY", BlockInUse},
    {"submit.interruption-hidden", "A8", "", kPromised,
     "signals do not end a waiting request", InterruptionHidden},
    {"submit.block-read-once", "A9", "", kPromised,
     "a change of the control block after the call changes nothing",
     BlockReadOnce},
    {"submit.event-read-once", "A9", "", kPromised,
     "a change of aio_sigevent after the call changes nothing", EventReadOnce},
    {"submit.zeroed-event", "A10", "", kPromised,
     "a zeroed sigevent, which on Linux is signal 0, fails nothing",
     ZeroedEvent},
};

}  // namespace

absl::Span<const Check> SubmitChecks() { return kChecks; }

}  // namespace aioemul::tools::check
