// Linux: preadv2 and pwritev2 take RWF_NOWAIT on pipes, sockets, eventfds and
// their like, with offset -1.  Sockets have flags of their own for kernels that
// do not.

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "emul/platform/streams.h"

namespace aioemul::streams {
namespace {

constexpr off_t kNoOffset = -1;

// Whether the kernel, or a filter before it, refused the flag and not the
// transfer.
bool FlagRefused(int error) {
  return error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
}

// The answer of a socket call made because the flag was refused.
ssize_t SocketResult(ssize_t returned) {
  if (returned >= 0) return returned;
  return errno == ENOTSOCK ? -EOPNOTSUPP : -errno;
}

}  // namespace

ssize_t TryRead(int fd, void* buffer, size_t count) {
  const iovec vector = {buffer, count};
  const ssize_t returned = preadv2(fd, &vector, 1, kNoOffset, RWF_NOWAIT);
  if (returned >= 0) return returned;
  if (!FlagRefused(errno)) return -errno;
  return SocketResult(recv(fd, buffer, count, MSG_DONTWAIT));
}

ssize_t TryWrite(int fd, const void* buffer, size_t count) {
  const iovec vector = {const_cast<void*>(buffer), count};
  const ssize_t returned = pwritev2(fd, &vector, 1, kNoOffset, RWF_NOWAIT);
  if (returned >= 0) return returned;
  if (!FlagRefused(errno)) return -errno;
  return SocketResult(send(fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

}  // namespace aioemul::streams
