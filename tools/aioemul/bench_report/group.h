// The measurements in the order of a report: a group for each workload and
// block size, in it a row for each x, in it the peers.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_GROUP_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_GROUP_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

// What a plot or a column shows of a measurement.
enum class Measure {
  kRate,           // operations per second
  kCost,           // nanoseconds per operation
  kMedianLatency,  // nanoseconds
  kTailLatency,    // nanoseconds, the 99th percentile
};

// Nothing when it was not measured, or cannot be told.
std::optional<Spread> SpreadOf(const Measurement& measurement, Measure measure);

// Processor time, in nanoseconds; nothing when no operation was done.
std::optional<double> CpuPerOperation(const Measurement& measurement);

struct Group {
  std::string workload;
  std::string what;
  std::string axis;
  int64_t block_bytes = 0;
  std::vector<int64_t> xs;         // ascending
  std::vector<std::string> peers;  // those measured, in the report's order
  std::vector<const Measurement*> measurements;  // of the results

  // Null when there is none.
  const Measurement* Find(int64_t x, absl::string_view peer) const;
};

// In the order in which they were measured.  They point into `results`.
std::vector<Group> GroupsOf(const Results& results);

// "random reads, O_DIRECT, 4 KiB".
std::string HeadingOf(const Group& group);
// "random-read-direct-4096": for file names, another for each group.
std::string StemOf(const Group& group);
// "Requests in flight", for "depth".
std::string AxisTitle(absl::string_view axis);
// What the group is about: a cost for what is queued, a rate for the rest.
Measure MainMeasure(const Group& group);

// The names of all peers, in one order for the whole report: as the results
// list them, each followed by its variants.
std::vector<std::string> PeerOrder(const Results& results);
// "aioemul" of "aioemul:NAME".
absl::string_view BaseOf(absl::string_view peer);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_GROUP_H_
