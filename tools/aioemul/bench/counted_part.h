// The part of a measurement that counts: its time, and what the process used
// in it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_COUNTED_PART_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_COUNTED_PART_H_

#include <stdint.h>
#include <sys/resource.h>

#include <chrono>

#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {

// May begin and end again; the parts add up.
class CountedPart {
 public:
  void Begin();
  void End(int64_t operations);

  // All parts together.
  MeasuredRun Run(const Histogram& latencies) const;

 private:
  MeasuredRun run_;
  struct rusage usage_ = {};
  std::chrono::steady_clock::time_point begun_;
};

// When a measurement has gone on for long enough.
class Limit {
 public:
  // By `operations` unless they are 0, else by time from now.
  Limit(double seconds, int64_t operations);

  bool Reached(int64_t operations,
               std::chrono::steady_clock::time_point now) const {
    return operations_ > 0 ? operations >= operations_ : now >= end_;
  }
  bool Reached(int64_t operations) const {
    return Reached(operations, std::chrono::steady_clock::now());
  }
  // 0: no such limit.
  int64_t operations() const { return operations_; }

 private:
  const int64_t operations_;
  const std::chrono::steady_clock::time_point end_;
};

// The limits of a measurement: of what is done first and not counted, so that
// threads, memory and caches are there, and of what is.
Limit WarmUpLimit(const Measurement& measurement);
Limit CountedLimit(const Measurement& measurement);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_COUNTED_PART_H_
