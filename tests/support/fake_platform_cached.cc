// The fake's page cache.

#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

#include "tests/support/fake_platform.h"

namespace aioemul::testing {

using Lock = std::unique_lock<std::mutex>;

void FakePlatform::AnswerCachedReads(Answer answer) {
  const Lock lock(mutex_);
  cached_read_answer_ = std::move(answer);
}

void FakePlatform::AnswerCachedWrites(Answer answer) {
  const Lock lock(mutex_);
  cached_write_answer_ = std::move(answer);
}

ssize_t FakePlatform::ReadCached(int fd, void* buffer, size_t count,
                                 off_t offset) {
  Answer answer;
  {
    const Lock lock(mutex_);
    answer = cached_read_answer_;
  }
  if (!answer) return -EOPNOTSUPP;
  const std::optional<ssize_t> result = answer(
      {TransferCall::Kind::kReadCached, fd, buffer, count, offset, false});
  return result ? *result : system_.ReadCached(fd, buffer, count, offset);
}

ssize_t FakePlatform::WriteCached(int fd, const void* buffer, size_t count,
                                  off_t offset) {
  Answer answer;
  {
    const Lock lock(mutex_);
    answer = cached_write_answer_;
  }
  if (!answer) return -EOPNOTSUPP;
  const std::optional<ssize_t> result =
      answer({TransferCall::Kind::kWriteCached, fd, const_cast<void*>(buffer),
              count, offset, false});
  return result ? *result : system_.WriteCached(fd, buffer, count, offset);
}

}  // namespace aioemul::testing
