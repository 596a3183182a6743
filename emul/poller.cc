#include "emul/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace aioemul {
namespace {

constexpr MonotonicTime kFirstDelay = 1'000'000;     // 1 ms
constexpr MonotonicTime kLongestDelay = 64'000'000;  // 64 ms

}  // namespace

void Poller::Stop() {
  mutex_.Lock();
  stopping_ = true;
  if (running_) readiness_->Interrupt();
  // One who retries uses the set, too.
  while (running_ || retrying_) {
    const uint32_t departures = departures_.load(std::memory_order_relaxed);
    mutex_.Unlock();
    platform_.Wait(departures_, departures, kNever);
    mutex_.Lock();
  }
  Close();
  retry_time_.store(kNever, std::memory_order_relaxed);
  mutex_.Unlock();
}

bool Poller::Start() {
  if (readiness_ == nullptr) {
    MutexLock lock(set_mutex_);
    readiness_ = platform_.NewReadiness();
  }
  if (readiness_ == nullptr) return false;
  // The set has one thread at a time.
  if (running_ || retrying_) return true;
  running_ = platform_.StartWorker(start_) == 0;
  if (!running_ && retry_time() == kNever) {
    retry_delay_ = kFirstDelay;
    retry_time_.store(platform_.Now() + retry_delay_,
                      std::memory_order_relaxed);
  }
  return true;
}

void Poller::Retry() {
  {
    MutexLock lock(mutex_);
    if (!running_ && waiting_ > 0) Start();
    if (running_ || waiting_ == 0) {
      if (!running_) Close();
      retry_time_.store(kNever, std::memory_order_relaxed);
      return;
    }
    retrying_ = true;
  }
  const int count = Poll(platform_.Now());
  MutexLock lock(mutex_);
  retrying_ = false;
  if (stopping_) {
    departures_.fetch_add(1, std::memory_order_relaxed);
    platform_.Wake(departures_);
  }
  retry_delay_ =
      count > 0 ? kFirstDelay : std::min(2 * retry_delay_, kLongestDelay);
  retry_time_.store(platform_.Now() + retry_delay_, std::memory_order_relaxed);
}

void Poller::Abandon() {
  if (readiness_ != nullptr) readiness_->CloseInherited();
}

void Poller::Close() {
  MutexLock lock(set_mutex_);
  delete std::exchange(readiness_, nullptr);
}

int Poller::Enter(Client* client, int fd, DirectionSet directions) {
  {
    MutexLock lock(mutex_);
    if (!Start()) return -EAGAIN;
    ++waiting_;
  }
  const int error = Rearm(client, fd, directions);
  if (error != 0) Left();
  return error;
}

int Poller::Rearm(Client* client, int fd, DirectionSet directions) {
  return readiness_->Arm(fd, directions, client);
}

void Poller::Left() {
  MutexLock lock(mutex_);
  // The thread sleeps without limit while anybody waits.
  if (--waiting_ == 0 && asleep_) readiness_->Interrupt();
}

void Poller::Configure(MonotonicTime idle_time) {
  MutexLock lock(mutex_);
  idle_time_ = idle_time;
  if (running_) readiness_->Interrupt();
}

void Poller::RunThread(void* poller) { static_cast<Poller*>(poller)->Run(); }

void Poller::WakeUp() {
  MutexLock lock(mutex_);
  asleep_ = false;
}

MonotonicTime Poller::FallAsleep() {
  MutexLock lock(mutex_);
  asleep_ = true;
  if (stopping_) return platform_.Now();
  if (waiting_ > 0) return kNever;
  const MonotonicTime now = platform_.Now();
  return idle_time_ < kNever - now ? now + idle_time_ : kNever;
}

bool Poller::MayLeave(MonotonicTime wake_time) {
  MutexLock lock(mutex_);
  if (waiting_ > 0 || platform_.Now() < wake_time) return false;
  Close();
  running_ = false;
  departures_.fetch_add(1, std::memory_order_relaxed);
  if (stopping_) platform_.Wake(departures_);
  return true;
}

int Poller::Poll(MonotonicTime deadline) {
  std::array<Readiness::Event, 64> events;
  const int count = readiness_->Wait(events.data(),
                                     static_cast<int>(events.size()), deadline);
  WakeUp();
  for (int i = 0; i < count; ++i) {
    const Readiness::Event& event = events[static_cast<size_t>(i)];
    static_cast<Client*>(event.token)->OnReady(event.ready);
  }
  return count;
}

void Poller::Run() {
  for (;;) {
    const MonotonicTime wake_time = FallAsleep();
    if (Poll(wake_time) == 0 && MayLeave(wake_time)) return;
  }
}

}  // namespace aioemul
