// Results for tests, as JSON that a test may change.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_SAMPLE_RESULTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_SAMPLE_RESULTS_H_

#include <string>
#include <vector>

#include "nlohmann/json.hpp"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

using Json = nlohmann::json;

// One measurement: its median is the middle one of `rates`, of which there are
// three.
struct Sample {
  std::string peer = "aioemul";
  int x = 1;
  std::vector<double> rates = {900, 1000, 1100};
  std::string workload = "random-read-direct";
  std::string axis = "depth";
  int block_bytes = 4096;
};

// A file of these, with the peers aioemul, libc and io_uring, of which the last
// is missing.
Json SampleJson(const std::vector<Sample>& samples);

// The same, read.
Results SampleResults(const std::vector<Sample>& samples);
// Ends the test program when they cannot be read.
Results Parsed(const Json& json);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_SAMPLE_RESULTS_H_
