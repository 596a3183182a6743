// A process for each measurement, so that what it used is its own and no
// peer's threads are in the way of another.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_MEASURING_PROCESS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_MEASURING_PROCESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {

// What the command is told by when it is to measure.
bool DescribesMeasurement(absl::string_view argument);

// In the process that measures: does what `argument` describes, prints the run,
// and ends the process.
[[noreturn]] void MeasureAndExit(const std::string& argument);

// Without a process of its own; for the above and for tests.
absl::StatusOr<MeasuredRun> Measure(const Measurement& measurement);

struct ProcessOptions {
  std::vector<std::string> environment;  // "NAME=VALUE", beside what there is.
  double longest_seconds = 0;
  // What to run it under: "strace", "-f", ...
  std::vector<std::string> wrapper;
};

// Executes this program anew to measure.  kDeadlineExceeded when it took
// longer than it may, kCancelled when a stop signal came, kNotFound when the
// wrapper is not installed.
absl::StatusOr<MeasuredRun> RunMeasuringProcess(const Measurement& measurement,
                                                const ProcessOptions& options);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_MEASURING_PROCESS_H_
