// Probes for the bugs of notifications, of a process's life and of streams.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>

#include "absl/types/span.h"
#include "tools/backends/broken_probe.h"

namespace aioemul::backends {
namespace {

// A read of a file that is notified by a signal, and what the signal tells.
bool ReadSignals(const Probe& probe, siginfo_t* details) {
  char byte;
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  AskForSignal(&block, BlockedSignal(), 5);
  return probe.ReadGives(&block, 0, 1) && probe.SignalComes(SIGRTMIN, details);
}

bool EverySignalComes(const Probe& probe) {
  siginfo_t details;
  const bool first = ReadSignals(probe, &details);
  return first && ReadSignals(probe, &details);
}

bool ASignalComesOnce(const Probe& probe) {
  siginfo_t details;
  return ReadSignals(probe, &details) && probe.NoSignalComes(SIGRTMIN);
}

bool ASignalTellsWhatItIs(const Probe& probe) {
  siginfo_t details = {};
  return ReadSignals(probe, &details) && details.si_code == SI_ASYNCIO &&
         details.si_value.sival_int == 5;
}

bool ASignalComesAfterTheResult(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  AskForSignal(&block, BlockedSignal(), 1);
  return probe.aio.read(&block) == 0 && probe.NoSignalComes(SIGRTMIN);
}

// The function raises a signal, which can be waited for.
void RaiseSignal(sigval /*value*/) { kill(getpid(), SIGRTMIN); }

bool AFunctionIsCalled(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  BlockedSignal();
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_notify_function = RaiseSignal;
  return probe.aio.read(&block) == 0 && probe.SignalComes(SIGRTMIN, nullptr);
}

// Whether `is_right` is true in a child.
template <typename IsRight>
bool HoldsInChild(const IsRight& is_right) {
  const pid_t child = fork();
  if (child == 0) _exit(is_right() ? 0 : 1);
  int status = -1;
  return waitpid(child, &status, 0) == child && status == 0;
}

bool AChildCanRead(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  return HoldsInChild([&] { return probe.ReadGives(&block, 0, 1); });
}

bool AChildHasNoRequests(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  return probe.aio.read(&block) == 0 &&
         HoldsInChild([&] { return probe.aio.error(&block) == ECANCELED; });
}

bool ACloseCancelsWhatWaits(const Probe& probe) {
  const Pipe pipe;
  char bytes[2];
  aiocb first = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb second = BlockFor(pipe.read, &bytes[1], 1, 0);
  return probe.aio.read(&first) == 0 && probe.aio.read(&second) == 0 &&
         probe.aio.close(pipe.read) == 0 &&
         probe.aio.error(&second) == ECANCELED;
}

bool RecordLocksStay(const Probe& probe) {
  char byte;
  const int fd = FileOf("a", O_RDWR);
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  if (fcntl(fd, F_SETLK, &lock) != 0) return false;
  aiocb block = BlockFor(fd, &byte, 1, 0);
  return probe.ReadGives(&block, 0, 1) && HoldsInChild([&] {
           return fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type == F_WRLCK;
         });
}

bool AnExitIsQuiet(const Probe& probe) {
  const Pipe pipe;
  static char byte;
  static aiocb block;
  block = BlockFor(pipe.read, &byte, 1, 0);
  if (probe.aio.read(&block) != 0) return false;
  exit(0);
}

bool WaitingReadsHoldUpNothing(const Probe& probe) {
  constexpr int kPipes = 6;
  const Pipe pipes[kPipes];
  static char bytes[kPipes + 1];
  static aiocb blocks[kPipes];
  for (int i = 0; i < kPipes; ++i) {
    blocks[i] = BlockFor(pipes[i].read, &bytes[i], 1, 0);
    if (probe.aio.read(&blocks[i]) != 0) return false;
  }
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &bytes[kPipes], 1, 0);
  return probe.ReadGives(&block, 0, 1);
}

bool FlagsStay(const Probe& probe) {
  const Pipe pipe;
  pipe.Put("a");
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  return probe.ReadGives(&block, 0, 1) &&
         (fcntl(pipe.read, F_GETFL) & O_NONBLOCK) == 0;
}

bool ABrokenPipeRaisesNothing(const Probe& probe) {
  const Pipe pipe;
  close(pipe.read);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  char byte = 'a';
  aiocb block = BlockFor(pipe.write, &byte, 1, 0);
  return probe.aio.write(&block) == 0 && probe.Gives(&block, EPIPE, -1) &&
         probe.NoSignalComes(SIGPIPE);
}

void LeaveWhenIdle(const Probe& probe) {
  aioinit tuning = {};
  tuning.aio_threads = 1;
  tuning.aio_num = 1;
  tuning.aio_idle_time = 0;
  probe.aio.init(&tuning);
}

// Not a read: the caller may make it, and then there is no other thread.
bool WritesByte(const Probe& probe) {
  char byte = 'a';
  aiocb block = BlockFor(FileOf("", O_RDWR), &byte, 1, 0);
  return probe.aio.write(&block) == 0 && probe.Gives(&block, 0, 1);
}

bool TuningWorksLater(const Probe& probe) {
  if (!WritesByte(probe)) return false;
  LeaveWhenIdle(probe);
  return probe.CallerIsAlone();
}

bool NoThreadStays(const Probe& probe) {
  LeaveWhenIdle(probe);
  return WritesByte(probe) && probe.CallerIsAlone();
}

constexpr ProbeEntry kProbes[] = {
    {"lost-signal", EverySignalComes},
    {"signal-twice", ASignalComesOnce},
    {"wrong-si-code", ASignalTellsWhatItIs},
    {"wrong-si-value", ASignalTellsWhatItIs},
    {"signal-before-result", ASignalComesAfterTheResult},
    {"lost-thread-notification", AFunctionIsCalled},
    {"fork-child-hangs", AChildCanRead},
    {"fork-child-inherits-status", AChildHasNoRequests},
    {"close-keeps-queued", ACloseCancelsWhatWaits},
    {"record-locks-dropped", RecordLocksStay},
    {"exit-crash", AnExitIsQuiet},
    {"idle-reads-hold-workers", WaitingReadsHoldUpNothing},
    {"changes-descriptor-flags", FlagsStay},
    {"sigpipe-raised", ABrokenPipeRaisesNothing},
    {"tuning-ignored-later", TuningWorksLater},
    {"busy-when-idle", NoThreadStays},
};

}  // namespace

absl::Span<const ProbeEntry> ProcessProbes() { return kProbes; }

}  // namespace aioemul::backends
