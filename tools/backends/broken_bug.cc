#include "tools/backends/broken_bug.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

namespace aioemul::backends {

const BugEntry kBugs[] = {
    {Bug::kLostCompletion, "lost-completion", "A1 C1",
     "every third request is never complete, and notifies nobody"},
    {Bug::kWrongByte, "wrong-byte", "A8", "the last byte of a read is another"},
    {Bug::kShortReadAsFull, "short-read-as-full", "A8 C1",
     "a read that got less says that it got all"},
    {Bug::kZeroAtEofMissing, "zero-at-eof-missing", "A8",
     "a read at the end of file fails with EIO"},
    {Bug::kOffsetIgnored, "offset-ignored", "A8",
     "transfers on files are at offset 0"},
    {Bug::kOffsetUsedOnPipe, "offset-used-on-pipe", "A8",
     "an offset other than 0 on a stream is ESPIPE"},
    {Bug::kEintrReported, "eintr-reported", "A8",
     "every third read of a stream fails with EINTR"},
    {Bug::kErrnoWrong, "errno-wrong", "A4",
     "what is EINVAL on submission is EPERM"},
    {Bug::kBadDescriptorAccepted, "bad-descriptor-accepted", "A3",
     "a bad descriptor is found out after the call"},
    {Bug::kBadPriorityAccepted, "bad-priority-accepted", "A4",
     "any aio_reqprio is taken"},
    {Bug::kNegativeOffsetAccepted, "negative-offset-accepted", "A4",
     "a negative offset is taken for 0"},
    {Bug::kCrashOnNull, "crash-on-null", "A4",
     "a null control block is a crash"},
    {Bug::kResourceLeak, "resource-leak", "A6 C4",
     "64 results that nobody fetched, and no more is accepted"},
    {Bug::kTouchesBlockAfterCompletion, "touches-block-after-completion", "A9",
     "a later call moves aio_offset of complete blocks"},
    {Bug::kSigeventReadLate, "sigevent-read-late", "A9",
     "aio_sigevent is read when the request is complete"},
    {Bug::kControlBlockReadLate, "control-block-read-late", "A9",
     "what waits for an earlier request is read when it starts"},
    {Bug::kOvertakingBarrier, "overtaking-barrier", "B5",
     "aio_fsync does not wait for earlier requests"},
    {Bug::kPriorityInverted, "priority-inverted", "B1",
     "the lowest priority starts first"},
    {Bug::kReorderedAppend, "reordered-append", "B4",
     "of two writes with O_APPEND the second is first"},
    {Bug::kOneAtATime, "one-at-a-time", "B3",
     "the requests of a descriptor run one after another"},
    {Bug::kStaleStatus, "stale-status", "C2",
     "a result can be fetched again and again"},
    {Bug::kResultKeptAfterReuse, "result-kept-after-reuse", "C1",
     "a block in use again shows its last status until it is complete"},
    {Bug::kSuspendIgnoresTimeout, "suspend-ignores-timeout", "D2",
     "the timeout is a year"},
    {Bug::kSuspendWakesNeverForSecond, "suspend-wakes-never-for-second", "D1",
     "only the first entry counts"},
    {Bug::kSuspendEintrHidden, "suspend-eintr-hidden", "D3",
     "a signal does not end the wait"},
    {Bug::kSuspendNullEntryCrashes, "suspend-null-entry-crashes", "D1",
     "a null entry is a crash"},
    {Bug::kSuspendEmptyReturns, "suspend-empty-returns", "D2",
     "an empty list is 0 at once"},
    {Bug::kCancelLies, "cancel-lies", "E1",
     "AIO_CANCELED, but the transfer happens"},
    {Bug::kCancelLosesData, "cancel-loses-data", "E3",
     "a cancelled read of a stream takes a byte that comes later"},
    {Bug::kCancelNever, "cancel-never", "E3",
     "what is in progress is AIO_NOTCANCELED"},
    {Bug::kCancelledHeadBlocks, "cancelled-head-blocks", "E4",
     "what follows a cancelled request on a stream never completes"},
    {Bug::kCancelAllForgetsOne, "cancel-all-forgets-one", "E2",
     "with a null block the last of several is left"},
    {Bug::kCancelNoNotification, "cancel-no-notification", "E1",
     "a cancelled request notifies nobody"},
    {Bug::kListEventTwice, "list-event-twice", "F2",
     "the list's notification comes twice"},
    {Bug::kListEventEarly, "list-event-early", "F2",
     "the list's notification comes before its requests are complete"},
    {Bug::kListWaitReturnsEarly, "list-wait-returns-early", "F3",
     "LIO_WAIT does not wait"},
    {Bug::kListErrorSwallowed, "list-error-swallowed", "F3",
     "LIO_WAIT is 0 when a request failed"},
    {Bug::kListNopCounted, "list-nop-counted", "F1",
     "a list with LIO_NOP never notifies, or fails"},
    {Bug::kListBadOpcodeRun, "list-bad-opcode-run", "F1",
     "an unknown opcode reads"},
    {Bug::kLostSignal, "lost-signal", "G1", "every second signal is not sent"},
    {Bug::kSignalTwice, "signal-twice", "G1", "each signal is sent twice"},
    {Bug::kWrongSiCode, "wrong-si-code", "G1",
     "the signal has si_code SI_QUEUE"},
    {Bug::kWrongSiValue, "wrong-si-value", "G1",
     "the signal's value is one too high"},
    {Bug::kSignalBeforeResult, "signal-before-result", "G4",
     "the signal is sent as soon as the request is accepted"},
    {Bug::kLostThreadNotification, "lost-thread-notification", "G2",
     "SIGEV_THREAD calls nothing"},
    {Bug::kForkChildHangs, "fork-child-hangs", "H1",
     "requests of a child never complete"},
    {Bug::kForkChildInheritsStatus, "fork-child-inherits-status", "H1",
     "a child sees the parent's requests in progress"},
    {Bug::kCloseKeepsQueued, "close-keeps-queued", "H2",
     "what waits at a close goes to the number's next file"},
    {Bug::kRecordLocksDropped, "record-locks-dropped", "H2",
     "each submission drops the process's record locks on the file"},
    {Bug::kExitCrash, "exit-crash", "H3",
     "an exit with requests outstanding is a crash"},
    {Bug::kIdleReadsHoldWorkers, "idle-reads-hold-workers", "I1",
     "four waiting reads of streams, and nothing else starts"},
    {Bug::kChangesDescriptorFlags, "changes-descriptor-flags", "I4",
     "a stream is O_NONBLOCK from then on"},
    {Bug::kSigpipeRaised, "sigpipe-raised", "I4", "EPIPE comes with a SIGPIPE"},
    {Bug::kTuningIgnoredLater, "tuning-ignored-later", "J1",
     "aio_init after the first request changes nothing"},
    {Bug::kBusyWhenIdle, "busy-when-idle", "J3",
     "from the first request on a thread looks for work every millisecond"},
};
const size_t kBugCount = sizeof(kBugs) / sizeof(kBugs[0]);

namespace {

Bug present = Bug::kNone;

__attribute__((constructor)) void ReadEnvironment() {
  const char* const name = getenv("AIO_BROKEN");
  if (name == nullptr || *name == '\0') return;
  const bool list = strcmp(name, "list") == 0;
  for (const BugEntry& entry : kBugs) {
    if (list) {
      fprintf(stderr, "%-31s %-6s %s\n", entry.name, entry.rows, entry.what);
    } else if (strcmp(name, entry.name) == 0) {
      present = entry.bug;
    }
  }
  if (list || present != Bug::kNone) return;
  fprintf(stderr, "AIO_BROKEN=%s: no such bug; AIO_BROKEN=list lists them\n",
          name);
  _exit(2);
}

}  // namespace

bool Has(Bug bug) { return present == bug; }

}  // namespace aioemul::backends
