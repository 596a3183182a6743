// The workloads that move blocks of the file.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFER_WORKLOADS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFER_WORKLOADS_H_

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"

namespace aioemul::tools::bench {

// Of kTransfers, kIdlePipes and kThreads.  Where blocks are not read or written
// directly the file is in the page cache before the part that counts, and is
// written back after it.
absl::StatusOr<MeasuredRun> MeasureTransfers(const Workload& workload,
                                             const Peer& peer,
                                             const Measurement& measurement);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFER_WORKLOADS_H_
