// Telling an open file of the library's own from any other that stands at the
// same number by now.  Each implementation file is one system's way, chosen in
// BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_FILE_MARK_H_
#define AIOEMUL_EMUL_PLATFORM_FILE_MARK_H_

#include <cstdint>

namespace aioemul::file_mark {

using Mark = uint64_t;

// Marks the open file behind `fd`, which is the library's own; what tells it.
// Duplicates of a descriptor have its mark.  Async-signal-safe.
Mark Set(int fd);

// Whether `fd` is open and its file has `mark`.  Leaves errno alone.
// Async-signal-safe.
bool Has(int fd, Mark mark);

}  // namespace aioemul::file_mark

#endif  // AIOEMUL_EMUL_PLATFORM_FILE_MARK_H_
