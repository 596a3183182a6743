#include "tests/stress/judge.h"

#include <cerrno>
#include <cstring>
#include <string>

namespace aioemul::stress {
namespace {

const char* NameOf(Attempt::Kind kind) {
  switch (kind) {
    case Attempt::Kind::kRead:
      return "read";
    case Attempt::Kind::kWrite:
      return "write";
    case Attempt::Kind::kSync:
      return "sync";
  }
  return "";
}

// Null when the count is a right one.
const char* JudgeCount(const Attempt& attempt, ssize_t result) {
  if (attempt.kind == Attempt::Kind::kSync) {
    return result == 0 ? nullptr : "a sync returned a count";
  }
  if (attempt.error != 0) return "an error was not reported";
  // A cancellation may find a write on a stream half way (E3).
  const bool inexact =
      attempt.inexact || (attempt.subject->is_stream() && attempt.cancel_asked);
  const auto expected = static_cast<ssize_t>(attempt.expected);
  if (inexact ? result > 0 && result <= expected : result == expected) {
    return nullptr;
  }
  return "a wrong count was returned";
}

const char* JudgeCancelled(const Attempt& attempt) {
  if (!attempt.cancel_asked && !attempt.subject->others_may_cancel()) {
    return "cancelled although nobody asked";
  }
  return attempt.had_started ? "cancelled after it had started" : nullptr;
}

const char* JudgeError(const Attempt& attempt, int status) {
  // How many syncs fail is known in the end.
  const int expected =
      attempt.kind == Attempt::Kind::kSync ? EIO : attempt.error;
  if (status == expected || attempt.subject->MayFailWith(status)) {
    return nullptr;
  }
  return "failed for no reason";
}

const char* Verdict(const Attempt& attempt, const Outcome& outcome) {
  if (outcome.status == 0) return JudgeCount(attempt, outcome.result);
  if (outcome.result != -1) return "an error came with a result but -1";
  return outcome.status == ECANCELED ? JudgeCancelled(attempt)
                                     : JudgeError(attempt, outcome.status);
}

}  // namespace

void Judge(const Attempt& attempt, const Outcome& outcome, Failures& failures) {
  const char* verdict = Verdict(attempt, outcome);
  if (verdict == nullptr) return;
  failures.Add(std::string(verdict) + ": " + Describe(attempt) + ", status " +
               strerror(outcome.status) + ", result " +
               std::to_string(outcome.result));
}

std::string Describe(const Attempt& attempt) {
  return std::string(attempt.subject->is_stream() ? "stream " : "file ") +
         NameOf(attempt.kind) + " of " + std::to_string(attempt.count) +
         " bytes at " + std::to_string(attempt.offset) + " on descriptor " +
         std::to_string(attempt.subject->fd()) +
         (attempt.cancel_asked ? ", cancel asked" : "");
}

}  // namespace aioemul::stress
