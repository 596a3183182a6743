// Files as subjects: one that all threads share, each with blocks of its own in
// it, and one that a thread appends to.

#ifndef AIOEMUL_TESTS_STRESS_FILE_SUBJECTS_H_
#define AIOEMUL_TESTS_STRESS_FILE_SUBJECTS_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/stress/failures.h"
#include "tests/stress/sequence.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// A file that has no name any more, so that nothing is left behind.
int OpenUnnamedFile(int flags);

// The file behind several BlockFiles: blocks of all sizes without gaps, dealt
// out so that neighbours belong to different threads.
class SharedFile {
 public:
  struct Block {
    off_t offset;
    size_t size;
  };

  SharedFile(Random random, int owners);
  ~SharedFile();
  SharedFile(const SharedFile&) = delete;
  SharedFile& operator=(const SharedFile&) = delete;

  int fd() const { return fd_; }
  std::vector<Block> BlocksOf(int owner) const;
  off_t size() const { return size_; }

  // Whether any thread has cancelled everything.
  std::atomic<bool> cancelled{false};

 private:
  int fd_;
  int owners_;
  off_t size_ = 0;
  std::vector<Block> blocks_;
};

// One thread's blocks.  A block is written by one request, or read by several,
// at a time.
class BlockFile final : public Subject {
 public:
  BlockFile(SharedFile& file, int owner, uint64_t key, Failures& failures);
  // Compares all blocks.
  ~BlockFile() override;

  int fd() const override { return file_.fd(); }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& attempt) override;
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return false; }
  void CancelAsked() override {
    file_.cancelled.store(true, std::memory_order_relaxed);
  }
  bool others_may_cancel() const override {
    return file_.cancelled.load(std::memory_order_relaxed);
  }
  void Idle(Random& random) override;

 private:
  struct Block {
    off_t offset;
    std::string content;  // as it must be
    int readers = 0;
    bool written = false;
  };

  void Compare(const Block& block);

  SharedFile& file_;
  const uint64_t key_;
  Failures& failures_;
  std::vector<Block> blocks_;
  uint64_t version_ = 0;
};

// Records are appended by several requests at a time, and must stand in the
// file in call order.
class AppendFile final : public Subject {
 public:
  AppendFile(uint64_t key, Failures& failures);
  ~AppendFile() override;

  int fd() const override { return fd_; }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& attempt) override { Ended(attempt, 0); }
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return true; }
  // Compares what was appended; now and then goes on with another file.
  void Idle(Random& random) override;

 private:
  void Compare();

  int fd_;
  const uint64_t key_;
  Failures& failures_;
  Sequence appended_;
  uint64_t version_ = 0;
  off_t compared_ = 0;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FILE_SUBJECTS_H_
