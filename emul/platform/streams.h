// Transfers that never block on a descriptor that may: the platform's TryRead
// and TryWrite.  The contract is in platform.h; each implementation file is one
// system's way, chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_STREAMS_H_
#define AIOEMUL_EMUL_PLATFORM_STREAMS_H_

#include <sys/types.h>

#include <cstddef>

namespace aioemul::streams {

ssize_t TryRead(int fd, void* buffer, size_t count);
ssize_t TryWrite(int fd, const void* buffer, size_t count);

// The platform's: no transfer has a descriptor of its own between the two.
void HoldForFork();
void ReleaseAfterFork();
void StartAfresh();

}  // namespace aioemul::streams

#endif  // AIOEMUL_EMUL_PLATFORM_STREAMS_H_
