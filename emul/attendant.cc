#include "emul/attendant.h"

#include <algorithm>
#include <cerrno>

namespace aioemul {
namespace {

// How long the thread waits at least before it asks whether it may leave: the
// first time, and after it was told that it is needed.
constexpr MonotonicTime kShortestIdleTime = 1'000'000;                // 1 ms
constexpr MonotonicTime kShortestIdleTimeWhenNeeded = 1'000'000'000;  // 1 s

}  // namespace

int Attendant::Ensure() {
  // Ordered against MayLeave: see there.
  if (thread_count_.load(std::memory_order_seq_cst) > 0) return 0;
  // Without the mutex: a handler may have interrupted the starting of another
  // thread, or an allocation, and wait for the mutex in Announce.
  if (platform_.StartWorker(start_) != 0) return -EAGAIN;
  MutexLock lock(mutex_);
  thread_count_.fetch_add(1, std::memory_order_seq_cst);
  return 0;
}

void Attendant::Announce() {
  announcements_.fetch_add(1, std::memory_order_release);
  platform_.Wake(announcements_);
}

void Attendant::Configure(MonotonicTime idle_time) {
  {
    MutexLock lock(mutex_);
    idle_time_ = idle_time;
  }
  Announce();
}

void Attendant::Stop() {
  mutex_.Lock();
  stopping_ = true;
  Announce();
  while (thread_count_.load(std::memory_order_relaxed) != 0) {
    const uint32_t departures = departures_.load(std::memory_order_relaxed);
    mutex_.Unlock();
    platform_.Wait(departures_, departures, kNever);
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void Attendant::RunThread(void* attendant) {
  static_cast<Attendant*>(attendant)->Run();
}

void Attendant::Run() {
  MutexLock lock(mutex_);
  MonotonicTime shortest = kShortestIdleTime;
  MonotonicTime idle_since = platform_.Now();
  for (;;) {
    const uint32_t announcements =
        announcements_.load(std::memory_order_acquire);
    const bool is_surplus = thread_count_.load(std::memory_order_relaxed) > 1;
    if (is_surplus && MayLeave()) break;
    if (IsDue()) {
      Attend();
      idle_since = platform_.Now();
      continue;
    }
    const MonotonicTime idle_time =
        stopping_ ? kShortestIdleTime : std::max(idle_time_, shortest);
    const MonotonicTime idle_until =
        idle_time < kNever - idle_since ? idle_since + idle_time : kNever;
    if (platform_.Now() < idle_until) {
      Sleep(announcements, idle_until);
      continue;
    }
    if (MayLeave()) break;
    shortest = kShortestIdleTimeWhenNeeded;
    idle_since = platform_.Now();
  }
  Leave();
}

bool Attendant::IsDue() {
  return !attending_ && work_.NextTime() <= platform_.Now();
}

void Attendant::Attend() {
  attending_ = true;
  mutex_.Unlock();
  work_.Attend();
  mutex_.Lock();
  attending_ = false;
}

// The last may go only when nothing needs it.  A submitter first makes
// NeedsAttendant true, then reads the count (Ensure); here the count is written
// first, and then NeedsAttendant read.  All four are sequentially consistent,
// so one of the two sees the other.
bool Attendant::MayLeave() {
  const int others = thread_count_.fetch_sub(1, std::memory_order_seq_cst) - 1;
  if (others > 0 || !work_.NeedsAttendant()) return true;
  thread_count_.fetch_add(1, std::memory_order_seq_cst);
  return false;
}

void Attendant::Leave() {
  departures_.fetch_add(1, std::memory_order_relaxed);
  if (stopping_) platform_.Wake(departures_);
}

void Attendant::Sleep(uint32_t announcements, MonotonicTime idle_until) {
  // What another one of them does is not waited for: it has its own time.
  const MonotonicTime due = attending_ ? kNever : work_.NextTime();
  mutex_.Unlock();
  platform_.Wait(announcements_, announcements, std::min(due, idle_until));
  mutex_.Lock();
}

}  // namespace aioemul
