#include "tools/aioemul/standard_output.h"

#include <errno.h>
#include <sys/types.h>
#include <unistd.h>

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "aio/aio.h"
#include "tools/aioemul/brief_wait.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {

StandardOutput::StandardOutput(File file)
    : file_(std::move(file)), seekable_(lseek(file_.fd(), 0, SEEK_CUR) >= 0) {}

absl::Status StandardOutput::Write(absl::string_view text) {
  if (text.empty()) return absl::OkStatus();
  return seekable_ ? WriteInPlace(text) : WriteToStream(text);
}

// The position belongs to all who have the file open, and an asynchronous write
// would not move it.
absl::Status StandardOutput::WriteInPlace(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(file_.fd(), text.data(), text.size());
    if (count > 0) {
      text.remove_prefix(static_cast<size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      return Error(count == 0 ? EIO : errno);
    }
  }
  return absl::OkStatus();
}

absl::Status StandardOutput::WriteToStream(absl::string_view text) {
  transfer_.PrepareWrite(file_, const_cast<char*>(text.data()),
                         {0, text.size()});
  for (;;) {
    const absl::StatusOr<bool> accepted = transfer_.Submit();
    if (!accepted.ok()) return accepted.status();
    while (transfer_.in_progress()) WaitBriefly({transfer_.control_block()});
    const int error =
        *accepted ? aioemul_error(transfer_.control_block()) : EAGAIN;
    const absl::StatusOr<bool> whole =
        *accepted ? transfer_.Collect() : absl::StatusOr<bool>(false);
    if (whole.ok() && *whole) return absl::OkStatus();
    // No room at present, of the library or of an O_NONBLOCK stream.
    if (error == EAGAIN) {
      WaitBriefly({});
    } else if (!whole.ok()) {
      return Error(error);
    }
  }
}

absl::Status StandardOutput::Error(int error) {
  reader_gone_ = error == EPIPE;
  return SystemError(error, "writing", file_.name());
}

}  // namespace aioemul::tools
