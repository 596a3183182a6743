#include "tools/aioemul/check/expectations.h"

#include <errno.h>
#include <stddef.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/results.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::check {
namespace {

absl::Status Misread(size_t number, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("line ", number, ": ", what));
}

absl::StatusOr<std::vector<Verdict>> ParseVerdicts(absl::string_view text) {
  std::vector<Verdict> verdicts;
  for (absl::string_view name : absl::StrSplit(text, '|')) {
    Verdict verdict;
    if (!ParseVerdict(name, &verdict)) {
      return absl::InvalidArgumentError(
          absl::StrCat("no verdict is called ", Quoted(name)));
    }
    verdicts.push_back(verdict);
  }
  return verdicts;
}

std::string Names(const std::vector<Verdict>& verdicts) {
  return absl::StrJoin(verdicts, "|", [](std::string* text, Verdict verdict) {
    absl::StrAppend(text, VerdictName(verdict));
  });
}

bool IsNamed(absl::Span<const Check* const> all, absl::string_view name) {
  return std::any_of(all.begin(), all.end(), [name](const Check* check) {
    return check->name == name;
  });
}

}  // namespace

absl::StatusOr<Expectations> ParseExpectations(absl::string_view text) {
  Expectations expected;
  size_t number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    if (absl::ConsumePrefix(&line, "libc:")) {
      expected.libc = std::string(absl::StripAsciiWhitespace(line));
      continue;
    }
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    if (words.size() != 2) return Misread(number, "not 'NAME VERDICT'");
    auto verdicts = ParseVerdicts(words[1]);
    if (!verdicts.ok()) return Misread(number, verdicts.status().message());
    if (!expected.verdicts.emplace(words[0], *std::move(verdicts)).second) {
      return Misread(number, absl::StrCat(words[0], " is there twice"));
    }
  }
  return expected;
}

absl::StatusOr<Expectations> ReadExpectations(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return SystemError(errno, "reading", path);
  auto expected = ParseExpectations(text.str());
  if (expected.ok()) return expected;
  return absl::InvalidArgumentError(
      absl::StrCat(Quoted(path), ", ", expected.status().message()));
}

Comparison CompareWith(const Expectations& expected,
                       absl::Span<const Check* const> all, Results* results) {
  Comparison comparison;
  const bool comparable =
      expected.libc.empty() || expected.libc == results->libc;
  if (!comparable) {
    comparison.notes.push_back(absl::StrCat(
        "the expectations are of ", expected.libc, ", and this is ",
        results->libc.empty() ? "another C library" : results->libc,
        ": differences count for nothing"));
  }
  for (const auto& [name, verdicts] : expected.verdicts) {
    if (IsNamed(all, name)) continue;
    comparison.differences.push_back(absl::StrCat(
        name, ": expected ", Names(verdicts), ", but there is no such check"));
  }
  std::vector<Outcome>& outcomes = results->backends[0].outcomes;
  for (size_t i = 0; i < results->checks.size(); ++i) {
    const std::string name(results->checks[i]->name);
    Outcome& outcome = outcomes[i];
    const auto found = expected.verdicts.find(name);
    const std::vector<Verdict> right =
        found != expected.verdicts.end()
            ? found->second
            : std::vector<Verdict>{Verdict::kHolds};
    outcome.fault = outcome.verdict == Verdict::kNothingSeen;
    if (std::find(right.begin(), right.end(), outcome.verdict) == right.end()) {
      const std::string difference =
          absl::StrCat(name, ": expected ", Names(right), ", was ",
                       VerdictName(outcome.verdict));
      const bool counts = comparable && outcome.verdict != Verdict::kNotRun;
      outcome.fault = outcome.fault || counts;
      (outcome.fault ? comparison.differences : comparison.notes)
          .push_back(difference);
    }
  }
  return comparison;
}

std::string RenderComparison(const Comparison& comparison) {
  std::string text;
  for (const std::string& note : comparison.notes) {
    absl::StrAppend(&text, "note: ", note, "\n");
  }
  for (const std::string& difference : comparison.differences) {
    absl::StrAppend(&text, "difference: ", difference, "\n");
  }
  absl::StrAppend(&text, comparison.differences.empty() ? "as expected\n"
                                                        : "not as expected\n");
  return text;
}

}  // namespace aioemul::tools::check
