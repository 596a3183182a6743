// Transfers that never block on a descriptor that may: the platform's TryRead
// and TryWrite.  The contract is in platform.h; each implementation file is one
// system's way, chosen in BUILD.  On a pipe -EBUSY says that there is no way
// for a moment, while the process forks.

#ifndef AIOEMUL_EMUL_PLATFORM_STREAMS_H_
#define AIOEMUL_EMUL_PLATFORM_STREAMS_H_

#include <sys/types.h>

#include <cstddef>

namespace aioemul::streams {

ssize_t TryRead(int fd, void* buffer, size_t count);
ssize_t TryWrite(int fd, const void* buffer, size_t count);

}  // namespace aioemul::streams

#endif  // AIOEMUL_EMUL_PLATFORM_STREAMS_H_
