#include "tests/stress/sabotage.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "tests/stress/notice.h"

namespace aioemul::stress {
namespace {

using Lock = std::unique_lock<std::mutex>;

}  // namespace

// --- SabotagedPlatform

void SabotagedPlatform::LoseByte(int fd) {
  const Lock lock(mutex_);
  owed_bytes_.insert(fd);
}

void SabotagedPlatform::HoldUntilStall() {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return stalled_; });
}

void SabotagedPlatform::OnStall() {
  const Lock lock(mutex_);
  stalled_ = true;
  changed_.notify_all();
  if (held_signal_) Notice::Arrive(*held_signal_);
  held_signal_.reset();
}

ssize_t SabotagedPlatform::ReadCached(int fd, void* buffer, size_t count,
                                      off_t offset) {
  const FaultPlan* plan = PlanOf(buffer);
  const bool rest = plan != nullptr && plan->start != buffer;
  if (bug_ == Bug::kPartTakenForEnd && rest) return 0;
  const size_t part = IsTheOne(Bug::kPartTakenForEnd) ? (count + 1) / 2 : count;
  const ssize_t moved = FailingPlatform::ReadCached(fd, buffer, part, offset);
  if (plan == nullptr || rest) return moved;
  const Bug wrong_byte =
      IsCaller() ? Bug::kWrongByteAtOnce : Bug::kWrongByteRead;
  // What is not whole may be read again.
  if (moved == static_cast<ssize_t>(count) && IsTheOne(wrong_byte)) {
    static_cast<char*>(buffer)[moved - 1] ^= 1;
  }
  return moved;
}

bool SabotagedPlatform::MixUp(const iovec* buffers, int count) {
  bool any = false;
  for (int i = 1; i < count; ++i) {
    const iovec* shorter = &buffers[i - 1];
    const iovec* longer = &buffers[i];
    if (shorter->iov_len > longer->iov_len) std::swap(shorter, longer);
    FaultPlan* plan = PlanOf(longer->iov_base);
    if (plan == nullptr || shorter->iov_len == longer->iov_len) continue;
    plan->most = shorter->iov_len;
    any = true;
  }
  return any;
}

// Each request is then carried out by itself.
ssize_t SabotagedPlatform::ReadVectorAt(int fd, const iovec* buffers,
                                        int buffer_count, off_t offset) {
  if (bug_ == Bug::kMixedUpRun && MixUp(buffers, buffer_count)) {
    return -EINVAL;
  }
  return FailingPlatform::ReadVectorAt(fd, buffers, buffer_count, offset);
}

ssize_t SabotagedPlatform::WriteVectorAt(int fd, const iovec* buffers,
                                         int buffer_count, off_t offset) {
  if (bug_ == Bug::kMixedUpRun && MixUp(buffers, buffer_count)) {
    return -EINVAL;
  }
  return FailingPlatform::WriteVectorAt(fd, buffers, buffer_count, offset);
}

ssize_t SabotagedPlatform::ReadAt(int fd, void* buffer, size_t count,
                                  off_t offset) {
  if (IsTheOne(Bug::kLostCompletion)) HoldUntilStall();
  const ssize_t moved = FailingPlatform::ReadAt(fd, buffer, count, offset);
  if (moved > 0 && IsTheOne(Bug::kWrongByteRead)) {
    static_cast<char*>(buffer)[moved - 1] ^= 1;
  }
  return moved;
}

ssize_t SabotagedPlatform::WriteAt(int fd, const void* buffer, size_t count,
                                   off_t offset) {
  if (IsTheOne(Bug::kLostCompletion)) HoldUntilStall();
  const ssize_t moved = FailingPlatform::WriteAt(fd, buffer, count, offset);
  if (moved > 0 && IsTheOne(Bug::kWrongByteWritten)) {
    const char wrong = static_cast<const char*>(buffer)[moved - 1] ^ 1;
    FailingPlatform::WriteAt(fd, &wrong, 1, offset + moved - 1);
  }
  return moved;
}

ssize_t SabotagedPlatform::Append(int fd, const void* buffer, size_t count) {
  const bool hold = IsTheOne(Bug::kReorderedAppend);
  const Lock lock(mutex_);
  if (hold) {
    held_records_[fd].assign(static_cast<const char*>(buffer), count);
    return static_cast<ssize_t>(count);
  }
  const ssize_t moved = FailingPlatform::Append(fd, buffer, count);
  const auto held = held_records_.find(fd);
  if (held != held_records_.end()) {
    FailingPlatform::Append(fd, held->second.data(), held->second.size());
    held_records_.erase(held);
  }
  return moved;
}

ssize_t SabotagedPlatform::TryRead(int fd, void* buffer, size_t count) {
  {
    const Lock lock(mutex_);
    char lost = 0;
    if (owed_bytes_.count(fd) != 0 &&
        FailingPlatform::TryRead(fd, &lost, 1) == 1) {
      owed_bytes_.erase(fd);
    }
  }
  return FailingPlatform::TryRead(fd, buffer, count);
}

int SabotagedPlatform::QueueSignal(int signal, sigval value, pid_t thread) {
  if (IsTheOne(Bug::kDuplicateNotification)) Notice::Arrive(value);
  if (IsTheOne(Bug::kLostNotification)) {
    const Lock lock(mutex_);
    held_signal_ = value;
    return 0;
  }
  return FailingPlatform::QueueSignal(signal, value, thread);
}

// --- SabotagedEngine

SabotagedEngine::~SabotagedEngine() {
  for (const auto& [fd, twin] : twins_) close(twin);
}

int SabotagedEngine::TwinOf(int fd) {
  const Lock lock(mutex_);
  const auto [twin, fresh] = twins_.try_emplace(fd, -1);
  if (fresh) twin->second = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return twin->second;
}

int SabotagedEngine::Sync(int operation, aiocb* block) {
  if (bug_ != Bug::kOvertakingSync || block->aio_fildes < 0) {
    return engine_.Sync(operation, block);
  }
  const int fd = block->aio_fildes;
  block->aio_fildes = TwinOf(fd);
  const int result = engine_.Sync(operation, block);
  block->aio_fildes = fd;
  return result;
}

int SabotagedEngine::Cancel(int fd, aiocb* block) {
  const int result = engine_.Cancel(fd, block);
  if (result != AIO_CANCELED || block == nullptr) return result;
  const void* bytes = const_cast<const void*>(block->aio_buf);
  if (bug_ == Bug::kCancelledWriteDone && block->aio_lio_opcode == LIO_WRITE) {
    platform_->WriteAt(fd, bytes, block->aio_nbytes, block->aio_offset);
  }
  if (bug_ == Bug::kByteLostByCancel && block->aio_lio_opcode == LIO_READ) {
    platform_->LoseByte(fd);
  }
  return result;
}

// As a library that learns nothing of it: the descriptor goes, and its requests
// stay.  Those of a stream would stay for ever, so only files suffer.
int SabotagedEngine::Close(int fd) {
  const bool is_file = lseek(fd, 0, SEEK_CUR) >= 0;
  return bug_ == Bug::kUnseenClose && is_file ? close(fd) : engine_.Close(fd);
}

// As a library that forgets about fork: what was in progress seems to go on.
pid_t SabotagedEngine::Fork() {
  const pid_t child = engine_.Fork();
  if (child == 0) in_child_ = true;
  return child;
}

int SabotagedEngine::Error(const aiocb* block) {
  const int status = engine_.Error(block);
  const bool forgotten = bug_ == Bug::kUnseenFork && in_child_;
  return forgotten && status == ECANCELED ? EINPROGRESS : status;
}

}  // namespace aioemul::stress
