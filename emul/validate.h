// The validation stage: what the caller handed over becomes what the engine
// works with, or an error (contract A3, A4, A5).  Reads the control block and
// its sigevent once; nothing later looks at them.

#ifndef AIOEMUL_EMUL_VALIDATE_H_
#define AIOEMUL_EMUL_VALIDATE_H_

#include <aio.h>
#include <signal.h>

#include "emul/level.h"
#include "emul/notification.h"
#include "emul/platform/platform.h"
#include "emul/transfer.h"

namespace aioemul {

// A submission that has passed.
struct Submission {
  Transfer transfer;
  Level level = kDefaultLevel;
  Notification notification;
  size_t moved = 0;  // bytes of it that are written already
};

// Each returns 0, or the negative errno value with which the call fails.
int ValidateTransfer(const aiocb& block, Direction direction,
                     Platform& platform, Submission* submission);
int ValidateSync(const aiocb& block, int operation, Platform& platform,
                 Submission* submission);
int ValidateEvent(const sigevent& event, Platform& platform,
                  Notification* notification);

// Whether a request with `event` notifies nobody (contract A10).
inline bool AsksForNothing(const sigevent& event) {
  return event.sigev_notify == SIGEV_NONE ||
         (event.sigev_notify == SIGEV_SIGNAL && event.sigev_signo == 0);
}

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_VALIDATE_H_
