// The model of the calls that are about several requests.

#include <aio.h>
#include <errno.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

bool IsEntry(const Request& request) {
  return request.kind != RequestKind::kNull &&
         request.kind != RequestKind::kNop;
}

}  // namespace

// --- lio_listio

bool Model::MayList(const Step& step) const {
  // Whether a list with nothing in it, or with what is refused, notifies is
  // open to POSIX.
  const auto is_sound = [](const Request& request) {
    return IsEntry(request) && request.flaw == Flaw::kNone;
  };
  if (!project() && step.notice != Notice::kNone &&
      (step.requests.empty() ||
       !std::all_of(step.requests.begin(), step.requests.end(), is_sound))) {
    return false;
  }
  std::set<int> blocks;
  for (const Request& request : step.requests) {
    if (request.kind == RequestKind::kNull) continue;
    if (!MayReuse(request.block) || !blocks.insert(request.block).second ||
        request.kind == RequestKind::kFsync) {
      return false;
    }
    // It must not wait for what this program does later.
    if (step.mode == ListMode::kWait && !IsFile(KindOf(request.object))) {
      return false;
    }
  }
  return true;
}

Expectation Model::ExpectList(const Step& step) const {
  Expectation expectation;
  expectation.clause = "F3";
  expectation.what = "lio_listio";
  expectation.naming = Naming::kError;
  if (step.mode == ListMode::kBad) {
    expectation.clause = "F4";
    expectation.legal = {EINVAL};
    return expectation;
  }
  const bool flawed = std::any_of(
      step.requests.begin(), step.requests.end(), [&](const Request& request) {
        return IsEntry(request) && request.flaw != Flaw::kNone &&
               (request.flaw != Flaw::kBuffer || step.mode == ListMode::kWait);
      });
  if (!flawed) expectation.legal.push_back(0);
  if (flawed) expectation.legal.push_back(EIO);
  if (project()) return expectation;
  expectation.legal.push_back(EAGAIN);
  if (flawed && step.mode == ListMode::kNoWait) expectation.legal.push_back(0);
  return expectation;
}

void Model::AddEntry(int step_index, size_t index, const Request& request,
                     bool wants_resources) {
  const bool flawed =
      request.flaw != Flaw::kNone && request.flaw != Flaw::kBuffer;
  const bool refused = project() ? flawed : wants_resources;
  Add(IdOf(Index(step_index), index), request, !refused);
  Submission& entry = submissions_.back();
  entry.list = IdOf(Index(step_index), kListEntry);
  if (!refused) return;
  Complete(&entry, "F1");
  entry.status_known = project();
  entry.status = entry.flaw_error;
}

void Model::Listed(int step_index, const Step& step, int error,
                   const std::vector<int>& statuses) {
  const bool legal = Judge(ExpectList(step), error);
  for (const Request& request : step.requests) {
    const bool submitted = IsEntry(request) && step.mode != ListMode::kBad;
    if (submitted || request.kind == RequestKind::kNull) continue;
    const int current = current_[Index(request.block)];
    if (current >= 0) submissions_[Index(current)].refilled = true;
  }
  if (step.mode == ListMode::kBad || !legal) return;
  // All are submitted before any is seen to be complete.
  for (size_t i = 0; i < step.requests.size(); ++i) {
    if (IsEntry(step.requests[i])) {
      AddEntry(step_index, i, step.requests[i],
               error == EAGAIN && statuses[i] == EAGAIN);
    }
  }
  for (size_t i = 0; i < step.requests.size(); ++i) {
    const Request& request = step.requests[i];
    if (!IsEntry(request)) continue;
    ++clauses_["F1"];
    Submission& entry = submissions_[Index(current_[Index(request.block)])];
    if (!entry.accepted && !project()) continue;
    if (step.mode == ListMode::kWait) Complete(&entry, "F3");
    Status(request.block, statuses[i]);
  }
  if (step.notice == Notice::kNone || step.mode == ListMode::kWait) return;
  list_notices_[IdOf(Index(step_index), kListEntry)] = {
      step.notice, project() || (error == 0 && !step.requests.empty()), 0};
}

// --- aio_cancel

Expectation Model::ExpectCancel(int block) const {
  const Submission& last = *Current(block);
  Expectation expectation;
  expectation.clause = "E1";
  expectation.what = absl::StrCat("aio_cancel of ", Describe(last));
  expectation.naming = Naming::kCancel;
  if (last.request.flaw == Flaw::kDescriptor) {
    expectation.clause = "E2";
    expectation.legal = {-EBADF};
  } else if (!last.outstanding()) {
    expectation.legal = {AIO_ALLDONE};
    // Where POSIX alone rules, a block that was refused or whose result was
    // taken is nothing to cancel.
    if (!project()) expectation.legal.push_back(-EINVAL);
  } else if (IsHeld(last)) {
    expectation.clause = "E3";
    expectation.legal = {AIO_CANCELED};
    // A write that is held may have begun.
    if (!project() || last.writes()) {
      expectation.legal.push_back(AIO_NOTCANCELED);
    }
  } else {
    expectation.legal = {AIO_CANCELED, AIO_NOTCANCELED, AIO_ALLDONE};
  }
  return expectation;
}

void Model::Canceled(int block, int result) {
  const Expectation expectation = ExpectCancel(block);
  Submission& last = submissions_[Index(current_[Index(block)])];
  if (!Judge(expectation, result) || !last.outstanding()) return;
  switch (result) {
    case AIO_CANCELED:
      last.cancel = Submission::Cancel::kDone;
      Complete(&last, "E1");
      break;
    case AIO_ALLDONE:
      Complete(&last, "E1");
      break;
    default:
      if (last.cancel == Submission::Cancel::kNone) {
        last.cancel = Submission::Cancel::kRefused;
      }
      break;
  }
}

std::vector<int> Model::AffectedByCancel(int object) const {
  std::vector<int> blocks;
  for (int block = 0; block < program_.blocks; ++block) {
    const Submission* const last = Current(block);
    if (last != nullptr && last->request.object == object &&
        last->request.flaw != Flaw::kDescriptor && last->outstanding()) {
      blocks.push_back(block);
    }
  }
  return blocks;
}

Expectation Model::ExpectCancelAll(int object) const {
  Expectation expectation;
  expectation.clause = "E2";
  expectation.what = absl::StrCat("aio_cancel of all of object ", object);
  expectation.naming = Naming::kCancel;
  const std::vector<int> blocks = AffectedByCancel(object);
  const auto held = [this](int block) { return IsHeld(*Current(block)); };
  const auto waits = [this](int block) {
    return !Current(block)->writes() && IsHeld(*Current(block));
  };
  if (!std::any_of(blocks.begin(), blocks.end(), held)) {
    expectation.legal.push_back(AIO_ALLDONE);
  }
  if (blocks.empty()) return expectation;
  expectation.legal.push_back(AIO_CANCELED);
  if (!project() || !std::all_of(blocks.begin(), blocks.end(), waits)) {
    expectation.legal.push_back(AIO_NOTCANCELED);
  }
  return expectation;
}

void Model::CanceledAll(int object, int result, const std::vector<int>& blocks,
                        const std::vector<int>& statuses) {
  if (!Judge(ExpectCancelAll(object), result)) return;
  std::vector<Submission*> named;
  std::vector<bool> held;
  for (int block : blocks) {
    named.push_back(&submissions_[Index(current_[Index(block)])]);
    held.push_back(IsHeld(*named.back()) && !named.back()->writes());
  }
  bool any = false;
  for (size_t i = 0; i < named.size(); ++i) {
    // Of several, none can be told which was not cancelled.
    if (result != AIO_ALLDONE) named[i]->cancel = Submission::Cancel::kMaybe;
    if (project() && held[i]) named[i]->cancel = Submission::Cancel::kDone;
    if (result != AIO_NOTCANCELED || (project() && held[i])) {
      Complete(named[i], "E2");
    }
    any = any || statuses[i] == ECANCELED;
  }
  for (size_t i = 0; i < named.size(); ++i) {
    Status(blocks[i], statuses[i]);
    if (named[i]->outstanding()) {
      named[i]->cancel = Submission::Cancel::kRefused;
    }
  }
  if (result == AIO_CANCELED && !any) {
    Accuse("E1", "aio_cancel gave AIO_CANCELED, and no request was cancelled");
  }
}

// --- aio_suspend

bool Model::MaySuspend(const Step& step) const {
  bool any_due = false;
  bool any_block = false;
  for (int block : step.blocks) {
    if (block == kNoBlock) continue;
    any_block = true;
    const Submission* const last = Current(block);
    if (last == nullptr) return false;
    if (!project() && (!last->accepted || last->returned)) return false;
    any_due = any_due || IsDue(*last);
  }
  if (!project() && !any_block) return false;
  return any_due || !any_block || step.timeout != Timeout::kNone;
}

Expectation Model::ExpectSuspend(const Step& step) const {
  Expectation expectation;
  expectation.clause = "D1";
  expectation.what = "aio_suspend";
  expectation.naming = Naming::kError;
  bool any_block = false;
  bool any_maybe = false;
  bool any_done = false;
  for (int block : step.blocks) {
    if (block == kNoBlock) continue;
    const Submission& last = *Current(block);
    any_block = true;
    any_done = any_done || !last.outstanding();
    any_maybe = any_maybe || !IsHeld(last);
  }
  if (any_maybe) expectation.legal.push_back(0);
  if (step.timeout == Timeout::kBad ||
      (step.timeout == Timeout::kNone && !any_block)) {
    expectation.clause = "D2";
    expectation.legal.push_back(EINVAL);
  } else if (step.timeout != Timeout::kNone && !any_done) {
    expectation.clause = "D2";
    expectation.legal.push_back(EAGAIN);
  }
  return expectation;
}

void Model::Suspended(const Step& step, int error, bool any_done) {
  if (!Judge(ExpectSuspend(step), error) || error != 0 || any_done) return;
  Accuse("D1", "aio_suspend gave 0, and no request of its list was done");
}

// --- Notifications

void Model::Noticed(int id, int status, bool whole) {
  ++now_;
  const bool is_list = id % kEntriesOfStep == kListEntry;
  Submission* const submission = is_list ? nullptr : Find(id);
  const auto list = list_notices_.find(id);
  if (submission == nullptr && list == list_notices_.end()) {
    Accuse("G1",
           absl::StrCat("a notification that nobody asked for: number ", id));
    return;
  }
  ++clauses_["G4"];
  if (!whole) {
    ++clauses_["G1"];
    Accuse("G1", "a notification without the si_code or the number of its own");
  }
  if (status == EINPROGRESS) {
    Accuse("G4", absl::StrCat("a notification came before its ",
                              is_list ? "list" : "request", " was done (step ",
                              id / kEntriesOfStep, ")"));
  }
  if (is_list) {
    ++list->second.came;
    return;
  }
  ++submission->notices;
  Complete(submission, "G4");
}

}  // namespace aioemul::tools::diff
