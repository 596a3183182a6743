// POSIX: only sockets have transfers that never block, whatever their flags.

#include <sys/socket.h>

#include <cerrno>

#include "emul/platform/streams.h"

namespace aioemul::streams {
namespace {

ssize_t SocketResult(ssize_t returned) {
  if (returned >= 0) return returned;
  return errno == ENOTSOCK ? -EOPNOTSUPP : -errno;
}

}  // namespace

ssize_t TryRead(int fd, void* buffer, size_t count) {
  // recv of no bytes takes a datagram; read of none does not.
  if (count == 0) return -EOPNOTSUPP;
  return SocketResult(recv(fd, buffer, count, MSG_DONTWAIT));
}

ssize_t TryWrite(int fd, const void* buffer, size_t count) {
  return SocketResult(send(fd, buffer, count, MSG_DONTWAIT | MSG_NOSIGNAL));
}

// Nothing is opened here.
void HoldForFork() {}
void ReleaseAfterFork() {}
void StartAfresh() {}

}  // namespace aioemul::streams
