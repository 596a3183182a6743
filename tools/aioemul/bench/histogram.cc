#include "tools/aioemul/bench/histogram.h"

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <cmath>

namespace aioemul::tools::bench {
namespace {

constexpr int kBits = 5;  // 32 buckets for each power of two.
constexpr size_t kHalf = size_t{1} << kBits;
constexpr size_t kBuckets = kHalf * (64 - kBits);

// How far a value is shifted so that its leading kBits + 1 bits are left.
int Shift(uint64_t value) {
  const int leading_bit = 63 - __builtin_clzll(value | 1);
  return std::max(leading_bit - kBits, 0);
}

// Consecutive: a shifted value lies from kHalf to 2 * kHalf - 1, unless the
// value is smaller than that and the shift 0.
size_t Bucket(uint64_t value) {
  const int shift = Shift(value);
  return static_cast<size_t>(shift) * kHalf +
         static_cast<size_t>(value >> shift);
}

int64_t UpperEnd(size_t bucket) {
  const size_t shift = bucket < 2 * kHalf ? 0 : bucket / kHalf - 1;
  const uint64_t shifted = bucket - shift * kHalf;
  return static_cast<int64_t>(((shifted + 1) << shift) - 1);
}

}  // namespace

Histogram::Histogram() : buckets_(kBuckets, 0) {}

void Histogram::Add(int64_t value) {
  value = std::max<int64_t>(value, 0);
  ++buckets_[Bucket(static_cast<uint64_t>(value))];
  ++count_;
  max_ = std::max(max_, value);
}

void Histogram::Merge(const Histogram& other) {
  for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  max_ = std::max(max_, other.max_);
}

int64_t Histogram::Quantile(double share) const {
  const int64_t rank = std::max<int64_t>(
      1, std::llround(std::ceil(share * static_cast<double>(count_))));
  int64_t passed = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    passed += buckets_[i];
    if (passed >= rank) return std::min(UpperEnd(i), max_);
  }
  return max_;
}

}  // namespace aioemul::tools::bench
