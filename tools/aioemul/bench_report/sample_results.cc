#include "tools/aioemul/bench_report/sample_results.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {
namespace {

Json RunJson(double rate) {
  return {
      {"operations", 2000},
      {"seconds", 2.0},
      {"rate", rate},
      // A thousandth of the rate in microseconds, and ten times as much.
      {"latency_ns",
       {{"p50", rate},
        {"p90", 5 * rate},
        {"p99", 10 * rate},
        {"p99_9", 20 * rate},
        {"max", 30 * rate}}},
      {"user_seconds", 0.25},
      {"system_seconds", 0.75},
      {"voluntary_switches", 7},
      {"involuntary_switches", 1},
  };
}

Json MeasurementJson(const Sample& sample) {
  std::vector<double> rates = sample.rates;
  Json runs = Json::array();
  for (const double rate : rates) runs.push_back(RunJson(rate));
  std::sort(rates.begin(), rates.end());
  return {
      {"workload", sample.workload},
      {"what", "heading of " + sample.workload},
      {"axis", sample.axis},
      {"x", sample.x},
      {"block_bytes", sample.block_bytes},
      {"peer", sample.peer},
      {"runs", runs},
      {"rate",
       {{"median", rates[rates.size() / 2]},
        {"lowest", rates.front()},
        {"highest", rates.back()}}},
      {"system_calls_per_operation", nullptr},
  };
}

Json PeerJson(const char* name, const char* what, const char* missing) {
  return {{"name", name}, {"what", what}, {"missing", missing}};
}

}  // namespace

Json SampleJson(const std::vector<Sample>& samples) {
  Json results = Json::array();
  for (const Sample& sample : samples) {
    results.push_back(MeasurementJson(sample));
  }
  return {
      {"format", "aioemul-bench/1"},
      {"machine",
       {{"date", "2026-11-21T17:10:00Z"},
        {"kernel", "Linux 6.1"},
        {"libc", "glibc 2.36"},
        {"processor", "Example 3000"},
        {"processors", 2},
        {"memory_bytes", 8589934592},
        {"file_system", "ext4"}}},
      {"settings",
       {{"directory", "."},
        {"file_bytes", 268435456},
        {"seconds", 2.0},
        {"repeats", 3},
        {"command", "aioemul bench --repeats=3"}}},
      {"peers",
       {PeerJson("aioemul", "this library", ""),
        PeerJson("libc", "glibc 2.36", ""),
        PeerJson("io_uring", "liburing 2.3", "io_uring_setup: refused")}},
      {"results", results},
  };
}

Results SampleResults(const std::vector<Sample>& samples) {
  return Parsed(SampleJson(samples));
}

Results Parsed(const Json& json) {
  absl::StatusOr<Results> results = ParseResults(json.dump(2), "sample");
  if (!results.ok()) {
    fprintf(stderr, "%s\n", results.status().ToString().c_str());
    abort();
  }
  return *std::move(results);
}

}  // namespace aioemul::bench_report
