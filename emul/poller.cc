#include "emul/poller.h"

#include <array>
#include <cerrno>
#include <utility>

namespace aioemul {

Poller::~Poller() {
  mutex_.Lock();
  stopping_ = true;
  if (running_) readiness_->Interrupt();
  while (running_) {
    const uint32_t departures = departures_.load(std::memory_order_relaxed);
    mutex_.Unlock();
    platform_.Wait(departures_, departures, kNever);
    mutex_.Lock();
  }
  mutex_.Unlock();
}

bool Poller::Start() {
  if (readiness_ == nullptr) readiness_ = platform_.NewReadiness();
  if (readiness_ == nullptr) return false;
  if (!running_) running_ = platform_.StartWorker(&RunThread, this) == 0;
  if (!running_ && waiting_ == 0) Close();
  return running_;
}

void Poller::Abandon() {
  if (readiness_ != nullptr) readiness_->CloseInherited();
}

void Poller::Close() { delete std::exchange(readiness_, nullptr); }

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

void Poller::Run() {
  std::array<Readiness::Event, 64> events;
  for (;;) {
    const MonotonicTime wake_time = FallAsleep();
    const int count = readiness_->Wait(
        events.data(), static_cast<int>(events.size()), wake_time);
    WakeUp();
    for (int i = 0; i < count; ++i) {
      const Readiness::Event& event = events[static_cast<size_t>(i)];
      static_cast<Client*>(event.token)->OnReady(event.ready);
    }
    if (count == 0 && MayLeave(wake_time)) return;
  }
}

}  // namespace aioemul
