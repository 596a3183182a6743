// Subjects whose requests fail in known ways on any system: a device that is
// always full, and a file at the limit of file sizes.

#ifndef AIOEMUL_TESTS_STRESS_FAILING_SUBJECTS_H_
#define AIOEMUL_TESTS_STRESS_FAILING_SUBJECTS_H_

#include <sys/types.h>

#include <memory>

#include "tests/stress/file_subjects.h"
#include "tests/stress/random.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// /dev/full: writes fail with ENOSPC, reads give zeros.
class FullDevice final : public Subject {
 public:
  // Null where the system has none.
  static std::unique_ptr<FullDevice> Open(const Place& place);
  ~FullDevice() override;

  int fd() const override { return fd_; }
  bool Propose(Random& random, Attempt* attempt) override;
  bool has_neighbours() const override { return true; }
  bool ProposeNext(Random& random, const Attempt& before,
                   Attempt* attempt) override;
  void Refused(const Attempt& /*attempt*/) override {}
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return false; }
  bool CanSync() const override { return false; }
  void Idle(Random& /*random*/) override {}

 private:
  FullDevice(int fd, const Place& place) : fd_(fd), place_(place) {}

  static void Ask(Attempt::Kind kind, off_t offset, Random& random,
                  Attempt* attempt);

  const int fd_;
  const Place& place_;
};

// A file that is written around `limit`, which the process must not exceed
// (RLIMIT_FSIZE): up to it, short of it, or EFBIG.
class LimitedFile final : public Subject {
 public:
  LimitedFile(off_t limit, const Place& place);
  // Checks that nothing is beyond the limit.
  ~LimitedFile() override;

  int fd() const override { return file_.fd(); }
  bool Propose(Random& random, Attempt* attempt) override;
  bool has_neighbours() const override { return true; }
  bool ProposeNext(Random& random, const Attempt& before,
                   Attempt* attempt) override;
  void Refused(const Attempt& /*attempt*/) override {}
  void Ended(const Attempt& /*attempt*/, size_t /*moved*/) override {}
  bool in_order() const override { return false; }
  bool MayFailWith(int error) const override {
    return place_.MayFailWith(error);
  }
  void Idle(Random& /*random*/) override {}

 private:
  void Ask(off_t offset, Random& random, Attempt* attempt) const;

  const off_t limit_;
  const Place& place_;
  UnnamedFile file_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FAILING_SUBJECTS_H_
