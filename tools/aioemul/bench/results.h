// All that a run of the command has measured, and its JSON.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_RESULTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_RESULTS_H_

#include <stdint.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/aioemul/bench/machine.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/statistics.h"

namespace aioemul::tools::bench {

// One peer at one x of one workload.
struct Result {
  std::string workload;
  std::string what;
  std::string axis;
  int x = 0;
  int block_bytes = 0;
  std::string peer;
  std::vector<MeasuredRun> runs;       // Empty when it could not be measured.
  std::optional<double> system_calls;  // For each operation.
  std::string trouble;  // Why not all was measured; empty if all was.
};

// What its runs come to.
struct Figures {
  Spread rate;
  // Medians.
  std::optional<double> p50;
  std::optional<double> p99;
  double cpu_seconds = 0;  // For each operation.
  double switches = 0;     // For each operation.
};

Figures FiguresOf(const Result& result);

struct PeerNote {
  std::string name;
  std::string what;
  std::string missing;  // The reason; empty when it is there.
};

struct Results {
  Machine machine;
  std::string directory;
  int64_t file_bytes = 0;
  double seconds = 0;
  int repeats = 0;
  std::string command;
  std::vector<PeerNote> peers;
  std::vector<Result> results;
};

// The form is "aioemul-bench/1".  Results without runs are left out.
std::string ResultsToJson(const Results& results);

// Whether `path` could be written; nothing is made.
absl::Status CheckWritable(const std::string& path);
absl::Status WriteTextFile(const std::string& path, const std::string& text);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_RESULTS_H_
