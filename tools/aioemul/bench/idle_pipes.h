// Pipes to which nobody writes.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_IDLE_PIPES_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_IDLE_PIPES_H_

#include "absl/status/status.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

// Lets the process have as many descriptors as it is permitted.
void RaiseDescriptorLimit();

// Opens `count` empty pipes, each by one descriptor that both reads and writes,
// so that none ends, and submits a read of each.  They stay until the process
// ends.
absl::Status ReadIdlePipes(int count, Transfers* transfers);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_IDLE_PIPES_H_
