#include <aio.h>
#include <unistd.h>

int aio_read(aiocb* /*block*/) noexcept { _exit(3); }
