// Linux: preadv2 and pwritev2 take RWF_NOWAIT on pipes, sockets, eventfds and
// their like, with offset -1.  Where they do not (FIFOs with a name; old
// kernels; system-call filters), sockets have flags of their own, and a pipe or
// FIFO can be opened once more, without blocking, for the moment of one
// transfer.

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "emul/platform/streams.h"

namespace aioemul::streams {
namespace {

constexpr off_t kNoOffset = -1;

// Whether the kernel, or a filter before it, refused the flag and not the
// transfer.
bool FlagRefused(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
}

ssize_t ToResult(ssize_t returned) { return returned < 0 ? -errno : returned; }

bool IsPipe(int fd) {
  struct stat status;
  return fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode);
}

// The pipe behind `fd`, with O_NONBLOCK in an open file description of its own;
// -1 and errno when it cannot be had.
int OpenAgain(int fd, int access) {
  std::array<char, 32> path;
  snprintf(path.data(), path.size(), "/proc/self/fd/%d", fd);
  return open(path.data(), access | O_NONBLOCK | O_CLOEXEC);
}

ssize_t TryReadPipe(int fd, void* buffer, size_t count) {
  const int again = OpenAgain(fd, O_RDONLY);
  if (again < 0) return -EOPNOTSUPP;
  const ssize_t result = ToResult(read(again, buffer, count));
  close(again);
  return result;
}

ssize_t TryWritePipe(int fd, const void* buffer, size_t count) {
  const int again = OpenAgain(fd, O_WRONLY);
  // So the system says that nobody reads.
  if (again < 0) return errno == ENXIO ? -EPIPE : -EOPNOTSUPP;
  const ssize_t result = ToResult(write(again, buffer, count));
  close(again);
  return result;
}

ssize_t TrySend(int fd, const void* buffer, size_t count) {
  const ssize_t sent =
      ToResult(send(fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL));
  return sent == -ENOTSOCK ? -EOPNOTSUPP : sent;
}

}  // namespace

// Neither preadv2 nor pwritev2 asks the file about a transfer of no bytes,
// which read and write do; and recv of none takes a datagram, which read does
// not.

ssize_t TryRead(int fd, void* buffer, size_t count) {
  if (count == 0) return -EOPNOTSUPP;
  const iovec vector = {buffer, count};
  const ssize_t returned = preadv2(fd, &vector, 1, kNoOffset, RWF_NOWAIT);
  if (returned >= 0) return returned;
  if (!FlagRefused(errno)) return -errno;
  if (IsPipe(fd)) return TryReadPipe(fd, buffer, count);
  const ssize_t received = ToResult(recv(fd, buffer, count, MSG_DONTWAIT));
  return received == -ENOTSOCK ? -EOPNOTSUPP : received;
}

ssize_t TryWrite(int fd, const void* buffer, size_t count) {
  // To a socket, no bytes may be a datagram.
  if (count == 0) return TrySend(fd, buffer, count);
  const iovec vector = {const_cast<void*>(buffer), count};
  const ssize_t returned = pwritev2(fd, &vector, 1, kNoOffset, RWF_NOWAIT);
  if (returned >= 0) return returned;
  if (!FlagRefused(errno)) return -errno;
  if (IsPipe(fd)) return TryWritePipe(fd, buffer, count);
  return TrySend(fd, buffer, count);
}

}  // namespace aioemul::streams
