// Direct I/O: transfers that pass the page cache by.  POSIX knows nothing of
// it; all that systems do differently about it is in direct_io.cc.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIRECT_IO_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIRECT_IO_H_

#include "absl/status/status.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

// Switches `file` to direct I/O and sets its alignment to what the file system
// asks of offsets, lengths and buffers, a power of two.  An error when the
// file system or the operating system has no direct I/O.
//
// On a file so switched a read reaching the end of the file may return a count
// that is no multiple of the alignment; no other read does.
absl::Status EnableDirectIo(File& file);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIRECT_IO_H_
