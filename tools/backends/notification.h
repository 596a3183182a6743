// Telling the caller that a request, or a list of them, is complete.

#ifndef AIOEMUL_TOOLS_BACKENDS_NOTIFICATION_H_
#define AIOEMUL_TOOLS_BACKENDS_NOTIFICATION_H_

#include <signal.h>

namespace aioemul::backends {

// Whether a request may ask to be notified so.
bool IsValid(const sigevent& event);

// Sends the notification.  What the system cannot take now, for want of room
// for a signal or of a thread, is sent later, and none is lost.  To be called
// with all signals blocked, which is what the thread of SIGEV_THREAD inherits.
void Notify(const sigevent& event);

// Sends once.  Returns 0, or EAGAIN when the system cannot take it now.
int TrySending(const sigevent& event);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_NOTIFICATION_H_
