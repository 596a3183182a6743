#include "emul/platform/stream_options.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace aioemul::stream_options {
namespace {

template <typename Value>
bool GetOption(int fd, int option, Value* value) {
  socklen_t size = sizeof(*value);
  return getsockopt(fd, SOL_SOCKET, option, value, &size) == 0;
}

}  // namespace

size_t LowWater(int fd) {
  int bytes = 1;
  int type = SOCK_DGRAM;
  if (!GetOption(fd, SO_RCVLOWAT, &bytes) || bytes <= 1) return 1;
  const bool is_stream = GetOption(fd, SO_TYPE, &type) && type == SOCK_STREAM;
  return is_stream ? static_cast<size_t>(bytes) : 1;
}

size_t Available(int fd) {
  int bytes = 0;
  return ioctl(fd, FIONREAD, &bytes) == 0 && bytes > 0
             ? static_cast<size_t>(bytes)
             : 0;
}

MonotonicTime TimeLimit(int fd, Direction direction) {
  constexpr MonotonicTime kSecond = 1'000'000'000;
  constexpr MonotonicTime kMicrosecond = 1'000;
  timeval limit = {};
  const int option = direction == Direction::kRead ? SO_RCVTIMEO : SO_SNDTIMEO;
  if (!GetOption(fd, option, &limit) || limit.tv_sec < 0 ||
      limit.tv_sec >= kNever / kSecond ||
      (limit.tv_sec == 0 && limit.tv_usec == 0)) {
    return kNever;
  }
  return limit.tv_sec * kSecond + limit.tv_usec * kMicrosecond;
}

}  // namespace aioemul::stream_options
