// The descriptor's number in a stream of the C library.

#ifndef AIOEMUL_EMUL_PLATFORM_STDIO_NUMBER_H_
#define AIOEMUL_EMUL_PLATFORM_STDIO_NUMBER_H_

#include <stdio.h>

namespace aioemul::stdio_number {

// Has `stream` use the descriptor `fd` from now on; false where no program can.
inline bool Set(FILE* stream, int fd) {
#if defined(__GLIBC__)
  // In glibc's public headers, and the same since there is a glibc.
  flockfile(stream);
  stream->_fileno = fd;
  funlockfile(stream);
  return true;
#else
  static_cast<void>(stream);
  static_cast<void>(fd);
  return false;
#endif
}

}  // namespace aioemul::stdio_number

#endif  // AIOEMUL_EMUL_PLATFORM_STDIO_NUMBER_H_
