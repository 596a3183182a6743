#include "tests/stress/file_subjects.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string_view>

#include "gtest/gtest.h"

namespace aioemul::stress {
namespace {

constexpr int kBlocksPerOwner = 10;
// Requests of one thread on an O_APPEND file at a time are bounded by its
// buffers alone; so is the growth of the file, by starting another.
constexpr off_t kLongAppendFile = off_t{1} << 22;

// What the file holds at `offset`, without the engine.
std::string ReadPlain(int fd, size_t count, off_t offset) {
  std::string bytes(count, '\0');
  size_t done = 0;
  while (done < count) {
    const ssize_t moved = pread(fd, bytes.data() + done, count - done,
                                offset + static_cast<off_t>(done));
    if (moved <= 0) break;
    done += static_cast<size_t>(moved);
  }
  bytes.resize(done);
  return bytes;
}

}  // namespace

int OpenUnnamedFile(int flags) {
  std::string path = ::testing::TempDir() + "/stress.XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC | flags);
  unlink(path.c_str());
  return fd;
}

// --- SharedFile

SharedFile::SharedFile(Random random, int owners)
    : fd_(OpenUnnamedFile(0)), owners_(owners) {
  for (int i = 0; i < kBlocksPerOwner * owners; ++i) {
    blocks_.push_back({size_, random.Size(kMostBytes)});
    size_ += static_cast<off_t>(blocks_.back().size);
  }
  EXPECT_EQ(ftruncate(fd_, size_), 0);
}

SharedFile::~SharedFile() { close(fd_); }

std::vector<SharedFile::Block> SharedFile::BlocksOf(int owner) const {
  std::vector<Block> mine;
  for (auto i = static_cast<size_t>(owner); i < blocks_.size();
       i += static_cast<size_t>(owners_)) {
    mine.push_back(blocks_[i]);
  }
  return mine;
}

// --- BlockFile

BlockFile::BlockFile(SharedFile& file, int owner, uint64_t key,
                     Failures& failures)
    : file_(file), key_(key), failures_(failures) {
  for (const SharedFile::Block& block : file.BlocksOf(owner)) {
    blocks_.push_back({block.offset, std::string(block.size, '\0')});
  }
}

BlockFile::~BlockFile() {
  for (const Block& block : blocks_) Compare(block);
}

bool BlockFile::Propose(Random& random, Attempt* attempt) {
  const size_t number = random.Below(blocks_.size());
  Block& block = blocks_[number];
  if (block.written) return false;
  const bool write = block.readers == 0 && random.OneIn(2);
  const bool whole = random.OneIn(2);
  const size_t size = block.content.size();
  attempt->kind = write ? Attempt::Kind::kWrite : Attempt::Kind::kRead;
  attempt->part = number;
  attempt->start = whole ? 0 : random.Below(size);
  attempt->count = whole ? size : random.Between(1, size - attempt->start);
  attempt->expected = attempt->count;
  attempt->offset = block.offset + static_cast<off_t>(attempt->start);
  if (write) {
    block.written = true;
    Fill(Key({key_, number, ++version_}), attempt->bytes(), attempt->count);
    return true;
  }
  ++block.readers;
  const auto end = attempt->offset + static_cast<off_t>(attempt->count);
  if (end == file_.size() && attempt->count < kMostBytes) {
    ++attempt->count;  // beyond the end of the file
  }
  return true;
}

void BlockFile::Refused(const Attempt& attempt) {
  Block& block = blocks_[attempt.part];
  if (attempt.kind == Attempt::Kind::kWrite) block.written = false;
  if (attempt.kind == Attempt::Kind::kRead) --block.readers;
}

void BlockFile::Ended(const Attempt& attempt, size_t moved) {
  Refused(attempt);
  Block& block = blocks_[attempt.part];
  const std::string_view bytes(attempt.bytes(), moved);
  if (attempt.kind == Attempt::Kind::kWrite) {
    block.content.replace(attempt.start, moved, bytes);
  } else {
    failures_.Check(
        block.content.compare(attempt.start, moved, bytes) == 0,
        "a read of a file gave other bytes than the last complete write left");
  }
}

void BlockFile::Compare(const Block& block) {
  failures_.Check(
      ReadPlain(fd(), block.content.size(), block.offset) == block.content,
      "a file holds other bytes than the last complete write left");
}

void BlockFile::Idle(Random& random) {
  const Block& block = blocks_[random.Below(blocks_.size())];
  if (!block.written) Compare(block);
}

// --- AppendFile

AppendFile::AppendFile(uint64_t key, Failures& failures)
    : fd_(OpenUnnamedFile(O_APPEND)), key_(key), failures_(failures) {}

AppendFile::~AppendFile() {
  Compare();
  close(fd_);
}

bool AppendFile::Propose(Random& random, Attempt* attempt) {
  attempt->kind = Attempt::Kind::kWrite;
  attempt->count = random.Size(4096);
  attempt->expected = attempt->count;
  attempt->offset = static_cast<off_t>(random.Below(1000));  // ignored
  attempt->part = appended_.Open();
  Fill(Key({key_, ++version_}), attempt->bytes(), attempt->count);
  return true;
}

void AppendFile::Ended(const Attempt& attempt, size_t moved) {
  appended_.Close(attempt.part, {attempt.bytes(), moved});
}

void AppendFile::Compare() {
  if (!appended_.IsComplete()) return;
  struct stat status = {};
  fstat(fd_, &status);
  const auto size = static_cast<size_t>(status.st_size - compared_);
  failures_.Check(ReadPlain(fd_, size, compared_) == appended_.known(),
                  "an O_APPEND file does not hold the records in call order, "
                  "each of them once");
  compared_ = status.st_size;
  appended_.Forget(appended_.known().size());
}

void AppendFile::Idle(Random& random) {
  if (!appended_.IsComplete()) return;
  Compare();
  if (has_syncs()) return;
  if (compared_ < kLongAppendFile && !random.OneIn(16)) return;
  // The number is free for whichever thread opens something next.
  close(fd_);
  fd_ = OpenUnnamedFile(O_APPEND);
  compared_ = 0;
}

}  // namespace aioemul::stress
