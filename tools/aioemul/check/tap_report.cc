#include "tools/aioemul/check/tap_report.h"

#include <stddef.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/printable.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {
namespace {

// A description, or the reason of a directive.
std::string PrintableInTap(absl::string_view text) {
  return absl::StrReplaceAll(Printable(text), {{"\\", "\\\\"}, {"#", "\\#"}});
}

// A string of YAML.
std::string YamlString(absl::string_view text) {
  return absl::StrCat(
      "\"",
      absl::StrReplaceAll(Printable(text), {{"\\", "\\\\"}, {"\"", "\\\""}}),
      "\"");
}

void AddDiagnostics(const Check& check, const Outcome& outcome,
                    std::string* report) {
  absl::StrAppend(report, "  ---\n",                                  //
                  "  verdict: ", VerdictName(outcome.verdict), "\n",  //
                  "  clause: ", YamlString(ClauseText(check)), "\n",  //
                  "  claim: ", YamlString(check.claim), "\n");
  if (!outcome.observed.empty()) absl::StrAppend(report, "  observed:\n");
  for (const std::string& line : outcome.observed) {
    absl::StrAppend(report, "    - ", YamlString(line), "\n");
  }
  if (!outcome.printed.empty()) absl::StrAppend(report, "  printed:\n");
  for (absl::string_view line :
       absl::StrSplit(absl::StripSuffix(outcome.printed, "\n"), '\n')) {
    if (outcome.printed.empty()) break;
    absl::StrAppend(report, "    - ", YamlString(line), "\n");
  }
  absl::StrAppend(report, "  ...\n");
}

void AddTest(const Check& check, const BackendResults& backend,
             const Outcome& outcome, size_t number, std::string* report) {
  const bool tried = outcome.verdict != Verdict::kUnsupported &&
                     outcome.verdict != Verdict::kNotRun;
  const bool ok = !outcome.fault && !IsFailure(outcome.verdict);
  absl::StrAppend(report, ok ? "ok " : "not ok ", number, " - ",
                  PrintableInTap(backend.backend), ": ", check.name);
  if (!tried && !outcome.fault) {
    absl::StrAppend(
        report, " # SKIP ", VerdictName(outcome.verdict), ": ",
        PrintableInTap(outcome.observed.empty() ? "" : outcome.observed[0]));
  } else if (!ok && !outcome.fault) {
    absl::StrAppend(report, " # TODO ",
                    check.standing == Standing::kDemanded
                        ? "as expected"
                        : StandingText(check.standing));
  }
  absl::StrAppend(report, "\n");
  if (!ok) AddDiagnostics(check, outcome, report);
}

}  // namespace

std::string RenderTap(const Results& results) {
  std::string report =
      absl::StrCat("TAP version 14\n1..",
                   results.backends.size() * results.checks.size(), "\n");
  size_t number = 0;
  for (const BackendResults& backend : results.backends) {
    for (size_t i = 0; i < results.checks.size(); ++i) {
      AddTest(*results.checks[i], backend, backend.outcomes[i], ++number,
              &report);
    }
  }
  return report;
}

}  // namespace aioemul::tools::check
