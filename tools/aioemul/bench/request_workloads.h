// The workloads about single calls of POSIX asynchronous I/O.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REQUEST_WORKLOADS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REQUEST_WORKLOADS_H_

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {

// Each goes on in rounds until the limit of the measurement, at least one.

// x - 1 reads of a pipe stay idle.  A round submits a read of one byte, of the
// file or of another pipe, to which it then writes what is waited for, and
// waits with aio_suspend for any of the x.
absl::StatusOr<MeasuredRun> MeasureSuspend(const AioFunctions& aio, bool pipe,
                                           const Measurement& measurement);

// A round is a call of aio_error for a request that is complete.
absl::StatusOr<MeasuredRun> MeasureError(const AioFunctions& aio,
                                         const Measurement& measurement);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REQUEST_WORKLOADS_H_
