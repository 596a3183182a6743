#include "tests/stress/failing_platform.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "tests/stress/notice.h"

namespace aioemul::stress {
namespace {

using System = testing::ForwardingPlatform;

void Count(std::atomic<int>* count) {
  count->fetch_add(1, std::memory_order_relaxed);
}

// A notification thread's start, so that its end is known.
struct NotificationThread {
  void (*run)(void*);
  void* argument;
  std::atomic<int>* notifying;
};

void RunNotification(void* start) {
  const NotificationThread thread = *static_cast<NotificationThread*>(start);
  delete static_cast<NotificationThread*>(start);
  thread.run(thread.argument);
  thread.notifying->fetch_sub(1, std::memory_order_release);
}

}  // namespace

bool FailingPlatform::Fails(int per_mille, std::atomic<int>* count) {
  if (per_mille == 0 || !failing_.load(std::memory_order_relaxed) ||
      !Draw().Chance(per_mille)) {
    return false;
  }
  Count(count);
  return true;
}

// --- Transfers

template <typename Call>
ssize_t FailingPlatform::Transfer(const void* buffer, size_t count, Call call) {
  FaultPlan* plan = buffers_.PlanOf(buffer);
  if (plan == nullptr) return call(count);
  if (plan->yields > 0) Count(&injected_.delays);
  for (int i = 0; i < plan->yields; ++i) sched_yield();
  if (plan->interruptions > 0) {
    --plan->interruptions;
    Count(&injected_.interruptions);
    return -EINTR;
  }
  if (plan->error != 0 && buffer == plan->start) {
    Count(&injected_.errors);
    return -plan->error;
  }
  if (plan->most != 0 && count > plan->most) {
    Count(&injected_.cuts);
    count = plan->most;
  }
  return call(count);
}

ssize_t FailingPlatform::ReadAt(int fd, void* buffer, size_t count,
                                off_t offset) {
  return Transfer(buffer, count, [&](size_t part) {
    return System::ReadAt(fd, buffer, part, offset);
  });
}

ssize_t FailingPlatform::WriteAt(int fd, const void* buffer, size_t count,
                                 off_t offset) {
  return Transfer(buffer, count, [&](size_t part) {
    return System::WriteAt(fd, buffer, part, offset);
  });
}

ssize_t FailingPlatform::Append(int fd, const void* buffer, size_t count) {
  return Transfer(buffer, count, [&](size_t part) {
    return System::Append(fd, buffer, part);
  });
}

ssize_t FailingPlatform::Read(int fd, void* buffer, size_t count) {
  return Transfer(buffer, count,
                  [&](size_t part) { return System::Read(fd, buffer, part); });
}

ssize_t FailingPlatform::Write(int fd, const void* buffer, size_t count) {
  return Transfer(buffer, count,
                  [&](size_t part) { return System::Write(fd, buffer, part); });
}

ssize_t FailingPlatform::TryRead(int fd, void* buffer, size_t count) {
  return Transfer(buffer, count, [&](size_t part) {
    return System::TryRead(fd, buffer, part);
  });
}

ssize_t FailingPlatform::TryWrite(int fd, const void* buffer, size_t count) {
  return Transfer(buffer, count, [&](size_t part) {
    return System::TryWrite(fd, buffer, part);
  });
}

int FailingPlatform::Sync(int fd, bool data_only) {
  if (Fails(rates_.sync_error, &injected_.sync_errors)) return -EIO;
  // The disk itself would set the pace of the whole test.
  constexpr int kReal = 16;
  return Draw().OneIn(kReal) ? System::Sync(fd, data_only) : 0;
}

// --- Resources

Readiness* FailingPlatform::NewReadiness() {
  return Fails(rates_.memory, &injected_.memory) ? nullptr
                                                 : System::NewReadiness();
}

void* FailingPlatform::Allocate(size_t size) {
  if (Fails(rates_.memory, &injected_.memory)) return nullptr;
  Count(&allocations_);
  return System::Allocate(size);
}

void FailingPlatform::Free(void* memory) {
  allocations_.fetch_sub(1, std::memory_order_relaxed);
  System::Free(memory);
}

int FailingPlatform::StartWorker(void (*run)(void*), void* argument) {
  return Fails(rates_.thread, &injected_.threads)
             ? -EAGAIN
             : System::StartWorker(run, argument);
}

int FailingPlatform::StartNotification(void (*run)(void*), void* argument,
                                       const pthread_attr_t* attributes) {
  if (Fails(rates_.thread, &injected_.threads)) return -EAGAIN;
  auto* start = new NotificationThread{run, argument, &notifying_};
  Count(&notifying_);
  const int error =
      System::StartNotification(&RunNotification, start, attributes);
  if (error != 0) {
    notifying_.fetch_sub(1, std::memory_order_relaxed);
    delete start;
  }
  return error;
}

void FailingPlatform::AwaitNotificationThreads() {
  while (notifying_.load(std::memory_order_acquire) > 0) sched_yield();
}

int FailingPlatform::QueueSignal(int /*signal*/, sigval value,
                                 pid_t /*thread*/) {
  if (Fails(rates_.signals, &injected_.signals)) return -EAGAIN;
  Notice::Arrive(value);
  return 0;
}

}  // namespace aioemul::stress
