// Plain system calls: a request is complete when the call that submits it
// returns.
//
// Cannot do: whatever would have to wait.  A transfer on a pipe, a socket or a
// terminal that is not ready is refused with ENOSYS, and so is a write on one
// of more bytes than are certain to fit.  Nothing is ever in progress for long,
// so nothing is there to be cancelled; and a file whose pages are slow to come
// blocks the caller.

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>

#include "tools/backends/requests.h"
#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

bool MustWait(const Request& request) {
  if (S_ISREG(request.file_type) || request.nonblocking) return false;
  const bool writes = request.operation == Operation::kWrite;
  pollfd descriptor = {};
  descriptor.fd = request.fd;
  descriptor.events = writes ? POLLOUT : POLLIN;
  if (poll(&descriptor, 1, 0) == 0) return true;
  return writes && !request.seekable && request.bytes > PIPE_BUF;
}

ssize_t CarryOut(const Request& request) {
  const int fd = request.fd;
  switch (request.operation) {
    case Operation::kRead:
      return request.seekable
                 ? pread(fd, request.buffer, request.bytes, request.offset)
                 : read(fd, request.buffer, request.bytes);
    case Operation::kWrite:
      return request.seekable
                 ? pwrite(fd, request.buffer, request.bytes, request.offset)
                 : write(fd, request.buffer, request.bytes);
    case Operation::kSync:
      return fsync(fd);
    case Operation::kDataSync:
      return fdatasync(fd);
  }
  return -1;
}

class SyncCarrier : public Carrier {
 public:
  int Accept(const Request& request) override {
    return !request.synchronizes() && MustWait(request) ? ENOSYS : 0;
  }

  void Start(Request* request) override {
    const TransferSignals signals;
    ssize_t result;
    do {
      result = CarryOut(*request);
    } while (result < 0 && errno == EINTR);
    const int error = result < 0 ? errno : 0;
    signals.Swallow(error);
    Complete(request, result < 0 ? -error : result);
  }

  bool Cancel(const std::shared_ptr<Request>& /*request*/) override {
    return false;
  }

  void StartAnew() override {}
};

}  // namespace

Carrier& TheCarrier() {
  static auto* const carrier = new SyncCarrier;
  return *carrier;
}

}  // namespace aioemul::backends
