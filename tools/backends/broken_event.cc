// The broken backend's notifications.

#include <aio.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <memory>

#include "aio/aio.h"
#include "tools/backends/broken.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_record.h"
#include "tools/backends/notification.h"

namespace aioemul::backends {
namespace {

using SharedRecord = std::shared_ptr<Record>;

sigevent Nothing() {
  sigevent event = {};
  event.sigev_notify = SIGEV_NONE;
  return event;
}

sigevent CallOf(void (*function)(sigval), void* argument) {
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_notify_function = function;
  event.sigev_value.sival_ptr = argument;
  return event;
}

void NotifySignal(sigevent event) {
  if (Has(Bug::kWrongSiValue)) ++event.sigev_value.sival_int;
  if (Has(Bug::kWrongSiCode)) {
    while (sigqueue(getpid(), event.sigev_signo, event.sigev_value) != 0 &&
           errno == EAGAIN) {
      usleep(1000);
    }
    return;
  }
  Notify(event);
  if (Has(Bug::kSignalTwice)) Notify(event);
}

// In a thread of the engine's, with all signals blocked, when it is done.
void NotifySpoilt(sigval value) {
  const std::unique_ptr<SharedRecord> owned(
      static_cast<SharedRecord*>(value.sival_ptr));
  Record* const record = owned->get();
  int error;
  bool hidden;
  {
    const LockedRecords records;
    hidden = record->hidden;
    error = record->settled ? record->error : aioemul_error(&record->engines);
  }
  if (hidden) return;
  if (Has(Bug::kCancelNoNotification) && error == ECANCELED) return;
  const sigevent event =
      Has(Bug::kSigeventReadLate) ? record->block->aio_sigevent : record->event;
  if (event.sigev_notify == SIGEV_SIGNAL) {
    NotifySignal(event);
  } else {
    Notify(event);
  }
}

void NotifyTwice(sigval value) {
  const std::unique_ptr<sigevent> event(
      static_cast<sigevent*>(value.sival_ptr));
  Notify(*event);
  Notify(*event);
}

bool ComesByFunction(const sigevent& event) {
  if (Has(Bug::kSigeventReadLate)) return true;
  const int how = event.sigev_notify;
  if (how == SIGEV_NONE || !IsValid(event)) return false;
  if (how == SIGEV_SIGNAL && event.sigev_signo != 0 &&
      (Has(Bug::kSignalTwice) || Has(Bug::kWrongSiCode) ||
       Has(Bug::kWrongSiValue))) {
    return true;
  }
  return Has(Bug::kCancelNoNotification) || Has(Bug::kLostCompletion) ||
         Has(Bug::kCancelledHeadBlocks);
}

}  // namespace

sigevent SpoiltEvent(const SharedRecord& record) {
  const sigevent& event = record->event;
  const int how = event.sigev_notify;
  static int signals = 0;
  const bool lost =
      (how == SIGEV_SIGNAL && Has(Bug::kLostSignal) && ++signals % 2 == 0) ||
      (how == SIGEV_THREAD && Has(Bug::kLostThreadNotification)) ||
      (how == SIGEV_SIGNAL && Has(Bug::kSignalBeforeResult));
  if (IsValid(event) && lost) return Nothing();
  if (!IsValid(event) || !ComesByFunction(event)) return event;
  return CallOf(NotifySpoilt, new SharedRecord(record));
}

sigevent SpoiltListEvent(const sigevent& event) {
  if (!IsValid(event) || !Has(Bug::kListEventTwice)) return event;
  return CallOf(NotifyTwice, new sigevent(event));
}

}  // namespace aioemul::backends
