#include "tools/aioemul/check/results.h"

#include <stddef.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/printable.h"

namespace aioemul::tools::check {
namespace {

// Of the first column of the tallies, at least.
constexpr int kHeadWidth = 18;

size_t Total(const Tally& tally) {
  size_t total = 0;
  for (const auto& [verdict, count] : tally) total += count;
  return total;
}

size_t CountOf(const Tally& tally, Verdict verdict) {
  const auto found = tally.find(verdict);
  return found == tally.end() ? 0 : found->second;
}

// "39 hold, 2 fail, 1 is not supported".
std::string Counts(const Tally& tally, Standing standing) {
  struct Words {
    Verdict verdict;
    absl::string_view one;
    absl::string_view many;
  };
  // Where POSIX leaves it open, to do otherwise is no failure.
  const bool open = standing == Standing::kChosen;
  const Words all_words[] = {
      {Verdict::kHolds, open ? "is as in aioemul" : "holds",
       open ? "are as in aioemul" : "hold"},
      {Verdict::kFails, open ? "differs" : "fails", open ? "differ" : "fail"},
      {Verdict::kCrashed, "crashed", "crashed"},
      {Verdict::kHung, "hung", "hung"},
      {Verdict::kEndedEarly, "ended early", "ended early"},
      {Verdict::kUnsupported, "is not supported", "are not supported"},
      {Verdict::kNotRun, "was not run", "were not run"},
      {Verdict::kNothingSeen, "saw nothing", "saw nothing"},
  };
  std::vector<std::string> parts;
  for (const Words& words : all_words) {
    const size_t count = CountOf(tally, words.verdict);
    if (count == 0) continue;
    parts.push_back(
        absl::StrCat(count, " ", count == 1 ? words.one : words.many));
  }
  return absl::StrJoin(parts, ", ");
}

// "of 41 things that POSIX demands, 39 hold, 2 fail"; empty without any.
std::string Sentence(const Results& results, const BackendResults& backend,
                     Standing standing, absl::string_view one,
                     absl::string_view many) {
  const Tally tally = TallyOf(results, backend, standing);
  const size_t total = Total(tally);
  if (total == 0) return "";
  return absl::StrCat("of ", total, " ", total == 1 ? one : many, ", ",
                      Counts(tally, standing));
}

}  // namespace

absl::Span<const Standing> AllStandings() {
  static constexpr Standing kAll[] = {Standing::kDemanded, Standing::kChosen,
                                      Standing::kPromised};
  return kAll;
}

absl::string_view StandingText(Standing standing) {
  switch (standing) {
    case Standing::kDemanded:
      return "POSIX demands it";
    case Standing::kChosen:
      return "POSIX leaves it open, aioemul chose it";
    case Standing::kPromised:
      break;
  }
  return "aioemul promises it, beyond POSIX";
}

absl::string_view StandingName(Standing standing) {
  switch (standing) {
    case Standing::kDemanded:
      return "POSIX demands";
    case Standing::kChosen:
      return "POSIX leaves open";
    case Standing::kPromised:
      break;
  }
  return "aioemul promises";
}

std::string ClauseText(const Check& check) {
  return absl::StrCat(check.clause, "; ", StandingText(check.standing),
                      check.posix.empty() ? "" : ": ", check.posix);
}

absl::string_view AreaOf(const Check& check) {
  return check.name.substr(0, check.name.find('.'));
}

Tally TallyOf(const Results& results, const BackendResults& backend,
              Standing standing) {
  Tally tally;
  for (size_t i = 0; i < results.checks.size(); ++i) {
    if (results.checks[i]->standing == standing) {
      ++tally[backend.outcomes[i].verdict];
    }
  }
  return tally;
}

std::string RenderTallies(const Results& results,
                          const BackendResults& backend) {
  const auto width = [](Verdict verdict) {
    return static_cast<int>(VerdictName(verdict).size());
  };
  const std::string head = Printable(backend.backend);
  const int head_width = std::max(kHeadWidth, static_cast<int>(head.size()));
  std::string text = absl::StrFormat("%-*s %6s", head_width, head, "checks");
  for (const Verdict verdict : AllVerdicts()) {
    if (verdict == Verdict::kNothingSeen) continue;
    absl::StrAppend(&text, "  ", VerdictName(verdict));
  }
  absl::StrAppend(&text, "\n");
  for (const Standing standing : AllStandings()) {
    const Tally tally = TallyOf(results, backend, standing);
    absl::StrAppendFormat(&text, "%-*s %6d", head_width, StandingName(standing),
                          Total(tally));
    for (const Verdict verdict : AllVerdicts()) {
      if (verdict == Verdict::kNothingSeen) continue;
      absl::StrAppendFormat(&text, "  %*d", width(verdict),
                            CountOf(tally, verdict));
    }
    absl::StrAppend(&text, "\n");
  }
  return text;
}

std::string VerdictText(const Results& results, const BackendResults& backend) {
  std::vector<std::string> sentences = {
      Sentence(results, backend, Standing::kDemanded,
               "thing that POSIX demands", "things that POSIX demands"),
      Sentence(results, backend, Standing::kChosen,
               "thing that POSIX leaves open", "things that POSIX leaves open"),
      Sentence(results, backend, Standing::kPromised,
               "thing that aioemul promises beyond POSIX",
               "things that aioemul promises beyond POSIX"),
  };
  sentences.erase(std::remove(sentences.begin(), sentences.end(), ""),
                  sentences.end());
  if (sentences.empty()) sentences.emplace_back("nothing was checked");
  return absl::StrCat(Printable(backend.backend), ": ",
                      absl::StrJoin(sentences, ";\n  "), ".");
}

void MarkFaults(bool strict, Results* results) {
  for (BackendResults& backend : results->backends) {
    for (size_t i = 0; i < results->checks.size(); ++i) {
      Outcome& outcome = backend.outcomes[i];
      const bool counts =
          strict || results->checks[i]->standing == Standing::kDemanded;
      outcome.fault = outcome.verdict == Verdict::kNothingSeen ||
                      (counts && IsFailure(outcome.verdict)) ||
                      (strict && outcome.verdict == Verdict::kUnsupported);
    }
  }
}

bool HasFault(const Results& results) {
  for (const BackendResults& backend : results.backends) {
    for (const Outcome& outcome : backend.outcomes) {
      if (outcome.fault) return true;
    }
  }
  return false;
}

std::string LibcVersion() {
  char version[128] = "";
#ifdef _CS_GNU_LIBC_VERSION
  confstr(_CS_GNU_LIBC_VERSION, version, sizeof(version));
#endif
  return version;
}

std::string KernelVersion() {
  utsname system;
  if (uname(&system) != 0) return "";
  // What a distribution or a host adds behind the number says nothing here.
  const absl::string_view release = system.release;
  return absl::StrCat(system.sysname, " ",
                      release.substr(0, release.find_first_of("-+")));
}

}  // namespace aioemul::tools::check
