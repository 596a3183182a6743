// The workloads about many requests of POSIX asynchronous I/O on one
// descriptor.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_QUEUE_WORKLOADS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_QUEUE_WORKLOADS_H_

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {

// Each goes on in rounds until the limit of the measurement, at least one.

// A round submits x writes of kQueuedBytes, one after the other behind the end
// of the file and of priorities in turn, and waits for each in that order.  All
// of that counts; then the file is cut to its size again.
absl::StatusOr<MeasuredRun> MeasureQueue(const AioFunctions& aio,
                                         const Measurement& measurement);

// As the above with writes of one byte to a pipe that is full until all are
// queued, so that the queue grows to its full length in every implementation.
absl::StatusOr<MeasuredRun> MeasureQueueHeld(const AioFunctions& aio,
                                             const Measurement& measurement);

// A round submits x reads of an empty pipe behind one that waits there, and
// cancels them, newest first.  Only that counts.
absl::StatusOr<MeasuredRun> MeasureCancel(const AioFunctions& aio,
                                          const Measurement& measurement);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_QUEUE_WORKLOADS_H_
