#include "tools/aioemul/check/check_subcommand.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/backend_flag.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/check_process.h"
#include "tools/aioemul/check/expectations.h"
#include "tools/aioemul/check/junit_report.h"
#include "tools/aioemul/check/matrix_report.h"
#include "tools/aioemul/check/options.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"
#include "tools/aioemul/check/runner.h"
#include "tools/aioemul/check/scratch.h"
#include "tools/aioemul/check/tap_report.h"
#include "tools/aioemul/check/terminal_report.h"
#include "tools/aioemul/own_command.h"
#include "tools/aioemul/shared_flags.h"
#include "tools/aioemul/soak_report.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"

ABSL_FLAG(std::string, filter, "",
          "Which checks, as globs of their names separated by commas; an area\n"
          "stands for all of its checks, and -GLOB takes away.");
ABSL_FLAG(std::string, only, "", "posix: only what POSIX demands.");
ABSL_FLAG(int, jobs, 0,
          "How many checks run at a time; 0: one for each processor, at least\n"
          "4.");
ABSL_FLAG(int, limit, 30, "After how many seconds a check counts as hung.");
ABSL_FLAG(bool, here, false,
          "Run the one check that --filter names in this process, for a\n"
          "debugger; what it observes goes to the standard output.");
ABSL_FLAG(bool, strict, false,
          "Fail unless everything that was checked holds.");
ABSL_FLAG(
    std::string, expect, "",
    "A file of what is known of the backend; fail exactly when something\n"
    "is different.");
ABSL_FLAG(std::string, tap, "",
          "The file to write the results to as TAP; -: the standard output.");
ABSL_FLAG(std::string, junit, "",
          "The file to write the results to as JUnit XML; - as above.");
ABSL_FLAG(
    std::string, matrix, "",
    "The file to write the results to as a page in Markdown; - as above.");

namespace aioemul::tools::check {
namespace {

constexpr absl::string_view kFlags[] = {
    "backend", "filter", "only",   "list", "jobs",  "limit",
    "here",    "strict", "expect", "tap",  "junit", "matrix",
};

// Loads each backend in a process of its own, as that may end in anything.
absl::Status FindBackends(const std::vector<Wanted>& wanted,
                          const RunnerOptions& runner, Results* results) {
  std::vector<Task> tasks;
  tasks.reserve(wanted.size());
  for (const Wanted& backend : wanted) tasks.push_back({backend.name, ""});
  std::vector<Outcome> outcomes(tasks.size());
  absl::Status status =
      RunTasks(tasks, runner, [&outcomes](size_t i, Outcome outcome) {
        outcomes[i] = std::move(outcome);
      });
  if (!status.ok()) return status;
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (outcomes[i].verdict == Verdict::kHolds) {
      results->backends.push_back({wanted[i].name, {}});
      continue;
    }
    const std::string reason =
        outcomes[i].observed.empty() ? "" : outcomes[i].observed[0];
    if (wanted[i].needed) {
      return absl::NotFoundError(absl::StrCat("backend ", wanted[i].name,
                                              " cannot be loaded: ", reason));
    }
    results->missing.push_back({wanted[i].name, reason});
  }
  return absl::OkStatus();
}

absl::Status RunChecks(const RunnerOptions& runner, Results* results) {
  std::vector<Task> tasks;
  for (BackendResults& backend : results->backends) {
    backend.outcomes.resize(results->checks.size());
    for (const Check* check : results->checks) {
      tasks.push_back({backend.backend, std::string(check->name)});
    }
  }
  SoakDisplay display;
  size_t done = 0;
  size_t failures = 0;
  const auto show = [&] {
    display.Show(absl::StrFormat("check: %d of %d, %d amiss", done,
                                 tasks.size(), failures));
  };
  show();
  return RunTasks(tasks, runner, [&](size_t i, Outcome outcome) {
    ++done;
    if (IsFailure(outcome.verdict)) ++failures;
    const size_t count = results->checks.size();
    results->backends[i / count].outcomes[i % count] = std::move(outcome);
    show();
  });
}

// As --here asks.  Returns only when that cannot be.
absl::Status RunHere(const Results& results, const Wanted& backend) {
  if (results.checks.size() != 1) {
    return absl::InvalidArgumentError("--here is for one check, by --filter");
  }
  absl::StatusOr<Scratch> scratch = Scratch::Make();
  if (!scratch.ok()) return scratch.status();
  // The check leaves by _exit.
  fprintf(stderr, "its files, which stay, are in %s\n",
          scratch->path().c_str());
  RunCheckHere(backend.name, *results.checks[0], STDOUT_FILENO,
               scratch->path());
}

absl::StatusOr<RunnerOptions> RunnerOptionsFromFlags() {
  RunnerOptions runner;
  runner.jobs = absl::GetFlag(FLAGS_jobs);
  if (runner.jobs == 0) runner.jobs = UsualJobs();
  runner.limit = std::chrono::seconds(absl::GetFlag(FLAGS_limit));
  if (runner.jobs < 0 || absl::GetFlag(FLAGS_limit) <= 0) {
    return absl::InvalidArgumentError("--jobs and --limit are numbers above 0");
  }
  return runner;
}

absl::Status CheckAll(absl::Span<const std::string> arguments,
                      Results* results) {
  auto checks = SelectChecks(AllChecks(), absl::GetFlag(FLAGS_filter));
  if (checks.ok()) {
    checks = OnlyOf(*std::move(checks), absl::GetFlag(FLAGS_only));
  }
  if (!checks.ok()) return checks.status();
  results->checks = *std::move(checks);
  if (absl::GetFlag(FLAGS_list)) return absl::OkStatus();

  std::vector<std::string> names = GivenBackends();
  names.insert(names.end(), arguments.begin(), arguments.end());
  const auto wanted = WantedBackends(names);
  if (!wanted.ok()) return wanted.status();
  const std::string expect = absl::GetFlag(FLAGS_expect);
  if (!expect.empty() && wanted->size() != 1) {
    return absl::InvalidArgumentError("--expect is about one backend");
  }
  if (!expect.empty()) {
    if (absl::Status status = ReadExpectations(expect).status(); !status.ok()) {
      return status;
    }
  }
  const absl::StatusOr<RunnerOptions> runner = RunnerOptionsFromFlags();
  if (!runner.ok()) return runner.status();
  if (absl::GetFlag(FLAGS_here)) return RunHere(*results, wanted->front());
  results->libc = LibcVersion();
  results->kernel = KernelVersion();
  results->command = OwnCommandText();
  if (absl::Status status = FindBackends(*wanted, *runner, results);
      !status.ok()) {
    return status;
  }
  return RunChecks(*runner, results);
}

absl::Status Write(const std::string& path, const std::string& text) {
  if (path == "-") {
    fputs(text.c_str(), stdout);
    return absl::OkStatus();
  }
  std::ofstream file(path);
  file << text;
  file.close();
  return file ? absl::OkStatus() : SystemError(errno, "writing", path);
}

// The reports that were asked for.  A report on the standard output has it to
// itself.
absl::Status WriteReports(const Results& results, bool* on_output) {
  const struct {
    std::string path;
    std::string (*render)(const Results&);
  } reports[] = {
      {absl::GetFlag(FLAGS_tap), RenderTap},
      {absl::GetFlag(FLAGS_junit), RenderJunit},
      {absl::GetFlag(FLAGS_matrix), RenderMatrix},
  };
  for (const auto& report : reports) {
    if (report.path.empty()) continue;
    *on_output = *on_output || report.path == "-";
    absl::Status status = Write(report.path, report.render(results));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Decides what counts, and tells all.
absl::StatusOr<int> Tell(Results* results) {
  const std::string expect = absl::GetFlag(FLAGS_expect);
  Comparison comparison;
  if (expect.empty()) {
    MarkFaults(absl::GetFlag(FLAGS_strict), results);
  } else {
    // It was read before, too, to find what is wrong with it early.
    auto expected = ReadExpectations(expect);
    if (!expected.ok()) return expected.status();
    comparison = CompareWith(*expected, AllChecks(), results);
  }
  bool on_output = false;
  if (absl::Status status = WriteReports(*results, &on_output); !status.ok()) {
    return status;
  }
  FILE* const out = on_output ? stderr : stdout;
  fputs(RenderForTerminal(*results).c_str(), out);
  if (!expect.empty()) fputs(RenderComparison(comparison).c_str(), out);
  const bool good = comparison.differences.empty() && !HasFault(*results);
  return good ? kExitSuccess : kExitFailure;
}

int RunCheck(absl::Span<const std::string> arguments) {
  if (IsTask(arguments)) DoTaskAndExit(arguments, AllChecks());
  CatchStopSignals();
  Results results;
  absl::Status status = CheckAll(arguments, &results);
  if (status.ok() && absl::GetFlag(FLAGS_list)) {
    fputs(RenderList(results.checks).c_str(), stdout);
    return kExitSuccess;
  }
  if (status.ok()) {
    const absl::StatusOr<int> exit_status = Tell(&results);
    if (exit_status.ok()) return *exit_status;
    status = exit_status.status();
  }
  if (absl::IsCancelled(status)) DieOfSignal(StopSignalReceived());
  PrintError(kCheckSubcommand.name, status.message());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace

const Subcommand kCheckSubcommand = {
    "check",
    "[BACKEND...]",
    "Holds implementations of POSIX asynchronous I/O against the contract.",
    0,
    kFlags,
    RunCheck,
    true,
};

}  // namespace aioemul::tools::check
