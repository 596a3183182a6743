// All measurements of a run of the command, one after the other.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_SUITE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_SUITE_H_

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/options.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/results.h"
#include "tools/aioemul/progress_display.h"

namespace aioemul::tools::bench {

// A peer that takes part, or a variant of this library.
struct Contestant {
  std::string name;
  const Peer* peer;
  std::vector<std::string> environment;
};

class Suite {
 public:
  // `file` is the path for the processes that measure.
  Suite(const BenchOptions& options, const std::string& file);

  // All those asked for, with the reasons why some are missing.
  std::vector<PeerNote> Notes() const { return notes_; }

  // Measures in turns, so that what changes on the machine meanwhile meets all
  // peers alike: for each repeat, for each x, each peer.  `done` gets the
  // results of a workload when they are complete, in the order of x and peers.
  // kCancelled when a stop signal comes.
  absl::Status Run(const std::function<void(std::vector<Result>)>& done);

  // Whether a measurement has failed.  A stall of another peer is none of it:
  // it is a finding.
  bool failed() const { return failed_; }

 private:
  using Clock = std::chrono::steady_clock;

  void Add(const Peer& peer);
  absl::Status RunWorkload(const Workload& workload,
                           std::vector<Result>* results);
  absl::Status MeasureOnce(const Workload& workload,
                           const Contestant& contestant, Result* result);
  absl::Status CountCalls(const Workload& workload,
                          const Contestant& contestant, Result* result);
  void Show(const Workload& workload, const Result& result);
  std::vector<const Contestant*> ContestantsOf(const Workload& workload) const;
  int CountSteps() const;

  const BenchOptions options_;
  const std::string file_;
  std::vector<Contestant> contestants_;
  std::vector<PeerNote> notes_;
  std::optional<ProgressDisplay> display_;  // While a workload is measured.
  const Clock::time_point begun_ = Clock::now();
  int steps_ = 0;
  int steps_done_ = 0;
  bool strace_missing_ = false;
  bool failed_ = false;
};

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_SUITE_H_
