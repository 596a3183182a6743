#include "tests/stress/device_subjects.h"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "emul/platform/platform.h"

namespace aioemul::stress {
namespace {

constexpr size_t kMostAdded = 1000;

}  // namespace

// --- CounterSubject

CounterSubject::CounterSubject(const Place& place)
    : fd_(eventfd(0, EFD_CLOEXEC)), place_(place) {
  place_.failures.Check(fd_ >= 0, "the system gives no eventfd");
}

CounterSubject::~CounterSubject() {
  while (TakePlain()) {
  }
  close(fd_);
  place_.failures.Check(added_ == taken_,
                        "a counter gave another number than was added",
                        Finding::kBytes);
}

bool CounterSubject::Propose(Random& random, Attempt* attempt) {
  uint64_t value = 0;
  attempt->kind =
      random.OneIn(2) ? Attempt::Kind::kRead : Attempt::Kind::kWrite;
  if (attempt->kind == Attempt::Kind::kRead) {
    ++reads_;
  } else {
    value = random.Between(1, kMostAdded);
  }
  memcpy(attempt->bytes(), &value, sizeof(value));
  attempt->count = attempt->expected = sizeof(value);
  attempt->offset = -1;  // ignored
  return true;
}

void CounterSubject::Ended(const Attempt& attempt, size_t moved) {
  const bool is_read = attempt.kind == Attempt::Kind::kRead;
  if (is_read) --reads_;
  uint64_t value = 0;
  if (moved != sizeof(value)) return;
  memcpy(&value, attempt.bytes(), sizeof(value));
  (is_read ? taken_ : added_) += value;
}

void CounterSubject::AddPlain(uint64_t value) {
  if (SystemPlatform().TryWrite(fd_, &value, sizeof(value)) > 0) {
    added_ += value;
  }
}

bool CounterSubject::TakePlain() {
  uint64_t value = 0;
  ssize_t moved = 0;
  do {
    moved = SystemPlatform().TryRead(fd_, &value, sizeof(value));
  } while (moved == -EINTR);
  if (moved <= 0) return false;
  taken_ += value;
  return true;
}

void CounterSubject::Idle(Random& random) {
  if (random.OneIn(2)) {
    AddPlain(random.Between(1, kMostAdded));
  } else {
    TakePlain();
  }
}

void CounterSubject::Unblock() {
  if (reads_ > 0) AddPlain(1);
}

// --- ZeroDevice

std::unique_ptr<ZeroDevice> ZeroDevice::Open(const Place& place) {
  const int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);
  if (fd < 0) return nullptr;
  return std::unique_ptr<ZeroDevice>(new ZeroDevice(fd, place));
}

ZeroDevice::~ZeroDevice() { close(fd_); }

bool ZeroDevice::Propose(Random& random, Attempt* attempt) {
  attempt->kind =
      random.OneIn(4) ? Attempt::Kind::kWrite : Attempt::Kind::kRead;
  attempt->count = attempt->expected = random.Size(kMostBytes);
  attempt->offset = static_cast<off_t>(random.Below(1000));
  std::fill_n(attempt->bytes(), attempt->count, 'x');
  return true;
}

void ZeroDevice::Ended(const Attempt& attempt, size_t moved) {
  if (attempt.kind != Attempt::Kind::kRead) return;
  place_.failures.Check(std::all_of(attempt.bytes(), attempt.bytes() + moved,
                                    [](char byte) { return byte == 0; }),
                        "a read of /dev/zero gave something but zeros",
                        Finding::kBytes);
}

}  // namespace aioemul::stress
