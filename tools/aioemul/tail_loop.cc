#include "tools/aioemul/tail_loop.h"

#include <aio.h>
#include <stddef.h>

#include <chrono>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/brief_wait.h"
#include "tools/aioemul/line_merger.h"
#include "tools/aioemul/standard_output.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/tail_source.h"

namespace aioemul::tools {
namespace {

using State = TailSource::State;

class TailLoop {
 public:
  TailLoop(const TailSources& sources, LineMerger& merger,
           StandardOutput& output, SourceFailure failure)
      : sources_(sources),
        merger_(merger),
        output_(output),
        failure_(failure) {}

  absl::Status Run();

 private:
  using Clock = std::chrono::steady_clock;

  void ResumePaused();
  void SubmitReady();
  void WaitForAny();
  void CollectFinished();
  void CancelAndCollectAll();
  absl::Status Flush() { return output_.Write(merger_.Take()); }
  void Fail(size_t index, const absl::Status& status);
  bool AnyIs(State state) const;

  const TailSources& sources_;
  LineMerger& merger_;
  StandardOutput& output_;
  const SourceFailure failure_;
  Clock::time_point resumed_ = Clock::now();
  std::vector<const struct aiocb*> waited_for_;
};

absl::Status TailLoop::Run() {
  while (StopSignalReceived() == 0) {
    ResumePaused();
    SubmitReady();
    // The sources are read on while this is written.
    if (absl::Status status = Flush(); !status.ok()) return status;
    if (!AnyIs(State::kOutstanding) && !AnyIs(State::kPaused)) {
      if (!AnyIs(State::kReady)) return absl::OkStatus();
      // Refused, and nothing of ours is outstanding that could make room.
      return absl::ResourceExhaustedError(
          "no resources for asynchronous requests");
    }
    WaitForAny();
    CollectFinished();
  }
  CancelAndCollectAll();
  if (absl::Status status = Flush(); !status.ok()) return status;
  return absl::CancelledError("interrupted");
}

void TailLoop::ResumePaused() {
  const Clock::time_point now = Clock::now();
  if (now - resumed_ < kBriefly) return;
  resumed_ = now;
  for (const auto& source : sources_) {
    if (source->state() == State::kPaused) source->Resume();
  }
}

void TailLoop::SubmitReady() {
  for (size_t i = 0; i < sources_.size(); ++i) {
    if (sources_[i]->state() != State::kReady) continue;
    const absl::Status status = sources_[i]->Submit();
    if (!status.ok()) Fail(i, status);
  }
}

void TailLoop::WaitForAny() {
  waited_for_.clear();
  for (const auto& source : sources_) {
    if (source->state() == State::kOutstanding) {
      waited_for_.push_back(source->control_block());
    }
  }
  WaitBriefly(waited_for_);
}

void TailLoop::CollectFinished() {
  for (size_t i = 0; i < sources_.size(); ++i) {
    TailSource& source = *sources_[i];
    if (source.state() != State::kOutstanding || source.in_progress()) continue;
    const absl::StatusOr<absl::string_view> bytes = source.Collect();
    if (!bytes.ok()) {
      Fail(i, bytes.status());
      continue;
    }
    merger_.Add(i, *bytes);
    if (source.state() == State::kEnded) merger_.End(i);
  }
}

void TailLoop::CancelAndCollectAll() {
  for (const auto& source : sources_) source->Cancel();
  for (size_t i = 0; i < sources_.size(); ++i) {
    TailSource& source = *sources_[i];
    if (source.state() == State::kOutstanding) {
      while (source.in_progress()) WaitBriefly({source.control_block()});
      // One that was complete before it could be cancelled has brought bytes.
      const absl::StatusOr<absl::string_view> bytes = source.Collect();
      if (bytes.ok()) merger_.Add(i, *bytes);
    }
    merger_.End(i);
  }
}

void TailLoop::Fail(size_t index, const absl::Status& status) {
  sources_[index]->End();
  merger_.End(index);
  failure_(status);
}

bool TailLoop::AnyIs(State state) const {
  for (const auto& source : sources_) {
    if (source->state() == state) return true;
  }
  return false;
}

}  // namespace

absl::Status TailAll(const TailSources& sources, LineMerger& merger,
                     StandardOutput& output, SourceFailure failure) {
  return TailLoop(sources, merger, output, failure).Run();
}

}  // namespace aioemul::tools
