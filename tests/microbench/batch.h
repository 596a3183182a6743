// Times a stage over a batch, where what comes before and after it must not
// count.

#ifndef AIOEMUL_TESTS_MICROBENCH_BATCH_H_
#define AIOEMUL_TESTS_MICROBENCH_BATCH_H_

#include <chrono>

#include "benchmark/benchmark.h"

namespace aioemul {

// Calls `stage`, and counts the time as that of the iteration.  For benchmarks
// with UseManualTime.
template <typename Stage>
void TimeStage(benchmark::State& state, const Stage& stage) {
  const auto begin = std::chrono::steady_clock::now();
  stage();
  const std::chrono::duration<double> passed =
      std::chrono::steady_clock::now() - begin;
  state.SetIterationTime(passed.count());
}

// Adds the column "each": the time of one of the `count` operations of an
// iteration.
inline void ReportEach(benchmark::State& state, int64_t count) {
  using benchmark::Counter;
  state.counters["each"] =
      Counter(static_cast<double>(count),
              Counter::kIsIterationInvariantRate | Counter::kInvert);
}

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_MICROBENCH_BATCH_H_
