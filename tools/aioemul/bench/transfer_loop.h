// The loop that is measured: keeps so many transfers under way, and begins
// each anew as soon as it is finished.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFER_LOOP_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFER_LOOP_H_

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include "absl/status/status.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

struct TransferPlan {
  int fd = -1;
  bool write = false;
  bool random = false;
  size_t block_bytes = 0;
  int64_t blocks = 0;  // Of the file; at least `depth`.
  size_t depth = 0;
  uint64_t seed = 1;
  // The latency of each so-manieth transfer is taken, and the time looked at:
  // reading a clock twice would be felt beside a cached read.
  int sample = 1;
};

// Belongs to one thread.
class TransferLoop {
 public:
  explicit TransferLoop(const TransferPlan& plan);
  TransferLoop(const TransferLoop&) = delete;
  TransferLoop& operator=(const TransferLoop&) = delete;

  absl::Status Open(const Peer& peer);

  // Carries out one transfer for each slot and compares what the file holds
  // there with what was moved, by pread.
  absl::Status Verify();

  // Goes on until `limit` and until nothing is under way.
  absl::Status Run(const Limit& limit);

  // Forgets what was done so far.
  void ResetCounts();
  int64_t operations() const { return finished_count_; }
  const Histogram& latencies() const { return latencies_; }

  // Null before Open.
  Transfers* transfers() { return transfers_.get(); }

 private:
  using Clock = std::chrono::steady_clock;

  struct Free {
    void operator()(char* memory) const { free(memory); }
  };

  int64_t NextOffset();
  void FillWithNoise(char* buffer);
  absl::Status Begin(size_t slot);
  absl::Status End(size_t slot, const Limit& limit);
  absl::Status CheckResult(size_t slot) const;
  absl::Status CollectAll();
  absl::Status Compare(size_t slot, char* block);

  const TransferPlan plan_;
  std::mt19937_64 random_;  // For offsets.
  // For content.  It differs from one process to the next: what an earlier one
  // has written must not pass for ours.
  std::mt19937_64 noise_{std::random_device()()};
  int64_t next_block_ = 0;
  size_t stride_;  // From one buffer to the next.
  std::unique_ptr<char, Free> buffers_;
  std::vector<Slot> slots_;
  std::vector<Clock::time_point> begun_;  // Where the latency is taken.
  std::unique_ptr<Transfers> transfers_;
  std::vector<size_t> finished_;
  size_t under_way_ = 0;
  bool over_ = false;
  int64_t begun_count_ = 0;
  int64_t finished_count_ = 0;
  Histogram latencies_;
};

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFER_LOOP_H_
