// Counts system calls, by running a measurement under strace.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_SYSTEM_CALLS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_SYSTEM_CALLS_H_

#include <stdint.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {

// Whether the calls of `measurement` can be told from those around the part
// that counts.  Not so of `cancel`, where reads are submitted for each request.
bool CanCountSystemCalls(const Measurement& measurement);

// The number of system calls for each operation, of all threads.  It is made of
// two runs of different length: their difference is free of what comes before
// and after the part that counts.  strace makes system calls slow, and so
// threads meet in other ways than they do without it.  kNotFound when there is
// no strace.
absl::StatusOr<double> CountSystemCalls(
    Measurement measurement, const std::vector<std::string>& environment);

// The number in the last line, "total", of what `strace -c -U calls,name`
// writes.
absl::StatusOr<int64_t> TotalOfStrace(const std::string& text);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_SYSTEM_CALLS_H_
