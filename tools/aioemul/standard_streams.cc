#include "tools/aioemul/standard_streams.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "absl/status/statusor.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

absl::StatusOr<File> Duplicate(int fd, const char* name) {
  // Not into the place of a standard stream that is closed.
  const int duplicate = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
  if (duplicate < 0) return SystemError(errno, "opening", name);
  return File(duplicate, name);
}

}  // namespace

absl::StatusOr<File> OpenStandardInput() {
  return Duplicate(STDIN_FILENO, "standard input");
}

absl::StatusOr<File> OpenStandardOutput() {
  return Duplicate(STDOUT_FILENO, "standard output");
}

}  // namespace aioemul::tools
