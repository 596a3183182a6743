// For systems without a transfer that never waits: POSIX has none for files.

#include <cerrno>

#include "emul/platform/cached_transfers.h"

namespace aioemul::cached_transfers {

ssize_t Read(int /*fd*/, void* /*buffer*/, size_t /*count*/, off_t /*offset*/) {
  return -EOPNOTSUPP;
}

ssize_t Write(int /*fd*/, const void* /*buffer*/, size_t /*count*/,
              off_t /*offset*/) {
  return -EOPNOTSUPP;
}

}  // namespace aioemul::cached_transfers
