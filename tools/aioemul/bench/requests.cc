#include "tools/aioemul/bench/requests.h"

#include <aio.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {

aiocb BlockOf(int fd, void* buffer, size_t bytes) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = bytes;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  return block;
}

absl::Status TakeResult(const AioFunctions& aio, aiocb* block, int wanted_error,
                        ssize_t wanted_result) {
  const int error = aio.error(block);
  const ssize_t result = aio.result(block);
  if (error == wanted_error && result == wanted_result) return absl::OkStatus();
  return absl::UnknownError(absl::StrCat("a request came to ", result, ", ",
                                         std::generic_category().message(error),
                                         ", instead of ", wanted_result));
}

absl::Status Pipe::Open() {
  int ends[2];
  if (pipe(ends) != 0) return SystemError(errno, "opening", "pipe");
  out = ends[0];
  in = ends[1];
  return absl::OkStatus();
}

absl::Status Pipe::WriteByte() const {
  if (write(in, "", 1) == 1) return absl::OkStatus();
  return SystemError(errno, "writing", "pipe");
}

}  // namespace aioemul::tools::bench
