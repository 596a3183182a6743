#include "tools/aioemul/durability.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "aio/aio.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {
namespace {

constexpr struct timespec kObserverInterval = {0, 100'000'000};

// Waits until the request is complete, whatever the observer says: it uses the
// control block until then.
absl::Status AwaitCompletion(struct aiocb& request,
                             absl::FunctionRef<absl::Status()> observer) {
  const struct aiocb* const list[] = {&request};
  absl::Status status;
  while (aioemul_error(&request) == EINPROGRESS) {
    aioemul_suspend(list, 1, &kObserverInterval);
    if (!status.ok()) continue;
    status = observer();
    if (!status.ok()) aioemul_cancel(request.aio_fildes, &request);
  }
  return status;
}

// The error of the synchronization goes to `error`.
absl::Status Sync(const File& file, absl::FunctionRef<absl::Status()> observer,
                  int& error) {
  struct aiocb request = {};
  request.aio_fildes = file.fd();
  request.aio_sigevent.sigev_notify = SIGEV_NONE;
  if (aioemul_fsync(O_SYNC, &request) != 0) {
    error = errno;
    return absl::OkStatus();
  }
  absl::Status status = AwaitCompletion(request, observer);
  error = aioemul_error(&request);
  aioemul_return(&request);
  return status;
}

}  // namespace

absl::Status SyncFile(const File& file,
                      absl::FunctionRef<absl::Status()> observer) {
  int error = 0;
  absl::Status status = Sync(file, observer, error);
  if (status.ok() && error != 0) {
    return SystemError(error, "synchronizing", file.name());
  }
  return status;
}

absl::Status SyncDirectory(const File& directory) {
  int error = 0;
  absl::Status status = Sync(
      directory, [] { return absl::OkStatus(); }, error);
  if (status.ok() && error != 0 && error != EINVAL && error != ENOTSUP) {
    return SystemError(error, "synchronizing directory", directory.name());
  }
  return status;
}

}  // namespace aioemul::tools
