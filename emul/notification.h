// A notification: what is to be sent when a request, or a whole list, is
// complete.

#ifndef AIOEMUL_EMUL_NOTIFICATION_H_
#define AIOEMUL_EMUL_NOTIFICATION_H_

#include <pthread.h>
#include <signal.h>
#include <sys/types.h>

#include <cstdint>

#include "emul/intrusive_list.h"
#include "emul/platform/platform.h"

namespace aioemul {

struct Notification {
  enum class Kind : uint8_t { kNone, kSignal, kThread };

  Kind kind = Kind::kNone;
  int signal = 0;
  pid_t thread = 0;  // kSignal: to this thread; 0: to the process
  sigval value = {};
  void (*function)(sigval) = nullptr;
  // The caller's, who keeps it until the notification has been sent.
  const pthread_attr_t* attributes = nullptr;

  // Called once, by any thread, when the notification has been sent and its
  // memory is needed no more; `owner` is what it is part of.
  void (*sent)(Notification*) = nullptr;
  void* owner = nullptr;

  // --- The notifier's.
  ThreadStart start = {};
  ListLink<Notification> link;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_NOTIFICATION_H_
