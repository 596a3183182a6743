// Files as subjects: one that all threads share, each with blocks of its own in
// it, and one that a thread appends to.

#ifndef AIOEMUL_TESTS_STRESS_FILE_SUBJECTS_H_
#define AIOEMUL_TESTS_STRESS_FILE_SUBJECTS_H_

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/stress/failures.h"
#include "tests/stress/sequence.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// Where files are made, and what is found wrong with them.
struct Place {
  std::string directory;
  bool may_be_full;
  Failures& failures;

  // Whether a file there may fail with `error`.
  bool MayFailWith(int error) const {
    return may_be_full && (error == ENOSPC || error == EDQUOT);
  }
};

// A file that has no name any more, so that nothing is left behind.
class UnnamedFile {
 public:
  UnnamedFile(const Place& place, int flags);
  ~UnnamedFile() { Close(); }
  UnnamedFile(const UnnamedFile&) = delete;
  UnnamedFile& operator=(const UnnamedFile&) = delete;

  // -1 once it was closed by another.
  int fd() const { return fd_; }
  void Closed() { fd_ = -1; }
  // Goes on with another file, most likely of the same number.
  void Replace(const Place& place, int flags);

  // What it holds, by a descriptor of its own and without the engine.
  std::string ReadPlain(size_t count, off_t offset) const;
  off_t size() const;

 private:
  void Open(const Place& place, int flags);
  void Close();

  int fd_ = -1;
  int inspection_ = -1;
};

// The file behind several BlockFiles: blocks of all sizes without gaps, dealt
// out so that neighbours belong to one thread, or to two.
class SharedFile {
 public:
  struct Block {
    off_t offset;
    size_t size;
  };

  SharedFile(Random random, int owners, const Place& place);

  int fd() const { return file_.fd(); }
  void Closed() { file_.Closed(); }
  std::vector<Block> BlocksOf(int owner) const;
  off_t size() const { return size_; }
  std::string ReadPlain(const Block& block) const {
    return file_.ReadPlain(block.size, block.offset);
  }

  // Whether any thread has cancelled everything.
  std::atomic<bool> cancelled{false};

 private:
  UnnamedFile file_;
  const int owners_;
  off_t size_ = 0;
  std::vector<Block> blocks_;
};

// One thread's blocks.  A block is written by one request, or read by several,
// at a time.
class BlockFile final : public Subject {
 public:
  BlockFile(std::shared_ptr<SharedFile> file, int owner, uint64_t key,
            const Place& place);
  // Compares all blocks.
  ~BlockFile() override;

  int fd() const override { return file_->fd(); }
  bool Propose(Random& random, Attempt* attempt) override;
  bool has_neighbours() const override { return true; }
  bool ProposeNext(Random& random, const Attempt& before,
                   Attempt* attempt) override;
  void Refused(const Attempt& attempt) override;
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return false; }
  void CancelAsked() override {
    file_->cancelled.store(true, std::memory_order_relaxed);
  }
  bool others_may_cancel() const override {
    return file_->cancelled.load(std::memory_order_relaxed);
  }
  bool MayFailWith(int error) const override {
    return place_.MayFailWith(error);
  }
  void Closed() override { file_->Closed(); }
  void Idle(Random& random) override;

 private:
  struct Block {
    SharedFile::Block place;
    std::string content;  // as it must be
    int readers = 0;
    bool written = false;
  };

  // Asks for `count` bytes of a block, from its `start`.
  void Ask(Attempt::Kind kind, size_t number, size_t start, size_t count,
           Attempt* attempt);
  void Compare(const Block& block);

  const std::shared_ptr<SharedFile> file_;
  const uint64_t key_;
  const Place& place_;
  std::vector<Block> blocks_;
  uint64_t version_ = 0;
};

// Records are appended by several requests at a time, and must stand in the
// file in call order.
class AppendFile final : public Subject {
 public:
  AppendFile(uint64_t key, const Place& place);
  ~AppendFile() override;

  int fd() const override { return file_.fd(); }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& attempt) override { Ended(attempt, 0); }
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return true; }
  bool MayFailWith(int error) const override {
    return place_.MayFailWith(error);
  }
  void Closed() override { file_.Closed(); }
  // Compares what was appended; now and then goes on with another file.
  void Idle(Random& random) override;

 private:
  void Compare();

  const uint64_t key_;
  const Place& place_;
  UnnamedFile file_;
  Sequence appended_;
  uint64_t version_ = 0;
  off_t compared_ = 0;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FILE_SUBJECTS_H_
