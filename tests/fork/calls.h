// Short ways to use the C interface, which must work in any child.

#ifndef AIOEMUL_TESTS_FORK_CALLS_H_
#define AIOEMUL_TESTS_FORK_CALLS_H_

#include <aio.h>

#include <cerrno>
#include <string>

#include "aio/aio.h"

namespace aioemul::testing {

inline aiocb BlockFor(int fd, std::string& buffer, off_t offset = 0) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer.data();
  block.aio_nbytes = buffer.size();
  block.aio_offset = offset;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  return block;
}

// Waits for the one request; its error status.
inline int Await(const aiocb& block) {
  const aiocb* const list[] = {&block};
  while (aioemul_error(&block) == EINPROGRESS) {
    aioemul_suspend(list, 1, nullptr);
  }
  return aioemul_error(&block);
}

// Whether `text` goes to `fd` and comes back.
inline bool WritesAndReads(int fd, std::string text) {
  aiocb write = BlockFor(fd, text);
  if (aioemul_write(&write) != 0 || Await(write) != 0) return false;
  if (aioemul_return(&write) != static_cast<ssize_t>(text.size())) return false;
  std::string back(text.size(), '.');
  aiocb read = BlockFor(fd, back);
  if (aioemul_read(&read) != 0 || Await(read) != 0) return false;
  return aioemul_return(&read) == static_cast<ssize_t>(text.size()) &&
         back == text;
}

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_FORK_CALLS_H_
