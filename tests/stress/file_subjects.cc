#include "tests/stress/file_subjects.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

namespace aioemul::stress {
namespace {

constexpr size_t kNeighbours = 5;  // of one owner
constexpr size_t kBlocksPerOwner = 2 * kNeighbours;
// Requests of one thread on an O_APPEND file at a time are bounded by its
// buffers alone; so is the growth of the file, by starting another.
constexpr off_t kLongAppendFile = off_t{1} << 22;

}  // namespace

// --- UnnamedFile

UnnamedFile::UnnamedFile(const Place& place, int flags) { Open(place, flags); }

void UnnamedFile::Open(const Place& place, int flags) {
  std::string path = place.directory + "/aioemul-stress.XXXXXX";
  fd_ = mkostemp(path.data(), O_CLOEXEC | flags);
  inspection_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  unlink(path.c_str());
  place.failures.Check(fd_ >= 0 && inspection_ >= 0,
                       "no file can be made in the directory");
}

void UnnamedFile::Close() {
  if (fd_ >= 0) close(fd_);
  if (inspection_ >= 0) close(inspection_);
}

void UnnamedFile::Replace(const Place& place, int flags) {
  Close();
  Open(place, flags);
}

std::string UnnamedFile::ReadPlain(size_t count, off_t offset) const {
  std::string bytes(count, '\0');
  size_t done = 0;
  while (done < count) {
    const ssize_t moved = pread(inspection_, bytes.data() + done, count - done,
                                offset + static_cast<off_t>(done));
    if (moved <= 0) break;
    done += static_cast<size_t>(moved);
  }
  bytes.resize(done);
  return bytes;
}

off_t UnnamedFile::size() const {
  struct stat status = {};
  fstat(inspection_, &status);
  return status.st_size;
}

// --- SharedFile

SharedFile::SharedFile(Random random, int owners, const Place& place)
    : file_(place, 0), owners_(owners) {
  const size_t count = kBlocksPerOwner * static_cast<size_t>(owners);
  for (size_t i = 0; i < count; ++i) {
    blocks_.push_back({size_, random.Size(kMostBytes)});
    size_ += static_cast<off_t>(blocks_.back().size);
  }
  place.failures.Check(ftruncate(fd(), size_) == 0, "no file can be extended");
}

std::vector<SharedFile::Block> SharedFile::BlocksOf(int owner) const {
  std::vector<Block> mine;
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const size_t turn = i / kNeighbours % static_cast<size_t>(owners_);
    if (turn == static_cast<size_t>(owner)) mine.push_back(blocks_[i]);
  }
  return mine;
}

// --- BlockFile

BlockFile::BlockFile(std::shared_ptr<SharedFile> file, int owner, uint64_t key,
                     const Place& place)
    : file_(std::move(file)), key_(key), place_(place) {
  for (const SharedFile::Block& block : file_->BlocksOf(owner)) {
    blocks_.push_back({block, std::string(block.size, '\0')});
  }
}

BlockFile::~BlockFile() {
  for (const Block& block : blocks_) Compare(block);
}

bool BlockFile::Propose(Random& random, Attempt* attempt) {
  const size_t number = random.Below(blocks_.size());
  const Block& block = blocks_[number];
  if (block.written) return false;
  const bool write = block.readers == 0 && random.OneIn(2);
  const bool whole = random.OneIn(2);
  const size_t size = block.content.size();
  const size_t start = whole ? 0 : random.Below(size);
  Ask(write ? Attempt::Kind::kWrite : Attempt::Kind::kRead, number, start,
      whole ? size : random.Between(1, size - start), attempt);
  return true;
}

bool BlockFile::ProposeNext(Random& random, const Attempt& before,
                            Attempt* attempt) {
  const size_t number = before.part + 1;
  if (number == blocks_.size()) return false;
  const Block& block = blocks_[number];
  const bool write = before.kind == Attempt::Kind::kWrite;
  const off_t end = before.offset + static_cast<off_t>(before.count);
  if (block.place.offset != end || block.written ||
      (write && block.readers > 0)) {
    return false;
  }
  const size_t size = block.content.size();
  Ask(before.kind, number, 0, random.OneIn(4) ? random.Between(1, size) : size,
      attempt);
  return true;
}

void BlockFile::Ask(Attempt::Kind kind, size_t number, size_t start,
                    size_t count, Attempt* attempt) {
  Block& block = blocks_[number];
  attempt->kind = kind;
  attempt->part = number;
  attempt->start = start;
  attempt->count = attempt->expected = count;
  attempt->offset = block.place.offset + static_cast<off_t>(start);
  if (kind == Attempt::Kind::kWrite) {
    block.written = true;
    attempt->inexact = place_.may_be_full;
    Fill(Key({key_, number, ++version_}), attempt->bytes(), count);
    return;
  }
  ++block.readers;
  const auto end = attempt->offset + static_cast<off_t>(count);
  if (end == file_->size() && count < kMostBytes) {
    ++attempt->count;  // beyond the end of the file
  }
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
    place_.failures.Check(
        block.content.compare(attempt.start, moved, bytes) == 0,
        "a read of a file gave other bytes than the last complete write left",
        Finding::kBytes);
  }
}

void BlockFile::Compare(const Block& block) {
  place_.failures.Check(
      file_->ReadPlain(block.place) == block.content,
      "a file holds other bytes than the last complete write left",
      Finding::kBytes);
}

void BlockFile::Idle(Random& random) {
  const Block& block = blocks_[random.Below(blocks_.size())];
  if (!block.written) Compare(block);
}

// --- AppendFile

AppendFile::AppendFile(uint64_t key, const Place& place)
    : key_(key), place_(place), file_(place, O_APPEND) {}

AppendFile::~AppendFile() { Compare(); }

bool AppendFile::Propose(Random& random, Attempt* attempt) {
  attempt->kind = Attempt::Kind::kWrite;
  attempt->count = random.Size(4096);
  attempt->expected = attempt->count;
  attempt->inexact = place_.may_be_full;
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
  const off_t size = file_.size();
  place_.failures.Check(
      file_.ReadPlain(static_cast<size_t>(size - compared_), compared_) ==
          appended_.known(),
      "an O_APPEND file does not hold the records in call order, each of them "
      "once",
      Finding::kBytes);
  compared_ = size;
  appended_.Forget(appended_.known().size());
}

void AppendFile::Idle(Random& random) {
  if (!appended_.IsComplete()) return;
  Compare();
  if (has_syncs()) return;
  if (compared_ < kLongAppendFile && !random.OneIn(16)) return;
  // The number is free for whichever thread opens something next.
  file_.Replace(place_, O_APPEND);
  compared_ = 0;
}

}  // namespace aioemul::stress
