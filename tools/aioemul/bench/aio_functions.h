// The functions of POSIX asynchronous I/O, as this library and the C library
// have them, so that one code measures both.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_AIO_FUNCTIONS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_AIO_FUNCTIONS_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

#include "absl/status/status.h"

namespace aioemul::tools::bench {

struct AioFunctions {
  int (*read)(aiocb* block);
  int (*write)(aiocb* block);
  int (*error)(const aiocb* block);
  ssize_t (*result)(aiocb* block);  // aio_return.
  int (*suspend)(const aiocb* const list[], int count, const timespec* timeout);
  int (*cancel)(int fd, aiocb* block);
};

extern const AioFunctions kAioemulFunctions;
extern const AioFunctions kLibcFunctions;

// Waits until the request of `block` is no longer in progress.
absl::Status AwaitRequest(const AioFunctions& aio, const aiocb& block);

// "aio_read: Resource temporarily unavailable", from errno.
absl::Status AioError(const char* function);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_AIO_FUNCTIONS_H_
