#include "tests/stress/failing_platform.h"

#include <fcntl.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <new>

#include "tests/stress/notice.h"

namespace aioemul::stress {
namespace {

using System = testing::ForwardingPlatform;

void Count(std::atomic<int>* count) {
  count->fetch_add(1, std::memory_order_relaxed);
}

thread_local bool is_worker = false;

// A worker's start, so that it can be told from who calls the engine.
struct WorkerThread {
  ThreadStart start;
  ThreadStart engines;
};

void RunWorker(void* start) {
  const WorkerThread thread = *static_cast<WorkerThread*>(start);
  delete static_cast<WorkerThread*>(start);
  is_worker = true;
  thread.engines.run(thread.engines.argument);
}

// A notification thread's start, so that its end is known.
struct NotificationThread {
  ThreadStart start;
  ThreadStart engines;
  std::atomic<int>* notifying;
};

void RunNotification(void* start) {
  const NotificationThread thread = *static_cast<NotificationThread*>(start);
  delete static_cast<NotificationThread*>(start);
  thread.engines.run(thread.engines.argument);
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

bool FailingPlatform::IsCaller() { return !is_worker; }

// --- Transfers

void FailingPlatform::Delay(const FaultPlan& plan) {
  if (plan.yields > 0) Count(&injected_.delays);
  for (int i = 0; i < plan.yields; ++i) sched_yield();
}

bool FailingPlatform::IsInterrupted(FaultPlan* plan) {
  if (plan->interruptions == 0) return false;
  --plan->interruptions;
  Count(&injected_.interruptions);
  return true;
}

template <typename Call>
ssize_t FailingPlatform::Transfer(const void* buffer, size_t count, Call call) {
  FaultPlan* plan = PlanOf(buffer);
  if (plan == nullptr) return call(count);
  Delay(*plan);
  if (IsInterrupted(plan)) return -EINTR;
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

// --- Reads from the cache

ssize_t FailingPlatform::ReadCached(int fd, void* buffer, size_t count,
                                    off_t offset) {
  if (!failing_.load(std::memory_order_relaxed)) return -EAGAIN;
  FaultPlan* plan = PlanOf(buffer);
  const bool rest = plan != nullptr && buffer != plan->start;
  ssize_t result = 0;
  if (plan == nullptr) {
    result = System::ReadCached(fd, buffer, count, offset);
  } else if (rest) {
    result = ReadRest(*plan, fd, buffer, count, offset);
  } else {
    result = ReadFirst(plan, fd, buffer, count, offset);
  }
  const bool whole = !rest && result == static_cast<ssize_t>(count);
  if (IsCaller() && (whole || result == 0)) Count(&at_once_);
  return result;
}

ssize_t FailingPlatform::Miss(const FaultPlan& plan) {
  Count(&injected_.misses);
  return plan.refused ? -EOPNOTSUPP : -EAGAIN;
}

ssize_t FailingPlatform::ReadFirst(FaultPlan* plan, int fd, void* buffer,
                                   size_t count, off_t offset) {
  Delay(*plan);
  // Some interruptions are met here, the others by the transfer.
  if (plan->evicted && IsInterrupted(plan)) return -EAGAIN;
  if (plan->error != 0) return Miss(*plan);
  if (plan->misses > 0) {
    --plan->misses;
    if (plan->cached == 0) return Miss(*plan);
    Count(&injected_.misses);
    count = std::min(count, plan->cached);
  }
  if (plan->most != 0 && count > plan->most) {
    Count(&injected_.cuts);
    count = plan->most;
  }
  return System::ReadCached(fd, buffer, count, offset);
}

// To the engine 0 means that the file ends here.  That may be said where the
// plan ends the request, or where it is true.
ssize_t FailingPlatform::ReadRest(const FaultPlan& plan, int fd, void* buffer,
                                  size_t count, off_t offset) {
  const auto done =
      static_cast<size_t>(static_cast<char*>(buffer) - plan.start);
  if (plan.evicted) {
    Count(&injected_.misses);
    return -EAGAIN;
  }
  if (done == plan.most && !plan.refused) return 0;
  return System::ReadCached(fd, buffer, count, offset);
}

ssize_t FailingPlatform::WriteCached(int fd, const void* buffer, size_t count,
                                     off_t offset) {
  if (!failing_.load(std::memory_order_relaxed)) return -EAGAIN;
  FaultPlan* plan = PlanOf(buffer);
  const int flags = fcntl(fd, F_GETFL);
  if (plan == nullptr || flags < 0 || (flags & (O_APPEND | O_DIRECT)) != 0) {
    return -EOPNOTSUPP;
  }
  Delay(*plan);
  // What fails, or ends early, is for the write that may wait.
  if (plan->error != 0 || plan->most != 0) return Miss(*plan);
  if (plan->misses > 0) {
    --plan->misses;
    return Miss(*plan);
  }
  const ssize_t result = System::WriteAt(fd, buffer, count, offset);
  if (result == static_cast<ssize_t>(count)) Count(&written_at_once_);
  return result >= 0 ? result : -EOPNOTSUPP;
}

// --- Runs

template <typename Call>
ssize_t FailingPlatform::TransferRun(const iovec* buffers, int count,
                                     Call call) {
  size_t total = 0;
  size_t limit = SIZE_MAX;
  int error = 0;  // of the first request, if that fails
  for (int i = 0; i < count; ++i) {
    FaultPlan* plan = PlanOf(buffers[i].iov_base);
    if (plan != nullptr) {
      Delay(*plan);
      if (IsInterrupted(plan)) return -EINTR;
      if (plan->error != 0) {
        limit = std::min(limit, total);
        if (i == 0) error = plan->error;
      } else if (plan->most != 0 && buffers[i].iov_len > plan->most) {
        limit = std::min(limit, total + plan->most);
      }
    }
    total += buffers[i].iov_len;
  }
  Count(&runs_);
  in_runs_.fetch_add(count, std::memory_order_relaxed);
  if (error != 0) return -error;
  // Of the errors beyond the plan only this is nobody's: see emul/run.h.
  if (Fails(rates_.error, &injected_.broken_runs)) return -EINVAL;
  if (Fails(rates_.cut, &injected_.broken_runs)) {
    limit = std::min(limit, Draw().Below(total));
  }
  std::array<iovec, kMostBuffers> parts;
  int used = 0;
  for (; used < count && limit > 0; ++used) {
    iovec* part = &parts[static_cast<size_t>(used)];
    *part = buffers[used];
    part->iov_len = std::min(part->iov_len, limit);
    limit -= part->iov_len;
  }
  return used == 0 ? 0 : call(parts.data(), used);
}

ssize_t FailingPlatform::ReadVectorAt(int fd, const iovec* buffers,
                                      int buffer_count, off_t offset) {
  return TransferRun(buffers, buffer_count, [&](const iovec* parts, int used) {
    return System::ReadVectorAt(fd, parts, used, offset);
  });
}

ssize_t FailingPlatform::WriteVectorAt(int fd, const iovec* buffers,
                                       int buffer_count, off_t offset) {
  return TransferRun(buffers, buffer_count, [&](const iovec* parts, int used) {
    return System::WriteVectorAt(fd, parts, used, offset);
  });
}

// --- Syncs

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

int FailingPlatform::StartWorker(const ThreadStart& start) {
  if (Fails(rates_.thread, &injected_.threads)) return -EAGAIN;
  auto* thread = new WorkerThread{{}, start};
  thread->start = {&RunWorker, thread};
  const int error = System::StartWorker(thread->start);
  if (error != 0) delete thread;
  return error;
}

int FailingPlatform::StartNotification(const ThreadStart& start,
                                       const pthread_attr_t* attributes) {
  if (Fails(rates_.thread, &injected_.threads)) return -EAGAIN;
  auto* thread = new NotificationThread{{}, start, &notifying_};
  thread->start = {&RunNotification, thread};
  Count(&notifying_);
  const int error = System::StartNotification(thread->start, attributes);
  if (error != 0) {
    notifying_.fetch_sub(1, std::memory_order_relaxed);
    delete thread;
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
