#include "tools/backends/posix_names.h"

#include <signal.h>
#include <sys/types.h>
#include <time.h>

// With offsets of 64 bits in both, the two sets of names are one.
static_assert(sizeof(off_t) == 8);

namespace backends = aioemul::backends;

extern "C" {

int aio_read(aiocb* block);
int aio_write(aiocb* block);
int aio_fsync(int operation, aiocb* block);
int aio_error(const aiocb* block);
ssize_t aio_return(aiocb* block);
int aio_suspend(const aiocb* const list[], int count, const timespec* timeout);
int aio_cancel(int fd, aiocb* block);
int lio_listio(int mode, aiocb* const list[], int count, sigevent* event);
int aio_read64(aiocb* block);
int aio_write64(aiocb* block);
int aio_fsync64(int operation, aiocb* block);
int aio_error64(const aiocb* block);
ssize_t aio_return64(aiocb* block);
int aio_suspend64(const aiocb* const list[], int count,
                  const timespec* timeout);
int aio_cancel64(int fd, aiocb* block);
int lio_listio64(int mode, aiocb* const list[], int count, sigevent* event);

int aio_read(aiocb* block) { return backends::Read(block); }
int aio_write(aiocb* block) { return backends::Write(block); }
int aio_fsync(int operation, aiocb* block) {
  return backends::Fsync(operation, block);
}
int aio_error(const aiocb* block) { return backends::Error(block); }
ssize_t aio_return(aiocb* block) { return backends::Return(block); }
int aio_suspend(const aiocb* const list[], int count, const timespec* timeout) {
  return backends::Suspend(list, count, timeout);
}
int aio_cancel(int fd, aiocb* block) { return backends::Cancel(fd, block); }
int lio_listio(int mode, aiocb* const list[], int count, sigevent* event) {
  return backends::Listio(mode, list, count, event);
}

int aio_read64(aiocb* block) { return backends::Read(block); }
int aio_write64(aiocb* block) { return backends::Write(block); }
int aio_fsync64(int operation, aiocb* block) {
  return backends::Fsync(operation, block);
}
int aio_error64(const aiocb* block) { return backends::Error(block); }
ssize_t aio_return64(aiocb* block) { return backends::Return(block); }
int aio_suspend64(const aiocb* const list[], int count,
                  const timespec* timeout) {
  return backends::Suspend(list, count, timeout);
}
int aio_cancel64(int fd, aiocb* block) { return backends::Cancel(fd, block); }
int lio_listio64(int mode, aiocb* const list[], int count, sigevent* event) {
  return backends::Listio(mode, list, count, event);
}

}  // extern "C"
