// The bugs of the broken backend, of which it has one: the one that AIO_BROKEN
// names when it is loaded.  Without the variable it has none.  With "list" it
// has none, and tells all on the standard error.

#ifndef AIOEMUL_TOOLS_BACKENDS_BROKEN_BUG_H_
#define AIOEMUL_TOOLS_BACKENDS_BROKEN_BUG_H_

#include <stddef.h>

namespace aioemul::backends {

enum class Bug {
  kNone,
  kLostCompletion,
  kWrongByte,
  kShortReadAsFull,
  kZeroAtEofMissing,
  kOffsetIgnored,
  kOffsetUsedOnPipe,
  kEintrReported,
  kErrnoWrong,
  kBadDescriptorAccepted,
  kBadPriorityAccepted,
  kNegativeOffsetAccepted,
  kCrashOnNull,
  kResourceLeak,
  kTouchesBlockAfterCompletion,
  kSigeventReadLate,
  kControlBlockReadLate,
  kOvertakingBarrier,
  kPriorityInverted,
  kReorderedAppend,
  kOneAtATime,
  kStaleStatus,
  kResultKeptAfterReuse,
  kSuspendIgnoresTimeout,
  kSuspendWakesNeverForSecond,
  kSuspendEintrHidden,
  kSuspendNullEntryCrashes,
  kSuspendEmptyReturns,
  kCancelLies,
  kCancelLosesData,
  kCancelNever,
  kCancelledHeadBlocks,
  kCancelAllForgetsOne,
  kCancelNoNotification,
  kListEventTwice,
  kListEventEarly,
  kListWaitReturnsEarly,
  kListErrorSwallowed,
  kListNopCounted,
  kListBadOpcodeRun,
  kLostSignal,
  kSignalTwice,
  kWrongSiCode,
  kWrongSiValue,
  kSignalBeforeResult,
  kLostThreadNotification,
  kForkChildHangs,
  kForkChildInheritsStatus,
  kCloseKeepsQueued,
  kRecordLocksDropped,
  kExitCrash,
  kIdleReadsHoldWorkers,
  kChangesDescriptorFlags,
  kSigpipeRaised,
  kTuningIgnoredLater,
  kBusyWhenIdle,
};

struct BugEntry {
  Bug bug;
  const char* name;
  const char* rows;  // Of the contract, that it breaks.
  const char* what;
};

// All but kNone, in the order of the contract.
extern const BugEntry kBugs[];
extern const size_t kBugCount;

// Whether this process's bug is `bug`.
bool Has(Bug bug);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_BROKEN_BUG_H_
