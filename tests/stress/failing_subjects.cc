#include "tests/stress/failing_subjects.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace aioemul::stress {
namespace {

constexpr off_t kAround = 16384;
constexpr auto kWindow = static_cast<size_t>(2 * kAround);

off_t EndOf(const Attempt& attempt) {
  return attempt.offset + static_cast<off_t>(attempt.count);
}

}  // namespace

// --- FullDevice

std::unique_ptr<FullDevice> FullDevice::Open(const Place& place) {
  const int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  return std::unique_ptr<FullDevice>(new FullDevice(fd, place));
}

FullDevice::~FullDevice() { close(fd_); }

bool FullDevice::Propose(Random& random, Attempt* attempt) {
  Ask(random.OneIn(4) ? Attempt::Kind::kRead : Attempt::Kind::kWrite,
      static_cast<off_t>(random.Below(1000)), random, attempt);
  return true;
}

bool FullDevice::ProposeNext(Random& random, const Attempt& before,
                             Attempt* attempt) {
  Ask(before.kind, EndOf(before), random, attempt);
  return true;
}

void FullDevice::Ask(Attempt::Kind kind, off_t offset, Random& random,
                     Attempt* attempt) {
  attempt->kind = kind;
  attempt->count = attempt->expected = random.Size(kMostBytes);
  attempt->offset = offset;
  std::fill_n(attempt->bytes(), attempt->count, 'x');
  if (kind == Attempt::Kind::kWrite) attempt->error = ENOSPC;
}

void FullDevice::Ended(const Attempt& attempt, size_t moved) {
  if (attempt.kind != Attempt::Kind::kRead) return;
  place_.failures.Check(std::all_of(attempt.bytes(), attempt.bytes() + moved,
                                    [](char byte) { return byte == 0; }),
                        "a read of /dev/full gave something but zeros",
                        Finding::kBytes);
}

// --- LimitedFile

LimitedFile::LimitedFile(off_t limit, const Place& place)
    : limit_(limit), place_(place), file_(place, 0) {}

LimitedFile::~LimitedFile() {
  place_.failures.Check(file_.size() <= limit_,
                        "a file is longer than the process's limit",
                        Finding::kBytes);
}

bool LimitedFile::Propose(Random& random, Attempt* attempt) {
  const auto from = static_cast<off_t>(random.Below(kWindow));
  Ask(limit_ - kAround + from, random, attempt);
  return true;
}

bool LimitedFile::ProposeNext(Random& random, const Attempt& before,
                              Attempt* attempt) {
  Ask(EndOf(before), random, attempt);
  return true;
}

void LimitedFile::Ask(off_t offset, Random& random, Attempt* attempt) const {
  attempt->kind = Attempt::Kind::kWrite;
  attempt->count = random.Size(kWindow);
  attempt->offset = offset;
  attempt->inexact = place_.may_be_full;
  Fill(random.Next(), attempt->bytes(), attempt->count);
  const auto room =
      static_cast<size_t>(std::max(limit_ - attempt->offset, off_t{0}));
  attempt->expected = std::min(attempt->count, room);
  if (attempt->expected == 0) attempt->error = EFBIG;
}

}  // namespace aioemul::stress
