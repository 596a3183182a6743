#include <aio.h>
#include <unistd.h>

int aio_read(aiocb* /*block*/) noexcept {
  while (true) pause();
}
