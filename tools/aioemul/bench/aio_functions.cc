#include "tools/aioemul/bench/aio_functions.h"

#include <aio.h>
#include <errno.h>

#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "aio/aio.h"

namespace aioemul::tools::bench {

const AioFunctions kAioemulFunctions = {
    aioemul_read,   aioemul_write,   aioemul_error,
    aioemul_return, aioemul_suspend, aioemul_cancel,
};

const AioFunctions kLibcFunctions = {
    aio_read, aio_write, aio_error, aio_return, aio_suspend, aio_cancel,
};

absl::Status AwaitRequest(const AioFunctions& aio, const aiocb& block) {
  const aiocb* const list[] = {&block};
  while (aio.error(&block) == EINPROGRESS) {
    if (aio.suspend(list, 1, nullptr) != 0 && errno != EINTR) {
      return AioError("aio_suspend");
    }
  }
  return absl::OkStatus();
}

absl::Status AioError(const char* function) {
  const int error = errno;
  return absl::UnknownError(
      absl::StrCat(function, ": ", std::generic_category().message(error)));
}

}  // namespace aioemul::tools::bench
