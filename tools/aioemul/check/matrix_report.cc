#include "tools/aioemul/check/matrix_report.h"

#include <stddef.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/printable.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {
namespace {

constexpr absl::string_view kLegend =
    "What a cell says:\n\n"
    "| verdict | means |\n"
    "|---|---|\n"
    "| holds | what the row claims was observed |\n"
    "| **fails** | something else was observed |\n"
    "| differs | the same, where POSIX leaves it open: no fault |\n"
    "| **crashed**, **hung**, **ended-early** | the process of the check did "
    "not get to its end |\n"
    "| unsupported | the backend says that it does not do this: by ENOSYS, or "
    "by an answer that POSIX allows and that leaves nothing to check |\n"
    "| not-run | the machine lacks what the check needs |\n\n"
    "How a row stands to POSIX.1-2024:\n\n"
    "| standing | means |\n"
    "|---|---|\n"
    "| demanded | POSIX demands it |\n"
    "| open | POSIX allows this and other ways; aioemul does it so |\n"
    "| promised | POSIX says nothing of it, or less; aioemul promises it "
    "|\n\n";

absl::string_view ShortStanding(Standing standing) {
  switch (standing) {
    case Standing::kDemanded:
      return "demanded";
    case Standing::kChosen:
      return "open";
    case Standing::kPromised:
      break;
  }
  return "promised";
}

std::string Cell(const Check& check, const Outcome& outcome) {
  if (outcome.verdict == Verdict::kFails &&
      check.standing == Standing::kChosen) {
    return "differs";
  }
  const absl::string_view name = VerdictName(outcome.verdict);
  if (!IsFailure(outcome.verdict)) return std::string(name);
  return absl::StrCat("**", name, "**");
}

std::string HeadOfBackends(const Results& results) {
  std::string cells;
  for (const BackendResults& backend : results.backends) {
    absl::StrAppend(&cells, " ", PrintableInMarkdown(backend.backend), " |");
  }
  return cells;
}

std::string Rule(size_t columns) {
  std::string rule = "|";
  for (size_t i = 0; i < columns; ++i) absl::StrAppend(&rule, "---|");
  return absl::StrCat(rule, "\n");
}

void AddHeader(const Results& results, std::string* page) {
  absl::StrAppend(page,
                  "# Conformance\n\n"
                  "What each implementation of POSIX asynchronous I/O does, "
                  "check by check. This page is\nmade by the command and not "
                  "to be edited:\n\n    ",
                  Printable(results.command), "\n\n");
  if (!results.libc.empty()) {
    absl::StrAppend(page, "C library: ", PrintableInMarkdown(results.libc),
                    ". ");
  }
  absl::StrAppend(page, "Kernel: ", PrintableInMarkdown(results.kernel),
                  ".\n\n");
  for (const MissingBackend& missing : results.missing) {
    // The reason names files of the machine.
    absl::StrAppend(page, "Missing: ", PrintableInMarkdown(missing.backend),
                    ".\n\n");
  }
}

// How many of each standing hold.
void AddSummary(const Results& results, std::string* page) {
  absl::StrAppend(page, "## Summary\n\n| hold |", HeadOfBackends(results), "\n",
                  Rule(results.backends.size() + 1));
  for (const Standing standing : AllStandings()) {
    absl::StrAppend(page, "| ", StandingName(standing), " |");
    for (const BackendResults& backend : results.backends) {
      const Tally tally = TallyOf(results, backend, standing);
      size_t total = 0;
      for (const auto& [verdict, count] : tally) total += count;
      const auto holds = tally.find(Verdict::kHolds);
      absl::StrAppend(page, " ", holds == tally.end() ? 0 : holds->second,
                      " of ", total, " |");
    }
    absl::StrAppend(page, "\n");
  }
  absl::StrAppend(page, "\n");
}

void AddTables(const Results& results, std::string* page) {
  absl::string_view area;
  for (size_t i = 0; i < results.checks.size(); ++i) {
    const Check& check = *results.checks[i];
    if (AreaOf(check) != area) {
      area = AreaOf(check);
      absl::StrAppend(page, i == 0 ? "" : "\n", "### ", area,
                      "\n\n| check | clause | standing | claim |",
                      HeadOfBackends(results), "\n",
                      Rule(results.backends.size() + 4));
    }
    absl::StrAppend(page, "| `", check.name, "` | ",
                    PrintableInMarkdown(check.clause), " | ",
                    ShortStanding(check.standing), " | ",
                    PrintableInMarkdown(check.claim), " |");
    for (const BackendResults& backend : results.backends) {
      absl::StrAppend(page, " ", Cell(check, backend.outcomes[i]), " |");
    }
    absl::StrAppend(page, "\n");
  }
  absl::StrAppend(page, "\n");
}

// What was observed where a cell is not "holds".
void AddObservations(const Results& results, const BackendResults& backend,
                     std::string* page) {
  bool any = false;
  for (size_t i = 0; i < results.checks.size(); ++i) {
    const Outcome& outcome = backend.outcomes[i];
    if (outcome.verdict == Verdict::kHolds) continue;
    if (!any) {
      absl::StrAppend(page, "### Observed of ",
                      PrintableInMarkdown(backend.backend), "\n\n");
    }
    any = true;
    const Check& check = *results.checks[i];
    absl::StrAppend(page, "- `", check.name, "` ", Cell(check, outcome),
                    outcome.observed.empty() ? "" : ": ",
                    PrintableInMarkdown(absl::StrJoin(outcome.observed, "; ")),
                    "\n");
  }
  if (any) absl::StrAppend(page, "\n");
}

}  // namespace

std::string RenderMatrix(const Results& results) {
  std::string page;
  AddHeader(results, &page);
  AddSummary(results, &page);
  absl::StrAppend(&page, "## Legend\n\n", kLegend, "## Checks\n\n");
  AddTables(results, &page);
  absl::StrAppend(&page, "## Observations\n\n");
  for (const BackendResults& backend : results.backends) {
    AddObservations(results, backend, &page);
  }
  while (page.size() > 1 && page[page.size() - 2] == '\n') page.pop_back();
  return page;
}

}  // namespace aioemul::tools::check
