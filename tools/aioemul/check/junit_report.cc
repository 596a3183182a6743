#include "tools/aioemul/check/junit_report.h"

#include <stddef.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/printable.h"
#include "tools/aioemul/check/results.h"

namespace aioemul::tools::check {
namespace {

// What a test case has come to, by JUnit's elements; kNone for a success.
enum class Element { kNone, kFailure, kError, kSkipped };

Element ElementOf(const Outcome& outcome) {
  if (!outcome.fault) {
    return outcome.verdict == Verdict::kHolds ? Element::kNone
                                              : Element::kSkipped;
  }
  return outcome.verdict == Verdict::kCrashed ||
                 outcome.verdict == Verdict::kHung ||
                 outcome.verdict == Verdict::kEndedEarly ||
                 outcome.verdict == Verdict::kNothingSeen
             ? Element::kError
             : Element::kFailure;
}

// "fails: aio_error of ...: ...".
std::string Message(const Outcome& outcome) {
  return absl::StrCat(
      VerdictName(outcome.verdict),
      outcome.observed.empty() ? "" : absl::StrCat(": ", outcome.observed[0]));
}

void AddDetails(const Check& check, const Outcome& outcome,
                std::string* report) {
  absl::StrAppend(report, "clause: ", PrintableInXml(ClauseText(check)),
                  "\nclaim: ", PrintableInXml(check.claim), "\n");
  for (const std::string& line : outcome.observed) {
    absl::StrAppend(report, "observed: ", PrintableInXml(line), "\n");
  }
}

void AddPrinted(const Outcome& outcome, std::string* report) {
  if (outcome.printed.empty()) return;
  absl::StrAppend(report, "      <system-out>");
  for (absl::string_view line :
       absl::StrSplit(absl::StripSuffix(outcome.printed, "\n"), '\n')) {
    absl::StrAppend(report, PrintableInXml(line), "\n");
  }
  absl::StrAppend(report, "</system-out>\n");
}

void AddTestCase(const Check& check, const BackendResults& backend,
                 const Outcome& outcome, std::string* report) {
  absl::StrAppendFormat(
      report, "    <testcase classname=\"%s.%s\" name=\"%s\" time=\"%.3f\">\n",
      PrintableInXml(backend.backend), PrintableInXml(AreaOf(check)),
      PrintableInXml(check.name), outcome.seconds);
  const std::string message = PrintableInXml(Message(outcome));
  switch (ElementOf(outcome)) {
    case Element::kNone:
      break;
    case Element::kSkipped:
      absl::StrAppend(report, "      <skipped message=\"", message, "\"/>\n");
      break;
    case Element::kFailure:
    case Element::kError: {
      const absl::string_view name =
          ElementOf(outcome) == Element::kError ? "error" : "failure";
      absl::StrAppend(report, "      <", name, " message=\"", message,
                      "\" type=\"", VerdictName(outcome.verdict), "\">");
      AddDetails(check, outcome, report);
      absl::StrAppend(report, "</", name, ">\n");
      break;
    }
  }
  if (ElementOf(outcome) != Element::kNone) AddPrinted(outcome, report);
  absl::StrAppend(report, "    </testcase>\n");
}

void AddSuite(const Results& results, const BackendResults& backend,
              std::string* report) {
  size_t counts[4] = {};
  double seconds = 0;
  for (const Outcome& outcome : backend.outcomes) {
    ++counts[static_cast<size_t>(ElementOf(outcome))];
    seconds += outcome.seconds;
  }
  absl::StrAppendFormat(
      report,
      "  <testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" "
      "skipped=\"%d\" time=\"%.3f\">\n",
      PrintableInXml(backend.backend), backend.outcomes.size(),
      counts[static_cast<size_t>(Element::kFailure)],
      counts[static_cast<size_t>(Element::kError)],
      counts[static_cast<size_t>(Element::kSkipped)], seconds);
  for (size_t i = 0; i < results.checks.size(); ++i) {
    AddTestCase(*results.checks[i], backend, backend.outcomes[i], report);
  }
  absl::StrAppend(report, "  </testsuite>\n");
}

}  // namespace

std::string RenderJunit(const Results& results) {
  std::string report =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"aioemul check\">\n";
  for (const BackendResults& backend : results.backends) {
    AddSuite(results, backend, &report);
  }
  return absl::StrCat(report, "</testsuites>\n");
}

}  // namespace aioemul::tools::check
