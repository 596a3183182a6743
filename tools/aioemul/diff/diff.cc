#include "tools/aioemul/diff/diff.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/backend_flag.h"
#include "tools/aioemul/diff/c_program.h"
#include "tools/aioemul/diff/child.h"
#include "tools/aioemul/diff/child_process.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/search.h"
#include "tools/aioemul/shared_flags.h"
#include "tools/aioemul/soak_report.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"
#include "tools/backends/backend.h"

ABSL_FLAG(int, programs, 0,
          "How many programs to run; 0: as many as the other limits allow.");
ABSL_FLAG(int, calls, 30, "How many steps a program has at most.");
ABSL_FLAG(std::string, replay, "", "Runs the program in this file instead.");
ABSL_FLAG(std::string, keep, "",
          "Where to write a program that fails, for --replay.");
ABSL_FLAG(std::string, c_program, "",
          "Where to write a C program that fails in the same way.");
ABSL_FLAG(bool, statistics, false,
          "Prints how often each call, outcome and clause was reached.");
ABSL_FLAG(std::string, without, "",
          "What programs shall not do, so that the search goes on behind what\n"
          "is known: features with commas between, such as cancel,suspend or\n"
          "'fsync of socket'.");
ABSL_FLAG(bool, posix, false,
          "Accepts all that POSIX allows.  So it is by default for backends\n"
          "other than aioemul and broken.");
ABSL_FLAG(bool, promises, false,
          "Demands all that this library promises.  So it is by default for\n"
          "aioemul and broken.");

namespace aioemul::tools::diff {
namespace {

constexpr absl::string_view kFlags[] = {
    "without",  "backend",   "seed",      "programs",  "operations",
    "seconds",  "calls",     "replay",    "keep",      "posix",
    "promises", "c_program", "directory", "statistics"};

constexpr int kUsualSeconds = 10;
constexpr int kGreatestCalls = 200;

uint64_t NewSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

Contract ContractFor(absl::string_view backend) {
  if (absl::GetFlag(FLAGS_posix)) return Contract::kPosix;
  if (absl::GetFlag(FLAGS_promises)) return Contract::kProject;
  return backend == "aioemul" || absl::StartsWith(backend, "broken")
             ? Contract::kProject
             : Contract::kPosix;
}

absl::StatusOr<SearchOptions> OptionsFromFlags() {
  SearchOptions options;
  if (GivenBackends().size() > 1) {
    return absl::InvalidArgumentError("one --backend at a time");
  }
  options.backend = absl::GetFlag(FLAGS_backend);
  if (options.backend.empty()) options.backend = "aioemul";
  const absl::StatusOr<std::string> file = BackendFile(options.backend);
  if (!file.ok()) return file.status();
  if (absl::GetFlag(FLAGS_posix) && absl::GetFlag(FLAGS_promises)) {
    return absl::InvalidArgumentError("--posix and --promises exclude another");
  }
  options.contract = ContractFor(options.backend);
  options.seed = absl::GetFlag(FLAGS_seed);
  if (options.seed == 0) options.seed = NewSeed();
  options.calls = absl::GetFlag(FLAGS_calls);
  const std::string without = absl::GetFlag(FLAGS_without);
  const Features features = AllFeatures();
  for (absl::string_view name :
       absl::StrSplit(without, ',', absl::SkipEmpty())) {
    if (features.count(std::string(name)) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("--without: unknown feature ", Quoted(name),
                       "; there are: ", absl::StrJoin(features, ", ")));
    }
    options.without.insert(std::string(name));
  }
  options.programs = absl::GetFlag(FLAGS_programs);
  options.operations = absl::GetFlag(FLAGS_operations);
  options.seconds = absl::GetFlag(FLAGS_seconds);
  if (options.calls < 1 || options.calls > kGreatestCalls) {
    return absl::InvalidArgumentError(
        absl::StrCat("--calls must be between 1 and ", kGreatestCalls));
  }
  if (options.programs < 0 || options.operations < 0 || options.seconds < 0) {
    return absl::InvalidArgumentError("a limit must not be negative");
  }
  if (options.programs == 0 && options.operations == 0 &&
      options.seconds == 0) {
    options.seconds = kUsualSeconds;
  }
  return options;
}

// A directory of the command's own, which goes with it.
class WorkDirectory {
 public:
  WorkDirectory() = default;
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;
  ~WorkDirectory() {
    if (!path_.empty()) rmdir(path_.c_str());
  }

  absl::StatusOr<std::string> Make() {
    std::string parent = absl::GetFlag(FLAGS_directory);
    if (parent.empty()) {
      const char* const usual = getenv("TMPDIR");
      parent = usual != nullptr && *usual != '\0' ? usual : "/tmp";
    }
    std::string path = absl::StrCat(parent, "/aioemul-diff-XXXXXX");
    if (mkdtemp(path.data()) == nullptr) {
      return absl::InvalidArgumentError(
          SystemError(errno, "using", parent).message());
    }
    return path_ = path;
  }

 private:
  std::string path_;
};

absl::StatusOr<Program> ReadProgram(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) return SystemError(errno, "reading", path);
  return ParseProgram(text);
}

absl::Status WriteText(const std::string& path, const std::string& text) {
  if (path.empty()) return absl::OkStatus();
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? absl::OkStatus() : SystemError(errno, "writing", path);
}

std::string FindingText(const Finding& finding, const SearchOptions& options) {
  std::string text = absl::StrCat("found: ", finding.fault.clause, ": ",
                                  finding.fault.text, "\n");
  if (finding.seed != 0) {
    absl::StrAppend(&text, "seed ", finding.seed, ", --calls ", options.calls,
                    "; ", finding.steps_before, " steps, shrunk to ",
                    finding.program.steps.size(), "\n");
  }
  if (!finding.fails_alone) {
    text += "it did not fail again when it was run alone\n";
  }
  absl::StrAppend(&text, "\n", ToText(finding.program));
  return text;
}

absl::Status Report(const Finding& finding, const SearchOptions& options) {
  fputs(FindingText(finding, options).c_str(), stdout);
  absl::Status status =
      WriteText(absl::GetFlag(FLAGS_keep), ToText(finding.program));
  if (!status.ok()) return status;
  const std::string c_program = absl::GetFlag(FLAGS_c_program);
  status = WriteText(c_program, CProgram(finding));
  if (!status.ok() || c_program.empty()) return status;
  printf("\n%s: cc %s -o repro && LD_PRELOAD=THE_BACKEND ./repro\n",
         c_program.c_str(), c_program.c_str());
  return absl::OkStatus();
}

absl::StatusOr<bool> Judge(SearchOptions options) {
  WorkDirectory work;
  const absl::StatusOr<std::string> directory = work.Make();
  if (!directory.ok()) return directory.status();
  options.directory = *directory;
  printf("backend %s, held to %s; seed %s\n", options.backend.c_str(),
         options.contract == Contract::kProject
             ? "all that this library promises"
             : "what POSIX demands",
         absl::StrCat(options.seed).c_str());
  fflush(stdout);
  // Not "self": that is whoever asks.
  ChildProcess process(*directory, absl::StrCat("/proc/", getpid(), "/exe"));
  SoakDisplay display;
  Search search(options, process,
                [&](absl::string_view text) { display.Show(text); });
  absl::StatusOr<std::optional<Finding>> finding;
  const std::string replay = absl::GetFlag(FLAGS_replay);
  if (replay.empty()) {
    finding = search.Run();
  } else {
    const absl::StatusOr<Program> program = ReadProgram(replay);
    if (!program.ok()) return program.status();
    finding = search.Replay(*program);
  }
  display.Erase();
  if (!finding.ok()) return finding.status();
  for (const std::string& feature : search.missing()) {
    printf("%s: %s\n",
           options.without.count(feature) != 0 ? "left out" : "not supported",
           feature.c_str());
  }
  if (finding->has_value()) {
    const absl::Status status = Report(**finding, options);
    if (!status.ok()) return status;
  }
  if (absl::GetFlag(FLAGS_statistics)) {
    fputs(search.statistics().Table().c_str(), stdout);
  }
  printf("%s: %s\n", search.statistics().Summary().c_str(),
         finding->has_value() ? "one fails" : "nothing found");
  return finding->has_value();
}

int RunDiff(absl::Span<const std::string> arguments) {
  if (!arguments.empty()) {
    absl::string_view directory = arguments[0];
    if (absl::ConsumePrefix(&directory, kChildArgument)) {
      CarryOut(std::string(directory));
    }
    PrintError(kDiffSubcommand.name,
               absl::StrCat("unexpected argument ", Quoted(arguments[0]),
                            "; 'aioemul help diff' tells more"));
    return kExitUsage;
  }
  CatchStopSignals();
  const absl::StatusOr<SearchOptions> options = OptionsFromFlags();
  const absl::StatusOr<bool> found =
      options.ok() ? Judge(*options) : options.status();
  if (absl::IsCancelled(found.status())) DieOfSignal(StopSignalReceived());
  if (!found.ok()) {
    PrintError(kDiffSubcommand.name, found.status().message());
    return absl::IsInvalidArgument(found.status()) ? kExitUsage : kExitFailure;
  }
  return *found ? kExitFailure : kExitSuccess;
}

}  // namespace

const Subcommand kDiffSubcommand = {
    "diff",
    "",
    "Runs random programs on a backend, and judges each outcome by a model.",
    0,
    kFlags,
    RunDiff,
    // The process that runs the programs is told by an argument where.
    true,
};

}  // namespace aioemul::tools::diff
