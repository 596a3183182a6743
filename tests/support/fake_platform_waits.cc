// How threads sleep on the fake platform.

#include <pthread.h>

#include <cerrno>
#include <utility>

#include "tests/support/fake_platform.h"

namespace aioemul::testing {

using Lock = std::unique_lock<std::mutex>;

void FakePlatform::InterruptWaits(int count) {
  const Lock lock(mutex_);
  interrupts_ = count;
}

int FakePlatform::Wait(const std::atomic<uint32_t>& word, uint32_t expected,
                       MonotonicTime deadline) {
  const size_t sleeper = deadline == kNever ? 1 : 0;
  {
    const Lock lock(mutex_);
    if (interrupts_ > 0) {
      --interrupts_;
      return -EINTR;
    }
    sleepers_ += sleeper;
    changed_.notify_all();
  }
  const int result = system_.Wait(word, expected, deadline);
  const Lock lock(mutex_);
  sleepers_ -= sleeper;
  return result;
}

void FakePlatform::AwaitSleepers(size_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return sleepers_ >= count; });
}

int FakePlatform::WaitCancellable(const std::atomic<uint32_t>& word,
                                  uint32_t expected, MonotonicTime deadline) {
  Suspension suspension = {this, &word, nullptr};
  {
    const Lock lock(mutex_);
    suspension.next = std::exchange(suspensions_, &suspension);
    ++suspended_;
    changed_.notify_all();
  }
  int result = 0;
  // No lock is held, and no object with a destructor lives, where the thread
  // may be cancelled.
  pthread_cleanup_push(&EndSuspension, &suspension);
  result = system_.WaitCancellable(word, expected, deadline);
  pthread_cleanup_pop(1);
  return result;
}

void FakePlatform::EndSuspension(void* argument) {
  const auto* suspension = static_cast<Suspension*>(argument);
  FakePlatform& platform = *suspension->platform;
  const Lock lock(platform.mutex_);
  Suspension** place = &platform.suspensions_;
  while (*place != suspension) place = &(*place)->next;
  *place = suspension->next;
  --platform.suspended_;
  platform.changed_.notify_all();
}

void FakePlatform::AwaitSuspended(size_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return suspended_ == count; });
}

int FakePlatform::suspended_wakes() const {
  const Lock lock(mutex_);
  return suspended_wakes_;
}

void FakePlatform::Wake(const std::atomic<uint32_t>& word) {
  {
    const Lock lock(mutex_);
    for (const Suspension* s = suspensions_; s != nullptr; s = s->next) {
      suspended_wakes_ += s->word == &word ? 1 : 0;
    }
  }
  system_.Wake(word);
}

}  // namespace aioemul::testing
