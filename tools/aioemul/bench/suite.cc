#include "tools/aioemul/bench/suite.h"

#include <stddef.h>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/measuring_process.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/options.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/results.h"
#include "tools/aioemul/bench/system_calls.h"
#include "tools/aioemul/progress_display.h"
#include "tools/aioemul/progress_line.h"

namespace aioemul::tools::bench {
namespace {

Measurement MeasurementOf(const BenchOptions& options, const std::string& file,
                          const Contestant& contestant, const Result& result) {
  Measurement measurement;
  measurement.workload = result.workload;
  measurement.peer = std::string(contestant.peer->name);
  measurement.x = result.x;
  measurement.block_bytes = options.block_bytes;
  measurement.file = file;
  measurement.file_bytes = options.file_bytes;
  measurement.seconds = options.seconds;
  measurement.operations = options.operations;
  return measurement;
}

// Long enough for 80,000 requests where they take quadratic time.  What stalls
// beside idle pipes does so at once.
double LongestSeconds(const Workload& workload, const BenchOptions& options) {
  if (workload.kind == WorkloadKind::kIdlePipes) {
    return 5 * options.seconds + 10;
  }
  return options.operations > 0 ? 600 : 10 * options.seconds + 120;
}

}  // namespace

Suite::Suite(const BenchOptions& options, const std::string& file)
    : options_(options), file_(file) {
  for (const Peer* peer : options.peers) Add(*peer);
  const Peer& library = *FindPeer("aioemul");
  for (const Variant& variant : options.variants) {
    const std::string name = absl::StrCat(library.name, ":", variant.name);
    contestants_.push_back({name, &library, variant.environment});
    std::string what = "this library with";
    for (const std::string& setting : variant.environment) {
      absl::StrAppend(&what, " ", setting);
    }
    notes_.push_back({name, what, ""});
  }
  steps_ = CountSteps();
}

void Suite::Add(const Peer& peer) {
  const absl::Status status = peer.probe();
  const std::string name(peer.name);
  notes_.push_back({name, peer.what(), std::string(status.message())});
  if (status.ok()) contestants_.push_back({name, &peer, {}});
}

absl::Status Suite::Run(const std::function<void(std::vector<Result>)>& done) {
  for (const Workload* workload : options_.workloads) {
    std::vector<Result> results;
    display_.emplace(ProgressMode::kAuto);
    absl::Status status = RunWorkload(*workload, &results);
    display_.reset();
    if (!status.ok()) return status;
    done(std::move(results));
  }
  return absl::OkStatus();
}

absl::Status Suite::RunWorkload(const Workload& workload,
                                std::vector<Result>* results) {
  const std::vector<const Contestant*> all = ContestantsOf(workload);
  for (int x : XsOf(options_, workload)) {
    for (const Contestant* contestant : all) {
      Result result;
      result.workload = std::string(workload.name);
      result.what = std::string(workload.what);
      result.axis = std::string(workload.axis);
      result.x = x;
      result.block_bytes = BlockBytes(workload, options_.block_bytes);
      result.peer = contestant->name;
      results->push_back(result);
    }
  }
  for (int repeat = 0; repeat < options_.repeats; ++repeat) {
    for (size_t i = 0; i < results->size(); ++i) {
      absl::Status status =
          MeasureOnce(workload, *all[i % all.size()], &(*results)[i]);
      if (!status.ok()) return status;
    }
  }
  for (size_t i = 0; options_.system_calls && i < results->size(); ++i) {
    absl::Status status =
        CountCalls(workload, *all[i % all.size()], &(*results)[i]);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status Suite::MeasureOnce(const Workload& workload,
                                const Contestant& contestant, Result* result) {
  Show(workload, *result);
  ++steps_done_;
  // What has failed once would fail, or stall, again.
  if (!result->trouble.empty()) return absl::OkStatus();
  ProcessOptions process;
  process.environment = contestant.environment;
  process.longest_seconds = LongestSeconds(workload, options_);
  const absl::StatusOr<MeasuredRun> run = RunMeasuringProcess(
      MeasurementOf(options_, file_, contestant, *result), process);
  if (absl::IsCancelled(run.status())) return run.status();
  if (run.ok()) {
    result->runs.push_back(*run);
    return absl::OkStatus();
  }
  result->trouble = std::string(run.status().message());
  const bool own = contestant.peer->name == "aioemul";
  if (own || !absl::IsDeadlineExceeded(run.status())) failed_ = true;
  return absl::OkStatus();
}

absl::Status Suite::CountCalls(const Workload& workload,
                               const Contestant& contestant, Result* result) {
  Show(workload, *result);
  ++steps_done_;
  const Measurement measurement =
      MeasurementOf(options_, file_, contestant, *result);
  if (strace_missing_ || !result->trouble.empty() ||
      !CanCountSystemCalls(measurement)) {
    return absl::OkStatus();
  }
  const absl::StatusOr<double> count =
      CountSystemCalls(measurement, contestant.environment);
  if (absl::IsCancelled(count.status())) return count.status();
  if (count.ok()) {
    result->system_calls = *count;
  } else {
    strace_missing_ = absl::IsNotFound(count.status());
    result->trouble =
        absl::StrCat("system calls not counted: ", count.status().message());
    failed_ = true;
  }
  return absl::OkStatus();
}

void Suite::Show(const Workload& workload, const Result& result) {
  std::string text =
      absl::StrCat(workload.name, ", ", workload.axis, " ", result.x, ", ",
                   result.peer, ": ", steps_done_ + 1, " of ", steps_);
  if (steps_done_ > 0) {
    const std::chrono::duration<double> passed = Clock::now() - begun_;
    absl::StrAppend(
        &text, ", ",
        FormatDuration(passed.count() / steps_done_ * (steps_ - steps_done_)),
        " left");
  }
  display_->Begin(text, 0);
}

std::vector<const Contestant*> Suite::ContestantsOf(
    const Workload& workload) const {
  std::vector<const Contestant*> all;
  for (const Contestant& contestant : contestants_) {
    if (TakesPart(workload, contestant.peer->name)) all.push_back(&contestant);
  }
  return all;
}

int Suite::CountSteps() const {
  size_t results = 0;
  for (const Workload* workload : options_.workloads) {
    results +=
        ContestantsOf(*workload).size() * XsOf(options_, *workload).size();
  }
  const int passes = options_.repeats + (options_.system_calls ? 1 : 0);
  return static_cast<int>(results) * passes;
}

}  // namespace aioemul::tools::bench
