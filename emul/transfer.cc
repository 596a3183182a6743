#include "emul/transfer.h"

#include <algorithm>
#include <cerrno>

namespace aioemul {
namespace {

// Systems refuse a range that ends beyond the offset maximum; POSIX moves the
// part before it.
size_t CountBeforeOffsetMaximum(const Transfer& transfer) {
  const auto room = static_cast<uint64_t>(kOffsetMaximum - transfer.offset);
  return static_cast<size_t>(std::min<uint64_t>(transfer.count, room));
}

ssize_t Attempt(const Transfer& t, Platform& platform) {
  switch (t.operation) {
    case Operation::kReadAt:
      return platform.ReadAt(t.fd, t.buffer, CountBeforeOffsetMaximum(t),
                             t.offset);
    case Operation::kWriteAt:
      return platform.WriteAt(t.fd, t.buffer, CountBeforeOffsetMaximum(t),
                              t.offset);
    case Operation::kAppend:
      return platform.Append(t.fd, t.buffer, t.count);
    case Operation::kReadStream:
      return platform.Read(t.fd, t.buffer, t.count);
    case Operation::kWriteStream:
      return platform.Write(t.fd, t.buffer, t.count);
    case Operation::kSync:
      return platform.Sync(t.fd, /*data_only=*/false);
    case Operation::kSyncData:
      return platform.Sync(t.fd, /*data_only=*/true);
  }
  return -EINVAL;
}

}  // namespace

ssize_t Perform(const Transfer& transfer, Platform& platform) {
  ssize_t result = 0;
  do {
    result = Attempt(transfer, platform);
  } while (result == -EINTR);
  return result;
}

}  // namespace aioemul
