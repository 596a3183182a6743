#include "emul/poller.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace aioemul {

// --- Called by those who wait

void Poller::Leave() {
  if (users_.fetch_sub(1, std::memory_order_seq_cst) != 1) return;
  if (!sleeps_for_ever_.load(std::memory_order_seq_cst)) return;
  // It is to leave after the idle time.
  MutexLock lock(mutex_);
  Interrupt();
}

int Poller::Ensure() {
  for (;;) {
    uint32_t state = state_.load(std::memory_order_seq_cst);
    if (state == kRunning) return 0;
    if (state == kStarting) {
      // Its success is not promised yet.
      platform_.Wait(state_, kStarting, kNever);
    } else if (state_.compare_exchange_strong(state, kStarting,
                                              std::memory_order_seq_cst)) {
      break;
    }
  }
  if (platform_.StartWorker(start_) == 0) return 0;
  state_.store(kNone, std::memory_order_seq_cst);
  platform_.Wake(state_);
  return -EAGAIN;
}

int Poller::Await(Client* client, int fd, DirectionSet directions,
                  Manner manner) {
  MutexLock lock(mutex_);
  if (!MakeSet()) return -EAGAIN;
  if (client->is_stale) stale_.Remove(client);
  client->is_stale = false;
  if (client->awaited_fd < 0) armed_.PushBack(client);
  client->awaited_fd = fd;
  client->awaited = directions;
  client->is_watched = manner == Manner::kWatch;
  int error = Arm(client);
  if (error == -ESTALE) {
    Renew();
    error = client->awaited_fd >= 0 ? Arm(client) : -EAGAIN;
  }
  if (error != 0 && client->awaited_fd >= 0) Unlink(client);
  return error;
}

void Poller::Forget(Client* client) {
  MutexLock lock(mutex_);
  EndLimit(client);
  if (client->is_stale) stale_.Remove(client);
  client->is_stale = false;
  if (client->awaited_fd < 0) return;
  // What is armed once goes with its file, or is reported in vain once.
  if (client->is_watched && set_ != nullptr) set_->Forget(client->awaited_fd);
  Unlink(client);
}

void Poller::Limit(Client* client, MonotonicTime limit) {
  MutexLock lock(mutex_);
  if (client->time_limit == limit) return;
  EndLimit(client);
  if (limit == kNever) return;
  client->time_limit = limit;
  // Most are about equally long, so that the place is near the end.
  Client* before = limits_.back();
  while (before != nullptr && before->time_limit > limit) {
    before = LimitList::Previous(before);
  }
  limits_.InsertAfter(before, client);
  if (limit < wake_time_) Interrupt();
}

void Poller::Nudge() {
  MutexLock lock(mutex_);
  Interrupt();
}

void Poller::Configure(MonotonicTime idle_time) {
  MutexLock lock(mutex_);
  idle_time_ = idle_time;
  Interrupt();
}

void Poller::Stop() {
  mutex_.Lock();
  stopping_ = true;
  Interrupt();
  while (state_.load(std::memory_order_relaxed) != kNone || strays_ > 0) {
    const uint32_t departures = departures_.load(std::memory_order_relaxed);
    mutex_.Unlock();
    platform_.Wait(departures_, departures, kNever);
    mutex_.Lock();
  }
  CloseSet();
  mutex_.Unlock();
}

// --- The set

bool Poller::MakeSet() {
  if (set_ != nullptr) return true;
  set_ = platform_.NewReadiness();
  if (set_ == nullptr) return false;
  Interrupt();
  return true;
}

void Poller::CloseSet() {
  while (Client* client = armed_.front()) Unlink(client);
  delete std::exchange(set_, nullptr);
}

int Poller::Arm(Client* client) {
  return client->is_watched
             ? set_->Watch(client->awaited_fd, client->awaited, client)
             : set_->Arm(client->awaited_fd, client->awaited, client);
}

void Poller::Unlink(Client* client) {
  armed_.Remove(client);
  client->awaited_fd = -1;
  client->is_watched = false;
}

void Poller::EndLimit(Client* client) {
  if (client->time_limit == kNever) return;
  limits_.Remove(client);
  client->time_limit = kNever;
}

void Poller::Renew() {
  if (asleep_on_set_) {
    // The thread destroys the lost set when it wakes, if ever.
    ++strays_;
    asleep_on_set_ = false;
    state_.store(kNone, std::memory_order_seq_cst);
  } else {
    delete set_;
  }
  set_ = platform_.NewReadiness();
  ArmedList waiting = std::exchange(armed_, {});
  while (Client* client = waiting.PopFront()) {
    if (set_ != nullptr && Arm(client) == 0) {
      armed_.PushBack(client);
      continue;
    }
    stale_.PushBack(client);
    client->is_stale = true;
    client->awaited_fd = -1;
  }
  Interrupt();
}

void Poller::Interrupt() {
  if (asleep_on_set_) {
    set_->Interrupt();
    return;
  }
  interrupted_ = true;
  nudges_.fetch_add(1, std::memory_order_relaxed);
  platform_.Wake(nudges_);
}

// --- The thread

void Poller::RunThread(void* poller) { static_cast<Poller*>(poller)->Run(); }

void Poller::Run() {
  state_.store(kRunning, std::memory_order_seq_cst);
  platform_.Wake(state_);
  MonotonicTime chore_time = kNever;
  for (;;) {
    const Turn turn = FallAsleep(chore_time);
    const int told = Poll(turn);
    if (told < 0) return;
    TellStale();
    TellLimits();
    chore_time = chore_.DoPollersChore();
    if (told == 0 && MayLeave(turn)) return;
  }
}

Poller::Turn Poller::FallAsleep(MonotonicTime chore_time) {
  MutexLock lock(mutex_);
  bool is_idle = false;
  wake_time_ = WakeTime(chore_time, &is_idle);
  asleep_on_set_ = set_ != nullptr;
  interrupted_ = false;
  return {set_, wake_time_, is_idle, nudges_.load(std::memory_order_relaxed)};
}

// A chore, and each limit, has a time of its own; without users the thread
// looks again after the idle time.
MonotonicTime Poller::WakeTime(MonotonicTime chore_time, bool* is_idle) {
  sleeps_for_ever_.store(false, std::memory_order_relaxed);
  const MonotonicTime now = platform_.Now();
  *is_idle = stopping_;
  if (stopping_ || interrupted_ || !stale_.empty()) return now;
  MonotonicTime wake_time = chore_time;
  if (!limits_.empty()) {
    wake_time = std::min(wake_time, limits_.front()->time_limit);
  }
  if (wake_time == kNever) {
    sleeps_for_ever_.store(true, std::memory_order_seq_cst);
  }
  if (users_.load(std::memory_order_seq_cst) > 0) return wake_time;
  const MonotonicTime idle_until =
      idle_time_ < kNever - now ? now + idle_time_ : kNever;
  *is_idle = idle_until <= wake_time;
  return std::min(wake_time, idle_until);
}

bool Poller::WakeUp(const Turn& turn, bool lost) {
  MutexLock lock(mutex_);
  if (set_ != turn.set) {
    delete turn.set;
    --strays_;
    CountDeparture();
    return false;
  }
  asleep_on_set_ = false;
  if (lost) Renew();
  return true;
}

int Poller::Poll(const Turn& turn) {
  if (turn.set == nullptr) {
    platform_.Wait(nudges_, turn.nudges, turn.wake_time);
    return 0;
  }
  std::array<Readiness::Event, 64> events;
  const int count = turn.set->Wait(
      events.data(), static_cast<int>(events.size()), turn.wake_time);
  if (!WakeUp(turn, count == -ESTALE)) return -1;
  for (int i = 0; i < count; ++i) {
    const Readiness::Event& event = events[static_cast<size_t>(i)];
    static_cast<Client*>(event.token)->OnReady(event.ready, event.ended);
  }
  return std::max(count, 0);
}

// They find out why when they are tried.
void Poller::TellStale() {
  for (;;) {
    Client* client = nullptr;
    {
      MutexLock lock(mutex_);
      client = stale_.PopFront();
      if (client == nullptr) return;
      client->is_stale = false;
    }
    client->OnForgotten();
  }
}

void Poller::TellLimits() {
  for (;;) {
    Client* client = nullptr;
    MonotonicTime now = 0;
    {
      MutexLock lock(mutex_);
      if (limits_.empty()) return;
      now = platform_.Now();
      client = limits_.front();
      if (client->time_limit > now) return;
      EndLimit(client);
    }
    client->OnTimeLimit(now);
  }
}

bool Poller::MayLeave(const Turn& turn) {
  if (!turn.is_idle) return false;
  {
    MutexLock lock(mutex_);
    if (turn.set != set_ || platform_.Now() < turn.wake_time) return false;
    state_.store(kNone, std::memory_order_seq_cst);
    if (users_.load(std::memory_order_seq_cst) == 0) {
      CloseSet();
      CountDeparture();
      return true;
    }
    // Stop waits for this thread, too.
    ++strays_;
  }
  const bool runs_on = RunsOn();
  MutexLock lock(mutex_);
  --strays_;
  // Unless it runs on, another thread has the set.
  if (!runs_on) CountDeparture();
  return !runs_on;
}

bool Poller::RunsOn() {
  for (;;) {
    uint32_t state = kNone;
    if (state_.compare_exchange_strong(state, kRunning,
                                       std::memory_order_seq_cst)) {
      return true;
    }
    if (state == kRunning) return false;
    // It may yet fail.
    platform_.Wait(state_, kStarting, kNever);
  }
}

// Stop lets the object go as soon as the mutex is free.
void Poller::CountDeparture() {
  departures_.fetch_add(1, std::memory_order_relaxed);
  if (stopping_) platform_.Wake(departures_);
}

}  // namespace aioemul
