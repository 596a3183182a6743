// What differs between systems about files: the platform's Inspect and Append.
// The contract is in platform.h; each implementation file is one system's way,
// chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_FILES_H_
#define AIOEMUL_EMUL_PLATFORM_FILES_H_

#include <sys/types.h>

#include <cstddef>

#include "emul/platform/platform.h"

namespace aioemul::files {

// Whether the F_GETFL flags are those of a descriptor that allows no transfer
// at all.
bool IsPathOnly(int flags);

// Whether they are those of a descriptor whose transfers end in memory.
bool IsBuffered(int flags);

// What an open descriptor stands for.
DescriptorKind KindOf(int fd);

// Appends to a file open with O_APPEND, as the platform's Append; -1 and errno
// on error.
ssize_t Append(int fd, const void* buffer, size_t count);

// Closes a descriptor of the library's own: past the close of this library or
// another that takes the place of the C library's, which is about the program's
// descriptors.  Async-signal-safe.
void CloseOwn(int fd);

}  // namespace aioemul::files

#endif  // AIOEMUL_EMUL_PLATFORM_FILES_H_
