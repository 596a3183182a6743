#include "emul/devices.h"

namespace aioemul {

Devices::~Devices() {
  mutex_.Lock();
  while (threads_ > 0) {
    const uint32_t departures = departures_.load(std::memory_order_relaxed);
    mutex_.Unlock();
    platform_.Wait(departures_, departures, kNever);
    mutex_.Lock();
  }
  mutex_.Unlock();
}

void Devices::Post(Lane* lane) {
  MutexLock lock(mutex_);
  if (lane->devices == nullptr) {
    lane->devices = this;
    lane->start = {&RunThread, lane};
  }
  if (lane->is_listed) {
    // Perhaps it waits for a thread, which it may not need any more.
    PostBlocked();
    return;
  }
  lane->is_listed = true;
  posted_.PushBack(lane);
  posts_.fetch_add(1, std::memory_order_relaxed);
}

void Devices::PostBlocked() {
  while (Lane* lane = blocked_.PopFront()) {
    posted_.PushBack(lane);
    posts_.fetch_add(1, std::memory_order_relaxed);
  }
}

Devices::Lane* Devices::NextPost() {
  MutexLock lock(mutex_);
  Lane* lane = posted_.PopFront();
  if (lane == nullptr) return nullptr;
  posts_.fetch_sub(1, std::memory_order_relaxed);
  // From here on it may be posted again, for what it has not seen.
  lane->is_listed = false;
  return lane;
}

// Each once: one that is posted meanwhile is seen to in the next round.
bool Devices::Attend() {
  for (int left = posts_.load(std::memory_order_relaxed); left > 0; --left) {
    Lane* lane = NextPost();
    if (lane == nullptr) break;
    if (lane->Attend() && !StartThread(lane)) return false;
  }
  return true;
}

bool Devices::StartThread(Lane* lane) {
  {
    MutexLock lock(mutex_);
    if (busy_ >= most_threads_) {
      Keep(lane, &blocked_);
      return true;
    }
    ++busy_;
    ++threads_;
  }
  if (platform_.StartWorker(lane->start) == 0) return true;
  MutexLock lock(mutex_);
  --busy_;
  --threads_;
  if (!lane->is_listed) {
    posts_.fetch_add(1, std::memory_order_relaxed);
    Keep(lane, &posted_);
  }
  return false;
}

void Devices::Keep(Lane* lane, LaneList* list) {
  if (lane->is_listed) return;
  lane->is_listed = true;
  list->PushBack(lane);
}

void Devices::RunThread(void* argument) {
  auto* lane = static_cast<Lane*>(argument);
  Devices* devices = lane->devices;
  lane->Perform();
  devices->EndThread();
}

void Devices::EndThread() {
  {
    MutexLock lock(mutex_);
    --busy_;
    PostBlocked();
  }
  // The object stays while the thread counts.
  attendance_.CallAttendant();
  MutexLock lock(mutex_);
  --threads_;
  departures_.fetch_add(1, std::memory_order_relaxed);
  platform_.Wake(departures_);
}

bool Devices::HasThreads() {
  MutexLock lock(mutex_);
  return threads_ > 0;
}

void Devices::Configure(int most_threads) {
  MutexLock lock(mutex_);
  most_threads_ = most_threads;
  PostBlocked();
}

}  // namespace aioemul
