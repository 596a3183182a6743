#include "tests/support/fake_platform.h"

#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <utility>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

size_t TotalOf(const iovec* buffers, int buffer_count) {
  return std::accumulate(
      buffers, buffers + buffer_count, size_t{0},
      [](size_t sum, const iovec& buffer) { return sum + buffer.iov_len; });
}

}  // namespace

using Lock = std::unique_lock<std::mutex>;

FakePlatform::~FakePlatform() {
  EXPECT_TRUE(memory_.empty()) << memory_.size() << " allocations leaked";
}

// --- Transfers

void FakePlatform::HoldTransfers() {
  const Lock lock(mutex_);
  holding_ = true;
}

std::vector<TransferCall> FakePlatform::AwaitHeld(size_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return held_.size() == count; });
  std::vector<TransferCall> calls;
  for (const auto& [ticket, call] : held_) calls.push_back(call);
  return calls;
}

void FakePlatform::ReleaseHeld(size_t count) {
  const Lock lock(mutex_);
  held_.erase(held_.begin(),
              held_.begin() +
                  static_cast<std::ptrdiff_t>(std::min(count, held_.size())));
  changed_.notify_all();
}

void FakePlatform::ReleaseAll() {
  const Lock lock(mutex_);
  holding_ = false;
  held_.clear();
  changed_.notify_all();
}

void FakePlatform::AnswerTransfers(Answer answer) {
  const Lock lock(mutex_);
  answer_ = std::move(answer);
}

std::vector<TransferCall> FakePlatform::transfers() const {
  const Lock lock(mutex_);
  return transfers_;
}

std::optional<ssize_t> FakePlatform::Intercept(const TransferCall& call) {
  Answer answer;
  {
    Lock lock(mutex_);
    transfers_.push_back(call);
    if (holding_) {
      const uint64_t ticket = next_ticket_++;
      held_.emplace_back(ticket, call);
      changed_.notify_all();
      changed_.wait(lock, [&] {
        return std::none_of(held_.begin(), held_.end(), [&](const auto& held) {
          return held.first == ticket;
        });
      });
    }
    answer = answer_;
  }
  return answer ? answer(call) : std::nullopt;
}

ssize_t FakePlatform::ReadAt(int fd, void* buffer, size_t count, off_t offset) {
  const auto answer = Intercept({TransferCall::Kind::kReadAt, fd, buffer, count,
                                 offset, /*data_only=*/false});
  return answer ? *answer : system_.ReadAt(fd, buffer, count, offset);
}

ssize_t FakePlatform::WriteAt(int fd, const void* buffer, size_t count,
                              off_t offset) {
  const auto answer =
      Intercept({TransferCall::Kind::kWriteAt, fd, const_cast<void*>(buffer),
                 count, offset, /*data_only=*/false});
  return answer ? *answer : system_.WriteAt(fd, buffer, count, offset);
}

ssize_t FakePlatform::ReadVectorAt(int fd, const iovec* buffers,
                                   int buffer_count, off_t offset) {
  const auto answer =
      Intercept({TransferCall::Kind::kReadVectorAt, fd, buffers[0].iov_base,
                 TotalOf(buffers, buffer_count), offset, /*data_only=*/false});
  return answer ? *answer
                : system_.ReadVectorAt(fd, buffers, buffer_count, offset);
}

ssize_t FakePlatform::WriteVectorAt(int fd, const iovec* buffers,
                                    int buffer_count, off_t offset) {
  const auto answer =
      Intercept({TransferCall::Kind::kWriteVectorAt, fd, buffers[0].iov_base,
                 TotalOf(buffers, buffer_count), offset, /*data_only=*/false});
  return answer ? *answer
                : system_.WriteVectorAt(fd, buffers, buffer_count, offset);
}

ssize_t FakePlatform::Append(int fd, const void* buffer, size_t count) {
  const auto answer =
      Intercept({TransferCall::Kind::kAppend, fd, const_cast<void*>(buffer),
                 count, 0, /*data_only=*/false});
  return answer ? *answer : system_.Append(fd, buffer, count);
}

ssize_t FakePlatform::Read(int fd, void* buffer, size_t count) {
  const auto answer = Intercept(
      {TransferCall::Kind::kRead, fd, buffer, count, 0, /*data_only=*/false});
  return answer ? *answer : system_.Read(fd, buffer, count);
}

ssize_t FakePlatform::Write(int fd, const void* buffer, size_t count) {
  const auto answer =
      Intercept({TransferCall::Kind::kWrite, fd, const_cast<void*>(buffer),
                 count, 0, /*data_only=*/false});
  return answer ? *answer : system_.Write(fd, buffer, count);
}

void FakePlatform::AnswerTries(Answer answer) {
  const Lock lock(mutex_);
  try_answer_ = std::move(answer);
}

std::optional<ssize_t> FakePlatform::AnswerToTry(const TransferCall& call) {
  Answer answer;
  {
    const Lock lock(mutex_);
    answer = try_answer_;
  }
  return answer ? answer(call) : std::nullopt;
}

ssize_t FakePlatform::TryRead(int fd, void* buffer, size_t count) {
  const auto answer = AnswerToTry({TransferCall::Kind::kTryRead, fd, buffer,
                                   count, 0, /*data_only=*/false});
  return answer ? *answer : system_.TryRead(fd, buffer, count);
}

ssize_t FakePlatform::TryWrite(int fd, const void* buffer, size_t count) {
  const auto answer = AnswerToTry({TransferCall::Kind::kTryWrite, fd,
                                   const_cast<void*>(buffer), count, 0,
                                   /*data_only=*/false});
  return answer ? *answer : system_.TryWrite(fd, buffer, count);
}

void FakePlatform::ChooseReadiness(std::function<Readiness*()> make) {
  const Lock lock(mutex_);
  make_readiness_ = std::move(make);
}

Readiness* FakePlatform::NewReadiness() {
  std::function<Readiness*()> make;
  {
    const Lock lock(mutex_);
    make = make_readiness_;
  }
  return make ? make() : system_.NewReadiness();
}

int FakePlatform::Sync(int fd, bool data_only) {
  const auto answer =
      Intercept({TransferCall::Kind::kSync, fd, nullptr, 0, 0, data_only});
  return answer ? static_cast<int>(*answer) : system_.Sync(fd, data_only);
}

// --- Resources

void FakePlatform::FailResource(int index) {
  const Lock lock(mutex_);
  resource_calls_ = 0;
  fail_at_ = index;
  failed_ = false;
}

void FakePlatform::FailAllResources(bool fail) {
  const Lock lock(mutex_);
  fail_all_ = fail;
}

int FakePlatform::resource_calls() const {
  const Lock lock(mutex_);
  return resource_calls_;
}

bool FakePlatform::resource_failed() const {
  const Lock lock(mutex_);
  return failed_;
}

void FakePlatform::FailNotificationThreads(bool fail) {
  const Lock lock(mutex_);
  fail_notification_threads_ = fail;
}

std::vector<pthread_t> FakePlatform::notification_makers() const {
  const Lock lock(mutex_);
  return notification_makers_;
}

int FakePlatform::allocations() const {
  const Lock lock(mutex_);
  return static_cast<int>(memory_.size());
}

int FakePlatform::total_allocations() const {
  const Lock lock(mutex_);
  return total_allocations_;
}

size_t FakePlatform::allocated_bytes() const {
  const Lock lock(mutex_);
  return allocated_bytes_;
}

void FakePlatform::OnResource(std::function<void()> hook) {
  const Lock lock(mutex_);
  resource_hook_ = std::move(hook);
}

bool FakePlatform::ResourceFails() {
  std::function<void()> hook;
  {
    const Lock lock(mutex_);
    hook = resource_hook_;
  }
  if (hook) hook();
  const Lock lock(mutex_);
  const bool fails = fail_all_ || resource_calls_ == fail_at_;
  ++resource_calls_;
  failed_ |= fails;
  return fails;
}

void* FakePlatform::Allocate(size_t size) {
  if (ResourceFails()) return nullptr;
  void* memory = system_.Allocate(size);
  const Lock lock(mutex_);
  memory_.emplace(memory, size);
  ++total_allocations_;
  allocated_bytes_ += size;
  return memory;
}

void FakePlatform::Free(void* memory) {
  {
    const Lock lock(mutex_);
    const auto found = memory_.find(memory);
    if (found == memory_.end()) {
      ADD_FAILURE() << "freed twice, or never allocated";
      return;
    }
    allocated_bytes_ -= found->second;
    memory_.erase(found);
  }
  system_.Free(memory);
}

int FakePlatform::StartWorker(const ThreadStart& start) {
  return ResourceFails() ? -EAGAIN : system_.StartWorker(start);
}

int FakePlatform::StartNotification(const ThreadStart& start,
                                    const pthread_attr_t* attributes) {
  {
    const Lock lock(mutex_);
    if (fail_notification_threads_) return -EAGAIN;
    notification_makers_.push_back(pthread_self());
  }
  return system_.StartNotification(start, attributes);
}

// --- Signals

void FakePlatform::CaptureSignals(size_t limit) {
  const Lock lock(mutex_);
  capturing_ = true;
  signal_limit_ = limit;
}

std::vector<SentSignal> FakePlatform::TakeSignals() {
  const Lock lock(mutex_);
  return std::exchange(signals_, {});
}

std::vector<SentSignal> FakePlatform::AwaitSignals(size_t count) {
  Lock lock(mutex_);
  changed_.wait(lock, [&] { return signals_.size() >= count; });
  return std::exchange(signals_, {});
}

size_t FakePlatform::refused_signals() const {
  const Lock lock(mutex_);
  return refused_signals_;
}

int FakePlatform::QueueSignal(int signal, sigval value, pid_t thread) {
  {
    const Lock lock(mutex_);
    if (capturing_) {
      if (signals_.size() >= signal_limit_) {
        ++refused_signals_;
        changed_.notify_all();
        return -EAGAIN;
      }
      signals_.push_back({signal, value, thread});
      changed_.notify_all();
      return 0;
    }
  }
  return system_.QueueSignal(signal, value, thread);
}

pid_t FakePlatform::ThreadOf(const sigevent& event) {
  return system_.ThreadOf(event);
}

// --- The rest

void FakePlatform::set_caller_priority(int priority) {
  const Lock lock(mutex_);
  priority_ = priority;
}

int FakePlatform::CallerPriority() {
  const Lock lock(mutex_);
  return priority_ >= 0 ? priority_ : system_.CallerPriority();
}

int FakePlatform::Inspect(int fd, Direction direction,
                          DescriptorTraits* traits) {
  return system_.Inspect(fd, direction, traits);
}

int FakePlatform::CheckOpen(int fd) { return system_.CheckOpen(fd); }

}  // namespace aioemul::testing
