#include "tools/aioemul/bench_report/bench_report.h"

#include <stdio.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/bench_report/report_command.h"
#include "tools/aioemul/shared_flags.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"

ABSL_FLAG(bool, markdown, false, "Prints the results as tables in Markdown.");

namespace aioemul::tools {
namespace {

constexpr absl::string_view kFlags[] = {"directory", "compare", "markdown"};

int Fail(absl::string_view message, int exit_status) {
  PrintError(kBenchReportSubcommand.name, message);
  return exit_status;
}

int Print(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return Fail(text.status().message(), kExitFailure);
  if (fputs(text->c_str(), stdout) < 0 || fflush(stdout) != 0) {
    return Fail("cannot write to the standard output", kExitFailure);
  }
  return kExitSuccess;
}

int WritePage(const std::string& results, const std::string& directory) {
  const absl::Status status = bench_report::WriteReport(results, directory);
  return status.ok() ? kExitSuccess : Fail(status.message(), kExitFailure);
}

int RunBenchReport(absl::Span<const std::string> arguments) {
  const std::string& results = arguments[0];
  const std::string directory = absl::GetFlag(FLAGS_directory);
  const std::string earlier = absl::GetFlag(FLAGS_compare);
  const bool markdown = absl::GetFlag(FLAGS_markdown);
  if (directory.empty() && earlier.empty() && !markdown) {
    return Fail("--directory, --compare or --markdown expected", kExitUsage);
  }
  int exit_status = kExitSuccess;
  if (!directory.empty()) exit_status = WritePage(results, directory);
  if (exit_status == kExitSuccess && !earlier.empty()) {
    exit_status = Print(bench_report::Compare(earlier, results));
  }
  if (exit_status == kExitSuccess && markdown) {
    exit_status = Print(bench_report::Markdown(results));
  }
  return exit_status;
}

}  // namespace

const Subcommand kBenchReportSubcommand = {
    "bench-report",
    "RESULTS.json",
    "Makes a page of results of 'aioemul bench' in --directory, or prints "
    "them.",
    1,
    kFlags,
    RunBenchReport,
};

}  // namespace aioemul::tools
