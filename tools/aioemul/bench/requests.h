// What the workloads about requests share.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REQUESTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REQUESTS_H_

#include <aio.h>
#include <stddef.h>
#include <sys/types.h>

#include <utility>

#include "absl/status/status.h"
#include "tools/aioemul/bench/aio_functions.h"

namespace aioemul::tools::bench {

// Descriptors and control blocks of a measurement stay until the process ends:
// after an error some may be in use still.
template <typename T>
T& Kept(T value) {
  return *new T(std::move(value));
}

// For a request of `bytes` at the beginning, without a notification.
aiocb BlockOf(int fd, void* buffer, size_t bytes);

// Takes the result of a finished request; an error when it is another.
absl::Status TakeResult(const AioFunctions& aio, aiocb* block, int wanted_error,
                        ssize_t wanted_result);

struct Pipe {
  int out = -1;  // To read from.
  int in = -1;

  absl::Status Open();
  absl::Status WriteByte() const;
};

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REQUESTS_H_
