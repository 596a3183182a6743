#include "tools/aioemul/check/outcome.h"

#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace aioemul::tools::check {
namespace {

// A reader has understood by then; a loop may fail without end.
constexpr size_t kMostFailures = 20;

std::string HowItEnded(int status) {
  if (WIFSIGNALED(status)) {
    const int signal_number = WTERMSIG(status);
    return absl::StrCat("the process was ended by signal ", signal_number, " (",
                        strsignal(signal_number), ")");
  }
  return absl::StrCat("the process ended with exit status ",
                      WEXITSTATUS(status), " before the check was over");
}

}  // namespace

absl::Span<const Verdict> AllVerdicts() {
  static constexpr Verdict kAll[] = {
      Verdict::kHolds,  Verdict::kFails,       Verdict::kCrashed,
      Verdict::kHung,   Verdict::kEndedEarly,  Verdict::kUnsupported,
      Verdict::kNotRun, Verdict::kNothingSeen,
  };
  return kAll;
}

absl::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kHolds:
      return "holds";
    case Verdict::kFails:
      return "fails";
    case Verdict::kCrashed:
      return "crashed";
    case Verdict::kHung:
      return "hung";
    case Verdict::kEndedEarly:
      return "ended-early";
    case Verdict::kUnsupported:
      return "unsupported";
    case Verdict::kNotRun:
      return "not-run";
    case Verdict::kNothingSeen:
      break;
  }
  return "nothing-seen";
}

bool ParseVerdict(absl::string_view name, Verdict* verdict) {
  for (const Verdict candidate : AllVerdicts()) {
    if (VerdictName(candidate) != name) continue;
    *verdict = candidate;
    return true;
  }
  return false;
}

bool IsFailure(Verdict verdict) {
  return verdict != Verdict::kHolds && verdict != Verdict::kUnsupported &&
         verdict != Verdict::kNotRun;
}

void ResultReader::Feed(absl::string_view text) {
  for (size_t end = text.find('\n'); end != absl::string_view::npos;
       end = text.find('\n')) {
    Line(absl::StrCat(unfinished_, text.substr(0, end)));
    unfinished_.clear();
    text.remove_prefix(end + 1);
  }
  absl::StrAppend(&unfinished_, text);
}

void ResultReader::Line(absl::string_view line) {
  const size_t blank = line.find(' ');
  const absl::string_view kind = line.substr(0, blank);
  const std::string text(
      blank == absl::string_view::npos ? "" : line.substr(blank + 1));
  if (kind == "held") {
    ++held_;
    last_held_ = text;
  } else if (kind == "failed") {
    if (++failed_ <= kMostFailures) failures_.push_back(text);
  } else if (kind == "unsupported") {
    is_unsupported_ = true;
    unsupported_ = text;
  } else if (kind == "notrun") {
    is_not_run_ = true;
    not_run_ = text;
  } else if (kind == "done") {
    done_ = true;
  }
}

Outcome ResultReader::Judge(const ProcessEnd& end) const {
  Outcome outcome;
  outcome.observed = failures_;
  if (failed_ > kMostFailures) {
    outcome.observed.push_back(
        absl::StrCat("and ", failed_ - kMostFailures, " more of the like"));
  }
  if (end.timed_out) {
    outcome.verdict = Verdict::kHung;
    outcome.observed.emplace_back("not over when the time limit was reached");
  } else if (WIFSIGNALED(end.status)) {
    outcome.verdict = Verdict::kCrashed;
    outcome.observed.push_back(HowItEnded(end.status));
  } else if (!done_) {
    outcome.verdict = Verdict::kEndedEarly;
    outcome.observed.push_back(HowItEnded(end.status));
  } else if (failed_ > 0) {
    outcome.verdict = Verdict::kFails;
  } else if (is_unsupported_) {
    outcome.verdict = Verdict::kUnsupported;
    outcome.observed.push_back(unsupported_);
  } else if (is_not_run_) {
    outcome.verdict = Verdict::kNotRun;
    outcome.observed.push_back(not_run_);
  } else if (held_ == 0) {
    outcome.verdict = Verdict::kNothingSeen;
    outcome.observed.emplace_back("the check made no observation");
  } else {
    outcome.verdict = Verdict::kHolds;
  }
  // How far it came.
  if (held_ > 0 && (outcome.verdict == Verdict::kHung ||
                    outcome.verdict == Verdict::kCrashed ||
                    outcome.verdict == Verdict::kEndedEarly)) {
    outcome.observed.push_back(
        absl::StrCat("the last that was as it should be: ", last_held_));
  }
  return outcome;
}

}  // namespace aioemul::tools::check
