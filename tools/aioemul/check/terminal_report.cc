#include "tools/aioemul/check/terminal_report.h"

#include <stddef.h>

#include <algorithm>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/printable.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {
namespace {

// "  label:    text", and what follows below the text.
void AddField(absl::string_view label, absl::string_view text,
              std::string* report) {
  const std::string head = label.empty() ? "" : absl::StrCat(label, ":");
  absl::StrAppendFormat(report, "  %-10s %s\n", head, Printable(text));
}

void AddPrinted(absl::string_view printed, std::string* report) {
  absl::string_view label = "printed";
  for (absl::string_view line :
       absl::StrSplit(absl::StripSuffix(printed, "\n"), '\n')) {
    AddField(label, line, report);
    label = "";
  }
}

void AddFailure(const Check& check, const BackendResults& backend,
                const Outcome& outcome, std::string* report) {
  // Where POSIX leaves it open, to do otherwise is no failure.
  const bool differs =
      outcome.verdict == Verdict::kFails && check.standing == Standing::kChosen;
  absl::StrAppend(
      report,
      differs ? "DIFFERS" : absl::AsciiStrToUpper(VerdictName(outcome.verdict)),
      "  ", check.name, "\n");
  AddField("backend", backend.backend, report);
  AddField("clause", ClauseText(check), report);
  AddField("claim", check.claim, report);
  absl::string_view label = "observed";
  for (const std::string& line : outcome.observed) {
    AddField(label, line, report);
    label = "";
  }
  if (!outcome.printed.empty()) AddPrinted(outcome.printed, report);
  AddField("again",
           absl::StrCat("aioemul check --backend=", backend.backend,
                        " --filter=", check.name),
           report);
  absl::StrAppend(report, "\n");
}

// Those that were not tried, a line each.
void AddUntried(const Results& results, const BackendResults& backend,
                Verdict verdict, std::string* report) {
  bool any = false;
  for (size_t i = 0; i < results.checks.size(); ++i) {
    const Outcome& outcome = backend.outcomes[i];
    if (outcome.verdict != verdict) continue;
    absl::StrAppendFormat(
        report, "%-12s %s: %s\n", VerdictName(verdict), results.checks[i]->name,
        outcome.observed.empty() ? "" : Printable(outcome.observed[0]));
    any = true;
  }
  if (any) absl::StrAppend(report, "\n");
}

void AddBackend(const Results& results, const BackendResults& backend,
                std::string* report) {
  for (size_t i = 0; i < results.checks.size(); ++i) {
    const Outcome& outcome = backend.outcomes[i];
    if (!IsFailure(outcome.verdict)) continue;
    AddFailure(*results.checks[i], backend, outcome, report);
  }
  AddUntried(results, backend, Verdict::kUnsupported, report);
  AddUntried(results, backend, Verdict::kNotRun, report);
}

// The verdicts of several backends, a line for each check.
void AddSideBySide(const Results& results, std::string* report) {
  size_t name_width = 0;
  for (const Check* check : results.checks) {
    name_width = std::max(name_width, check->name.size());
  }
  const auto add_row = [&](absl::string_view first, const auto& cell) {
    absl::StrAppendFormat(report, "%-*s", static_cast<int>(name_width), first);
    for (const BackendResults& backend : results.backends) {
      const size_t width = std::max(backend.backend.size(),
                                    VerdictName(Verdict::kUnsupported).size());
      absl::StrAppendFormat(report, "  %-*s", static_cast<int>(width),
                            cell(backend));
    }
    absl::StripTrailingAsciiWhitespace(report);
    absl::StrAppend(report, "\n");
  };
  add_row("", [](const BackendResults& backend) { return backend.backend; });
  for (size_t i = 0; i < results.checks.size(); ++i) {
    add_row(results.checks[i]->name, [i](const BackendResults& backend) {
      return VerdictName(backend.outcomes[i].verdict);
    });
  }
  absl::StrAppend(report, "\n");
}

// Which demands of POSIX are not met: what the reader came for.
void AddUnmetDemands(const Results& results, const BackendResults& backend,
                     std::string* report) {
  std::string names;
  for (size_t i = 0; i < results.checks.size(); ++i) {
    const Outcome& outcome = backend.outcomes[i];
    if (results.checks[i]->standing != Standing::kDemanded ||
        !IsFailure(outcome.verdict)) {
      continue;
    }
    absl::StrAppendFormat(&names, "  %-12s %s\n", VerdictName(outcome.verdict),
                          results.checks[i]->name);
  }
  if (names.empty()) return;
  absl::StrAppend(report, "What POSIX demands and ", Printable(backend.backend),
                  " does not do:\n", names, "\n");
}

}  // namespace

std::string RenderList(absl::Span<const Check* const> checks) {
  std::string text;
  for (const Check* check : checks) {
    absl::StrAppend(&text, check->name, "\n    ", ClauseText(*check), "\n    ",
                    check->claim, "\n");
  }
  return text;
}

std::string RenderForTerminal(const Results& results) {
  std::string report;
  for (const BackendResults& backend : results.backends) {
    AddBackend(results, backend, &report);
  }
  if (results.backends.size() > 1) AddSideBySide(results, &report);
  for (const MissingBackend& missing : results.missing) {
    absl::StrAppend(&report, "missing: ", missing.backend, ": ",
                    Printable(missing.reason), "\n\n");
  }
  for (const BackendResults& backend : results.backends) {
    AddUnmetDemands(results, backend, &report);
    absl::StrAppend(&report, RenderTallies(results, backend), "\n");
  }
  for (const BackendResults& backend : results.backends) {
    absl::StrAppend(&report, VerdictText(results, backend), "\n");
  }
  return report;
}

}  // namespace aioemul::tools::check
