// The selections below ask for a facility, not for an operating system:
// O_DIRECT (Linux, FreeBSD, NetBSD) or F_NOCACHE (macOS), and statx with
// STATX_DIOALIGN (Linux 6.1) to learn the alignment.

#include "tools/aioemul/direct_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

// No storage in common use has larger logical blocks.
constexpr size_t kUsualAlignment = 4096;

// Returns 0 when the file is known not to support direct I/O.
size_t AlignmentOf(const File& file) {
#ifdef STATX_DIOALIGN
  struct statx status;
  if (statx(file.fd(), "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) == 0 &&
      (status.stx_mask & STATX_DIOALIGN) != 0) {
    return std::max<size_t>(status.stx_dio_offset_align,
                            status.stx_dio_mem_align);
  }
#endif
  return file.fd() >= 0 ? kUsualAlignment : 0;
}

// Returns 0 or the error.
int BypassCache(int fd) {
#if defined(O_DIRECT)
  const int flags = fcntl(fd, F_GETFL);
  return fcntl(fd, F_SETFL, flags | O_DIRECT) == 0 ? 0 : errno;
#elif defined(F_NOCACHE)
  return fcntl(fd, F_NOCACHE, 1) == 0 ? 0 : errno;
#else
  return fd >= 0 ? ENOTSUP : EBADF;
#endif
}

}  // namespace

absl::Status EnableDirectIo(File& file) {
  const size_t alignment = AlignmentOf(file);
  const int error = alignment == 0 ? EINVAL : BypassCache(file.fd());
  if (error == EINVAL || error == ENOTSUP) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the file system of ", Quoted(file.name()), " has no direct I/O"));
  }
  if (error != 0) {
    return SystemError(error, "switching to direct I/O", file.name());
  }
  file.set_alignment(alignment);
  return absl::OkStatus();
}

}  // namespace aioemul::tools
