// A Readiness that counts what is armed, so that a test can wait until a
// request waits.

#ifndef AIOEMUL_TESTS_STREAMS_WATCHED_READINESS_H_
#define AIOEMUL_TESTS_STREAMS_WATCHED_READINESS_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "emul/platform/platform.h"

namespace aioemul::testing {

// Counts successful calls of Arm and Watch, on any number of sets, and what the
// sets report.  Thread-safe.
class ArmCount {
 public:
  void Add() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  int count() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }
  // Waits until there have been `count` at least.
  void Await(int count) const {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }

  void AddReports(int count) { reports_ += count; }
  int reports() const { return reports_; }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  int count_ = 0;
  std::atomic<int> reports_{0};
};

class WatchedReadiness final : public Readiness {
 public:
  // Owns `real`.
  WatchedReadiness(Readiness* real, ArmCount& arms)
      : real_(real), arms_(arms) {}

  int Arm(int fd, DirectionSet directions, void* token) override {
    const int error = real_->Arm(fd, directions, token);
    if (error == 0) arms_.Add();
    return error;
  }
  int Watch(int fd, DirectionSet directions, void* token) override {
    const int error = real_->Watch(fd, directions, token);
    if (error == 0) arms_.Add();
    return error;
  }
  void Forget(int fd) override { real_->Forget(fd); }
  int Wait(Event* events, int most, MonotonicTime deadline) override {
    const int count = real_->Wait(events, most, deadline);
    if (count > 0) arms_.AddReports(count);
    return count;
  }
  void Interrupt() override { real_->Interrupt(); }

 private:
  const std::unique_ptr<Readiness> real_;
  ArmCount& arms_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_STREAMS_WATCHED_READINESS_H_
