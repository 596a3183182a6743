// Probes for the bugs of aio_suspend, aio_cancel and lio_listio.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include <thread>

#include "absl/types/span.h"
#include "tools/backends/broken_probe.h"

namespace aioemul::backends {
namespace {

constexpr timespec kNoTime = {0, 0};

// Ends the process where only a bug can be waiting.
void LimitIfSpoilt(const Probe& probe) {
  itimerval limit = {};
  limit.it_value.tv_usec = 200'000;
  if (probe.spoilt()) setitimer(ITIMER_REAL, &limit, nullptr);
}

bool WaitsNoLongerThanAsked(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  const aiocb* const list[] = {&block};
  if (probe.aio.read(&block) != 0) return false;
  LimitIfSpoilt(probe);
  return probe.aio.suspend(list, 1, &kNoTime) == -1 && errno == EAGAIN;
}

bool WakesForTheSecond(const Probe& probe) {
  const Pipe pipe;
  char bytes[2];
  aiocb waiting = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb done = BlockFor(FileOf("a", O_RDONLY), &bytes[1], 1, 0);
  const aiocb* const list[] = {&waiting, &done};
  return probe.aio.read(&waiting) == 0 && probe.aio.read(&done) == 0 &&
         probe.Completes(done) && probe.aio.suspend(list, 2, &kNoTime) == 0;
}

int wake_up_end = -1;

// Lets the wait end, sooner or later, if it does not end by this.
void WakeAtLast(int /*signal*/) {
  static int count = 0;
  if (++count == 20 && write(wake_up_end, "a", 1) != 1) _exit(3);
}

bool ASignalEndsTheWait(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  const aiocb* const list[] = {&block};
  if (probe.aio.read(&block) != 0) return false;
  wake_up_end = pipe.write;
  struct sigaction action = {};
  action.sa_handler = WakeAtLast;
  sigaction(SIGALRM, &action, nullptr);
  // Again and again, as the first may come before the wait.
  itimerval often = {{0, 10'000}, {0, 10'000}};
  setitimer(ITIMER_REAL, &often, nullptr);
  return probe.aio.suspend(list, 1, nullptr) == -1 && errno == EINTR;
}

bool IgnoresANullEntry(const Probe& probe) {
  char byte;
  aiocb done = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  const aiocb* const list[] = {nullptr, &done};
  return probe.aio.read(&done) == 0 && probe.Completes(done) &&
         probe.aio.suspend(list, 2, &kNoTime) == 0;
}

bool AnEmptyListWaits(const Probe& probe) {
  const aiocb* const list[] = {nullptr};
  return probe.aio.suspend(list, 1, &kNoTime) == -1 && errno == EAGAIN;
}

bool ACancelledReadTakesNothing(const Probe& probe) {
  const Pipe pipe;
  char bytes[2];
  aiocb cancelled = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb next = BlockFor(pipe.read, &bytes[1], 1, 0);
  const bool done = probe.aio.read(&cancelled) == 0 &&
                    probe.aio.cancel(pipe.read, &cancelled) == AIO_CANCELED &&
                    probe.aio.error(&cancelled) == ECANCELED &&
                    probe.aio.read(&next) == 0;
  pipe.Put("ab");
  return done && probe.Gives(&next, 0, 1) && bytes[1] == 'a';
}

bool AFollowerOfACancelledHeadCompletes(const Probe& probe) {
  const Pipe pipe;
  char bytes[2];
  aiocb head = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb follower = BlockFor(pipe.read, &bytes[1], 1, 0);
  const bool done = probe.aio.read(&head) == 0 &&
                    probe.aio.read(&follower) == 0 &&
                    probe.aio.cancel(pipe.read, &head) == AIO_CANCELED;
  pipe.Put("a");
  return done && probe.Gives(&follower, 0, 1);
}

bool AllOfADescriptorAreCancelled(const Probe& probe) {
  const Pipe pipe;
  char bytes[2];
  aiocb first = BlockFor(pipe.read, &bytes[0], 1, 0);
  aiocb second = BlockFor(pipe.read, &bytes[1], 1, 0);
  return probe.aio.read(&first) == 0 && probe.aio.read(&second) == 0 &&
         probe.aio.cancel(pipe.read, nullptr) == AIO_CANCELED &&
         probe.aio.error(&first) == ECANCELED &&
         probe.aio.error(&second) == ECANCELED;
}

bool ACancelledReadNotifies(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  AskForSignal(&block, BlockedSignal(), 1);
  return probe.aio.read(&block) == 0 &&
         probe.aio.cancel(pipe.read, &block) == AIO_CANCELED &&
         probe.SignalComes(SIGRTMIN, nullptr);
}

sigevent ListEvent() {
  aiocb block = {};
  AskForSignal(&block, BlockedSignal(), 1);
  return block.aio_sigevent;
}

bool AListNotifiesOnce(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  block.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&block};
  sigevent event = ListEvent();
  return probe.aio.listio(LIO_NOWAIT, list, 1, &event) == 0 &&
         probe.SignalComes(SIGRTMIN, nullptr) && probe.NoSignalComes(SIGRTMIN);
}

bool AListNotifiesLast(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  block.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&block};
  sigevent event = ListEvent();
  return probe.aio.listio(LIO_NOWAIT, list, 1, &event) == 0 &&
         probe.NoSignalComes(SIGRTMIN);
}

// Without the byte only a bug comes back from the call.
bool AListWaits(const Probe& probe) {
  const Pipe pipe;
  char byte;
  aiocb block = BlockFor(pipe.read, &byte, 1, 0);
  block.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&block};
  std::thread writer([&] {
    if (!probe.spoilt()) pipe.Put("a");
  });
  const int result = probe.aio.listio(LIO_WAIT, list, 1, nullptr);
  writer.join();
  return result == 0 && probe.aio.error(&block) == 0;
}

bool AListTellsAFailure(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(-1, &byte, 1, 0);
  block.aio_lio_opcode = LIO_READ;
  aiocb* const list[] = {&block};
  return probe.aio.listio(LIO_WAIT, list, 1, nullptr) == -1 && errno == EIO;
}

bool AListPassesOverNop(const Probe& probe) {
  aiocb block = BlockFor(-1, nullptr, 0, 0);
  block.aio_lio_opcode = LIO_NOP;
  aiocb* const list[] = {&block};
  return probe.aio.listio(LIO_WAIT, list, 1, nullptr) == 0;
}

bool AListRefusesAnOpcode(const Probe& probe) {
  char byte;
  aiocb block = BlockFor(FileOf("a", O_RDONLY), &byte, 1, 0);
  block.aio_lio_opcode = 77;
  aiocb* const list[] = {&block};
  return probe.aio.listio(LIO_WAIT, list, 1, nullptr) == -1 &&
         probe.aio.error(&block) == EINVAL;
}

constexpr ProbeEntry kProbes[] = {
    {"suspend-ignores-timeout", WaitsNoLongerThanAsked},
    {"suspend-wakes-never-for-second", WakesForTheSecond},
    {"suspend-eintr-hidden", ASignalEndsTheWait},
    {"suspend-null-entry-crashes", IgnoresANullEntry},
    {"suspend-empty-returns", AnEmptyListWaits},
    {"cancel-lies", ACancelledReadTakesNothing},
    {"cancel-loses-data", ACancelledReadTakesNothing},
    {"cancel-never", ACancelledReadTakesNothing},
    {"cancelled-head-blocks", AFollowerOfACancelledHeadCompletes},
    {"cancel-all-forgets-one", AllOfADescriptorAreCancelled},
    {"cancel-no-notification", ACancelledReadNotifies},
    {"list-event-twice", AListNotifiesOnce},
    {"list-event-early", AListNotifiesLast},
    {"list-wait-returns-early", AListWaits},
    {"list-error-swallowed", AListTellsAFailure},
    {"list-nop-counted", AListPassesOverNop},
    {"list-bad-opcode-run", AListRefusesAnOpcode},
};

}  // namespace

absl::Span<const ProbeEntry> WaitingProbes() { return kProbes; }

}  // namespace aioemul::backends
