// What is neither a file nor a channel: a counter (eventfd) and /dev/zero.

#ifndef AIOEMUL_TESTS_STRESS_DEVICE_SUBJECTS_H_
#define AIOEMUL_TESTS_STRESS_DEVICE_SUBJECTS_H_

#include <cstdint>
#include <memory>

#include "tests/stress/file_subjects.h"
#include "tests/stress/random.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// A write adds to it, a read takes all there is or waits for something.  What
// was taken and what is left in the end must be what was added, whatever was
// cancelled.
class CounterSubject final : public Subject {
 public:
  explicit CounterSubject(const Place& place);
  // Takes what is left in it, and compares.
  ~CounterSubject() override;

  int fd() const override { return fd_; }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& attempt) override { Ended(attempt, 0); }
  void Ended(const Attempt& attempt, size_t moved) override;
  // Each direction is; nothing is said of both together.
  bool in_order() const override { return false; }
  bool is_stream() const override { return true; }
  // Linux knows no write to one that does not wait.
  bool CanBeTried(Attempt::Kind kind) const override {
    return kind == Attempt::Kind::kRead;
  }
  // It moves whole numbers or nothing.
  Cut cut() const override { return Cut::kNotAllowed; }
  void Idle(Random& random) override;
  void Unblock() override;

 private:
  void AddPlain(uint64_t value);
  bool TakePlain();

  const int fd_;
  const Place& place_;
  int reads_ = 0;  // outstanding
  uint64_t added_ = 0;
  uint64_t taken_ = 0;
};

// Reads give zeros, writes take anything.
class ZeroDevice final : public Subject {
 public:
  // Null where the system has none.
  static std::unique_ptr<ZeroDevice> Open(const Place& place);
  ~ZeroDevice() override;

  int fd() const override { return fd_; }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& /*attempt*/) override {}
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return false; }
  bool CanSync() const override { return false; }
  Cut cut() const override { return Cut::kNotAllowed; }
  void Idle(Random& /*random*/) override {}

 private:
  ZeroDevice(int fd, const Place& place) : fd_(fd), place_(place) {}

  const int fd_;
  const Place& place_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_DEVICE_SUBJECTS_H_
