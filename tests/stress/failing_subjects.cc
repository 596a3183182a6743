#include "tests/stress/failing_subjects.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace aioemul::stress {
namespace {

constexpr off_t kAround = 16384;

}  // namespace

// --- FullDevice

std::unique_ptr<FullDevice> FullDevice::Open(const Place& place) {
  const int fd = open("/dev/full", O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  return std::unique_ptr<FullDevice>(new FullDevice(fd, place));
}

FullDevice::~FullDevice() { close(fd_); }

bool FullDevice::Propose(Random& random, Attempt* attempt) {
  attempt->count = attempt->expected = random.Size(kMostBytes);
  attempt->offset = static_cast<off_t>(random.Below(1000));
  std::fill_n(attempt->bytes(), attempt->count, 'x');
  if (random.OneIn(4)) return true;
  attempt->kind = Attempt::Kind::kWrite;
  attempt->error = ENOSPC;
  return true;
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
  const auto around = static_cast<size_t>(2 * kAround);
  attempt->kind = Attempt::Kind::kWrite;
  attempt->count = random.Size(around);
  attempt->offset = limit_ - kAround + static_cast<off_t>(random.Below(around));
  attempt->inexact = place_.may_be_full;
  Fill(random.Next(), attempt->bytes(), attempt->count);
  const auto room =
      static_cast<size_t>(std::max(limit_ - attempt->offset, off_t{0}));
  attempt->expected = std::min(attempt->count, room);
  if (attempt->expected == 0) attempt->error = EFBIG;
  return true;
}

}  // namespace aioemul::stress
