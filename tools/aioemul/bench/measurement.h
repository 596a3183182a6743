// One measurement: what it is and what came of it, and both as JSON, in which
// they pass between the command and the process that measures.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_MEASUREMENT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_MEASUREMENT_H_

#include <stdint.h>

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/histogram.h"

namespace aioemul::tools::bench {

struct Measurement {
  std::string workload;
  std::string peer;  // Without a variant's name: that is in the environment.
  int x = 0;
  int block_bytes = 0;
  std::string file;
  int64_t file_bytes = 0;
  double seconds = 0;
  int64_t operations = 0;  // So many at least, whatever time they take; or 0.
};

struct Latencies {
  int64_t p50 = 0;
  int64_t p90 = 0;
  int64_t p99 = 0;
  int64_t p99_9 = 0;
  int64_t max = 0;
};

// Nothing when the histogram is empty.
std::optional<Latencies> LatenciesOf(const Histogram& histogram);

struct MeasuredRun {
  int64_t operations = 0;
  double seconds = 0;
  std::optional<Latencies> latencies;  // In nanoseconds.
  double user_seconds = 0;
  double system_seconds = 0;
  int64_t voluntary_switches = 0;
  int64_t involuntary_switches = 0;

  double rate() const {
    return seconds > 0 ? static_cast<double>(operations) / seconds : 0;
  }
};

// One line each.
std::string MeasurementToJson(const Measurement& measurement);
absl::StatusOr<Measurement> MeasurementFromJson(absl::string_view text);
std::string RunToJson(const absl::StatusOr<MeasuredRun>& run);

// The run, or the error that RunToJson was given.
absl::StatusOr<MeasuredRun> RunFromJson(absl::string_view text);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_MEASUREMENT_H_
