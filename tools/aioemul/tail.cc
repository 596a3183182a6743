#include "tools/aioemul/tail.h"

#include <signal.h>
#include <stdint.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/line_merger.h"
#include "tools/aioemul/progress_display.h"
#include "tools/aioemul/source_file.h"
#include "tools/aioemul/standard_output.h"
#include "tools/aioemul/standard_streams.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/tail_loop.h"
#include "tools/aioemul/tail_source.h"

ABSL_FLAG(uint64_t, lines, 10,
          "With how many of its last lines a regular file begins.");
ABSL_FLAG(bool, follow, false,
          "Go on at the end of regular files, as they grow, and of FIFOs, for\n"
          "the next writer.");
// The words are those of --progress.
ABSL_FLAG(aioemul::tools::ProgressMode, prefix,
          aioemul::tools::ProgressMode::kAuto,
          "Begin lines with the name of their source: auto (when there are\n"
          "several), always or never.");

namespace aioemul::tools {
namespace {

constexpr absl::string_view kFlags[] = {"follow", "lines", "prefix"};
constexpr ShortOption kShortOptions[] = {{'f', "follow"}, {'n', "lines"}};

std::vector<std::string> Prefixes(const TailSources& sources, bool several) {
  const ProgressMode mode = absl::GetFlag(FLAGS_prefix);
  const bool wanted =
      mode == ProgressMode::kAlways || (mode == ProgressMode::kAuto && several);
  std::vector<std::string> prefixes;
  for (const auto& source : sources) {
    prefixes.push_back(wanted ? absl::StrCat(source->name(), ": ") : "");
  }
  return prefixes;
}

// Tells of errors as they come and remembers that there were some.
class ErrorPrinter {
 public:
  void Print(const absl::Status& status) {
    PrintError(kTailSubcommand.name, status.message());
    failed_ = true;
  }
  bool failed() const { return failed_; }

 private:
  bool failed_ = false;
};

TailSources OpenAll(absl::Span<const std::string> arguments,
                    ErrorPrinter& errors) {
  TailOptions options;
  options.lines = absl::GetFlag(FLAGS_lines);
  options.follow = absl::GetFlag(FLAGS_follow);
  TailSources sources;
  for (const std::string& argument : arguments) {
    absl::StatusOr<SourceFile> file = OpenSourceFile(argument);
    if (file.ok()) {
      sources.push_back(
          std::make_unique<TailSource>(*std::move(file), options));
    } else {
      errors.Print(file.status());
    }
  }
  return sources;
}

int RunTail(absl::Span<const std::string> arguments) {
  CatchStopSignals();
  ErrorPrinter errors;
  // Before the sources: none of them may become the standard output.
  absl::StatusOr<File> output_file = OpenStandardOutput();
  if (!output_file.ok()) {
    errors.Print(output_file.status());
    return kExitFailure;
  }
  StandardOutput output(*std::move(output_file));
  absl::Status status;
  {
    const TailSources sources = OpenAll(arguments, errors);
    LineMerger merger(Prefixes(sources, arguments.size() > 1));
    status = TailAll(
        sources, merger, output,
        [&errors](const absl::Status& failure) { errors.Print(failure); });
  }
  // As any filter whose reader has had enough.
  if (output.reader_gone()) DieOfSignal(SIGPIPE);
  if (!status.ok() && !absl::IsCancelled(status)) errors.Print(status);
  if (StopSignalReceived() != 0) DieOfSignal(StopSignalReceived());
  return errors.failed() ? kExitFailure : kExitSuccess;
}

}  // namespace

const Subcommand kTailSubcommand = {
    "tail",
    "SOURCE...",
    "Prints what arrives from all SOURCEs at once, line by line.",
    1,
    kFlags,
    RunTail,
    /*last_repeats=*/true,
    kShortOptions,
};

}  // namespace aioemul::tools
