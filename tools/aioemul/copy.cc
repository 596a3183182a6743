#include "tools/aioemul/copy.h"

#include <stddef.h>
#include <stdint.h>

#include <chrono>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/byte_count.h"
#include "tools/aioemul/file_copy.h"
#include "tools/aioemul/progress_display.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/transfer_flags.h"

ABSL_FLAG(bool, verify, false,
          "Read both files back and compare them before DEST appears.");
ABSL_FLAG(bool, sync, true,
          "Make DEST durable before it appears, so that it is whole or absent\n"
          "after a crash too.");
ABSL_FLAG(bool, force, false, "Replace DEST even if it is write-protected.");
ABSL_FLAG(aioemul::tools::ProgressMode, progress,
          aioemul::tools::ProgressMode::kAuto,
          "Show progress: auto (when stderr is a terminal), always or never.");

namespace aioemul::tools {
namespace {

constexpr absl::string_view kFlags[] = {
    "block_size", "depth", "direct", "verify", "sync", "force", "progress"};

absl::string_view Label(CopyMonitor::Phase phase) {
  switch (phase) {
    case CopyMonitor::Phase::kSyncing:
      return "synchronizing";
    case CopyMonitor::Phase::kVerifying:
      return "verifying";
    case CopyMonitor::Phase::kCopying:
      break;
  }
  return "copying";
}

// Shows the progress and passes stop signals on.
class ConsoleMonitor : public CopyMonitor {
 public:
  explicit ConsoleMonitor(ProgressDisplay& display) : display_(display) {}

  void Begin(Phase phase, uint64_t total) override {
    phase_ = phase;
    if (phase == Phase::kCopying) size_ = total;
    display_.Begin(Label(phase), total);
  }
  void Update(const BlockProgress& progress) override {
    if (phase_ == Phase::kCopying) moved_ = progress.moved;
    display_.Update(progress);
  }
  absl::Status Check() override {
    return StopSignalReceived() == 0 ? absl::OkStatus()
                                     : absl::CancelledError("interrupted");
  }

  // What was copied since the beginning, in words.
  std::string Summary(const CopyOptions& options) const {
    const std::chrono::duration<double> elapsed = Clock::now() - begun_;
    const double rate = static_cast<double>(moved_) / elapsed.count();
    return absl::StrCat("copied ", options.verify ? "and verified " : "",
                        FormatBytes(static_cast<double>(size_)),
                        absl::StrFormat(" in %.1f s, ", elapsed.count()),
                        FormatBytes(rate), "/s");
  }

 private:
  using Clock = std::chrono::steady_clock;

  ProgressDisplay& display_;
  const Clock::time_point begun_ = Clock::now();
  Phase phase_ = Phase::kCopying;
  uint64_t size_ = 0;
  uint64_t moved_ = 0;
};

CopyOptions OptionsFromFlags() {
  CopyOptions options;
  options.block_size =
      static_cast<size_t>(absl::GetFlag(FLAGS_block_size).bytes);
  options.depth = absl::GetFlag(FLAGS_depth);
  options.direct = absl::GetFlag(FLAGS_direct);
  options.verify = absl::GetFlag(FLAGS_verify);
  options.sync = absl::GetFlag(FLAGS_sync);
  options.force = absl::GetFlag(FLAGS_force);
  return options;
}

absl::Status CopyWithDisplay(const std::string& source,
                             const std::string& destination) {
  ProgressDisplay display(absl::GetFlag(FLAGS_progress));
  ConsoleMonitor monitor(display);
  const CopyOptions options = OptionsFromFlags();
  absl::Status status = CopyFile(source, destination, options, monitor);
  if (status.ok()) display.Finish(monitor.Summary(options));
  return status;
}

int RunCopy(absl::Span<const std::string> arguments) {
  CatchStopSignals();
  absl::Status status = CheckTransferFlags();
  if (status.ok()) status = CopyWithDisplay(arguments[0], arguments[1]);
  if (status.ok()) return kExitSuccess;
  if (absl::IsCancelled(status)) DieOfSignal(StopSignalReceived());
  PrintError(kCopySubcommand.name, status.message());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace

const Subcommand kCopySubcommand = {
    "copy",
    "SOURCE DEST",
    "Copies the file SOURCE to DEST, which appears whole or not at all.",
    2,
    kFlags,
    RunCopy,
};

}  // namespace aioemul::tools
