// The platform's ReadCached and WriteCached; see platform.h.  Each
// implementation file is one system's way, chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_CACHED_TRANSFERS_H_
#define AIOEMUL_EMUL_PLATFORM_CACHED_TRANSFERS_H_

#include <sys/types.h>

#include <cstddef>

namespace aioemul::cached_transfers {

ssize_t Read(int fd, void* buffer, size_t count, off_t offset);
ssize_t Write(int fd, const void* buffer, size_t count, off_t offset);

}  // namespace aioemul::cached_transfers

#endif  // AIOEMUL_EMUL_PLATFORM_CACHED_TRANSFERS_H_
