// What `aioemul bench --json` wrote, read and checked: whoever has a Results
// need not doubt it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_RESULTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_RESULTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace aioemul::bench_report {

// The format that is understood.
inline constexpr absl::string_view kFormat = "aioemul-bench/1";

struct Machine {
  std::string date;
  std::string kernel;
  std::string libc;
  std::string processor;
  int64_t processors = 0;
  int64_t memory_bytes = 0;
  std::string file_system;
};

struct Settings {
  std::string directory;
  int64_t file_bytes = 0;
  double seconds = 0;  // of each run
  int64_t repeats = 0;
  std::string command;
};

// An implementation that was, or should have been, measured.
struct Peer {
  std::string name;
  std::string what;
  std::string missing;  // why it is; empty when it is not
};

// In nanoseconds.
struct Latency {
  double p50 = 0;
  double p99 = 0;
};

struct Run {
  int64_t operations = 0;
  double rate = 0;                 // operations per second
  std::optional<Latency> latency;  // unless it was not measured
  double cpu_seconds = 0;          // of user and system
};

// The runs of one case, in short: lowest <= median <= highest.
struct Spread {
  double median = 0;
  double lowest = 0;
  double highest = 0;
};

// One peer in one case: a workload, a block size and an x.
struct Measurement {
  std::string workload;  // letters, digits and -
  std::string what;      // the same for a heading
  std::string axis;      // what x means
  int64_t x = 0;
  int64_t block_bytes = 0;  // 0 where it has no meaning
  std::string peer;
  std::vector<Run> runs;  // not empty
  Spread rate;
  std::optional<double> system_calls;  // per operation; if counted
};

struct Results {
  Machine machine;
  Settings settings;
  std::vector<Peer> peers;
  // No two of the same case and peer; one axis for each workload.
  std::vector<Measurement> measurements;
};

// What is wrong with `text` is told in one line that names `name` and the
// place.
absl::StatusOr<Results> ParseResults(absl::string_view text,
                                     absl::string_view name);

absl::StatusOr<Results> ReadResults(const std::string& path);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_RESULTS_H_
