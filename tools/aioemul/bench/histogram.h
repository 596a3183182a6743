// Counts durations in buckets that grow with them.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_HISTOGRAM_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_HISTOGRAM_H_

#include <stdint.h>

#include <vector>

namespace aioemul::tools::bench {

// Values below 64 are kept exactly, larger ones in buckets of which each power
// of two has 32: a quantile is at most 1/32 (3.2 %) above the true one.
// Adding takes a few instructions and no allocation.  Not thread-safe: each
// thread has its own, and they are merged.
class Histogram {
 public:
  Histogram();

  void Add(int64_t value);  // Below 0 counts as 0.
  void Merge(const Histogram& other);

  int64_t count() const { return count_; }
  int64_t max() const { return max_; }

  // The least value that at least `share` (0 to 1) of all do not exceed, as
  // the upper end of its bucket; 0 when there are none.
  int64_t Quantile(double share) const;

 private:
  std::vector<int64_t> buckets_;
  int64_t count_ = 0;
  int64_t max_ = 0;
};

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_HISTOGRAM_H_
