#include "tools/aioemul/bench/counted_part.h"

#include <stdint.h>
#include <sys/resource.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>

#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLongestWarmUp = 0.5;
constexpr int64_t kWarmUpOperations = 256;

double Seconds(const timeval& from, const timeval& to) {
  return static_cast<double>(to.tv_sec - from.tv_sec) +
         static_cast<double>(to.tv_usec - from.tv_usec) * 1e-6;
}

Clock::time_point After(double seconds) {
  return Clock::now() + std::chrono::duration_cast<Clock::duration>(
                            std::chrono::duration<double>(seconds));
}

}  // namespace

void CountedPart::Begin() {
  getrusage(RUSAGE_SELF, &usage_);
  begun_ = Clock::now();
}

void CountedPart::End(int64_t operations) {
  const std::chrono::duration<double> seconds = Clock::now() - begun_;
  struct rusage now;
  getrusage(RUSAGE_SELF, &now);
  run_.operations += operations;
  run_.seconds += seconds.count();
  run_.user_seconds += Seconds(usage_.ru_utime, now.ru_utime);
  run_.system_seconds += Seconds(usage_.ru_stime, now.ru_stime);
  run_.voluntary_switches += now.ru_nvcsw - usage_.ru_nvcsw;
  run_.involuntary_switches += now.ru_nivcsw - usage_.ru_nivcsw;
}

MeasuredRun CountedPart::Run(const Histogram& latencies) const {
  MeasuredRun run = run_;
  run.latencies = LatenciesOf(latencies);
  return run;
}

Limit::Limit(double seconds, int64_t operations)
    : operations_(operations), end_(After(seconds)) {}

Limit WarmUpLimit(const Measurement& measurement) {
  return Limit(std::min(measurement.seconds / 4, kLongestWarmUp),
               measurement.operations == 0 ? 0 : kWarmUpOperations);
}

Limit CountedLimit(const Measurement& measurement) {
  return Limit(measurement.seconds, measurement.operations);
}

}  // namespace aioemul::tools::bench
