#include <aio.h>
#include <errno.h>

int aio_read(aiocb* /*block*/) noexcept {
  errno = ENOSYS;
  return -1;
}
