// The model of submissions and their results.

#include "tools/aioemul/diff/model.h"

#include <errno.h>
#include <sys/types.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

Model::Model(const Program& program, Contract contract)
    : program_(program),
      contract_(contract),
      current_(static_cast<size_t>(program.blocks), -1),
      streams_(program.objects.size()) {}

const Submission* Model::Current(int block) const {
  const int index = current_[Index(block)];
  return index < 0 ? nullptr : &submissions_[Index(index)];
}

Submission* Model::Find(int id) {
  for (Submission& submission : submissions_) {
    if (submission.id == id) return &submission;
  }
  return nullptr;
}

void Model::Accuse(absl::string_view clause, absl::string_view text) {
  faults_.push_back({std::string(clause), std::string(text)});
}

void Model::Kept(absl::string_view clause, bool kept, absl::string_view what) {
  ++clauses_[std::string(clause)];
  if (!kept) Accuse(clause, what);
}

bool Model::Judge(const Expectation& expectation, long got) {
  ++now_;
  ++clauses_[std::string(expectation.clause)];
  if (expectation.Allows(got)) return true;
  Accuse(expectation.clause,
         absl::StrCat(expectation.what, ": ", NameOf(got, expectation.naming),
                      ", where only ", expectation.LegalText(), " is legal"));
  return false;
}

std::string Model::Describe(const Submission& submission) const {
  return absl::StrCat("block ", submission.request.block, " (the ",
                      NameOf(submission.request.kind), " of step ",
                      submission.id / kEntriesOfStep, ")");
}

// --- Submitting

int Model::FlawError(const Request& request) const {
  switch (request.flaw) {
    case Flaw::kNone:
      return 0;
    case Flaw::kDescriptor:
    case Flaw::kDirection:
      return EBADF;
    case Flaw::kBuffer:
      return EFAULT;
    default:
      return EINVAL;
  }
}

bool Model::MayReuse(int block) const {
  const Submission* const last = Current(block);
  if (last == nullptr) return true;
  // The list's notification looks at the block.
  const auto list = list_notices_.find(last->list);
  if (list != list_notices_.end() && list->second.came == 0) return false;
  if (!last->accepted) return true;
  if (last->completed == kNever || !last->status_known) return false;
  if (last->request.notice != Notice::kNone && last->notices == 0) return false;
  // How much a stream's request has moved must be known.
  return IsFile(last->object_kind) || last->returned || last->status != 0;
}

bool Model::MaySubmit(const Request& request) const {
  if (!IsDefined(contract_, request) || !MayReuse(request.block)) return false;
  // Whether a write that fails fills the file up to its offset is open.
  if (request.flaw == Flaw::kBuffer && request.offset != 0) return false;
  // Whether a stream's transfer of nothing waits for those before it is open.
  return request.bytes > 0 || IsFile(KindOf(request.object)) ||
         (request.kind != RequestKind::kRead &&
          request.kind != RequestKind::kWrite);
}

Expectation Model::ExpectSubmit(const Request& request) const {
  Expectation expectation;
  expectation.clause = "A1";
  expectation.naming = Naming::kError;
  expectation.what =
      absl::StrCat("aio_", NameOf(request.kind), " with block ", request.block);
  const int error = request.flaw == Flaw::kBuffer ? 0 : FlawError(request);
  if (error != 0) {
    expectation.clause = error == EBADF ? "A3" : "A4";
    expectation.legal.push_back(error);
  }
  if (error == 0 || !project()) expectation.legal.push_back(0);
  if (project()) return expectation;
  expectation.legal.push_back(EAGAIN);
  if (request.kind == RequestKind::kFsync && !IsFile(KindOf(request.object))) {
    expectation.legal.push_back(EINVAL);
    expectation.legal.push_back(EBADF);
  }
  return expectation;
}

void Model::Submitted(int id, const Request& request, int error) {
  Judge(ExpectSubmit(request), error);
  Add(id, request, error == 0);
  if (error == 0) return;
  Submission& refused = submissions_.back();
  Complete(&refused, "A2");
  refused.status_known = project();
  refused.status = error;
}

void Model::Add(int id, const Request& request, bool accepted) {
  Submission submission;
  submission.id = id;
  submission.request = request;
  submission.object_kind = KindOf(request.object);
  submission.accepted = accepted;
  submission.flaw_error = FlawError(request);
  submission.submitted = ++now_;
  current_[Index(request.block)] = static_cast<int>(submissions_.size());
  submissions_.push_back(submission);
}

Expectation Model::ExpectAgain(int block) const {
  Expectation expectation;
  expectation.clause = "A7";
  expectation.what =
      absl::StrCat("block ", block, ", submitted again while in progress");
  expectation.naming = Naming::kError;
  expectation.legal = {EBUSY};
  return expectation;
}

void Model::SubmittedAgain(int block, int error) {
  Judge(ExpectAgain(block), error);
}

// --- Results

void Model::Complete(Submission* submission, absl::string_view clause) {
  if (submission->completed != kNever) return;
  submission->completed = ++now_;
  submission->completed_by = clause;
}

// The statuses that the request may end with.
std::vector<long> Model::FinalStatuses(const Submission& submission) const {
  if (submission.status_known) return {submission.status};
  if (submission.cancel == Submission::Cancel::kDone) return {ECANCELED};
  std::vector<long> statuses;
  if (submission.flaw_error != 0) {
    statuses.push_back(submission.flaw_error);
  } else if (submission.syncs() && !IsFile(submission.object_kind)) {
    // Not all systems can synchronize what is no file.
    statuses = {EINVAL, 0};
    if (!project()) statuses.push_back(EBADF);
  } else {
    statuses.push_back(0);
    AddStreamStatuses(submission, &statuses);
  }
  if (submission.cancel == Submission::Cancel::kMaybe) {
    statuses.push_back(ECANCELED);
  }
  return statuses;
}

bool Model::MayAskStatus(int block) const {
  const Submission* const last = Current(block);
  if (last == nullptr) return false;
  return project() || (last->accepted && !last->returned);
}

Expectation Model::ExpectStatus(int block) const {
  const Submission& last = *Current(block);
  Expectation expectation;
  expectation.clause = "C1";
  expectation.what = absl::StrCat("aio_error of ", Describe(last));
  expectation.naming = Naming::kError;
  if (last.returned) {
    expectation.clause = "C2";
    expectation.legal = {last.status};
  } else if (last.outstanding() && IsHeld(last)) {
    expectation.clause = last.syncs() ? "B5" : "I1";
    expectation.legal = {EINPROGRESS};
  } else {
    expectation.legal = FinalStatuses(last);
    if (last.outstanding()) {
      expectation.legal.push_back(EINPROGRESS);
    } else if (!last.completed_by.empty()) {
      expectation.clause = last.completed_by;
    }
  }
  return expectation;
}

void Model::Status(int block, int status) {
  const Expectation expectation = ExpectStatus(block);
  Submission& last = submissions_[Index(current_[Index(block)])];
  const bool legal = Judge(expectation, status);
  if (last.returned || status == EINPROGRESS || !legal) return;
  Complete(&last, "C1");
  if (!last.status_known && last.syncs() && status == 0) ReleaseBarrier(last);
  last.status_known = true;
  last.status = status;
}

// What an fsync that is complete says of the requests before it.
void Model::ReleaseBarrier(const Submission& barrier) {
  ++clauses_["B5"];
  for (Submission& earlier : submissions_) {
    if (&earlier == &barrier) break;
    if (earlier.request.object == barrier.request.object &&
        earlier.outstanding() && earlier.flaw_error == 0 &&
        (project() || earlier.writes())) {
      Complete(&earlier, "B5");
    }
  }
}

bool Model::MayReturn(int block) const {
  const Submission* const last = Current(block);
  if (last == nullptr || last->completed == kNever || !last->status_known) {
    return false;
  }
  return project() || (last->accepted && !last->returned);
}

Expectation Model::ExpectReturn(int block) const {
  const Submission& last = *Current(block);
  Expectation expectation;
  expectation.clause = "C1";
  expectation.what = absl::StrCat("aio_return of ", Describe(last));
  const long bytes = last.request.bytes;
  if (last.returned) {
    expectation.clause = "C2";
    expectation.naming = Naming::kNegativeError;
    expectation.legal = {-EINVAL};
  } else if (last.status != 0) {
    if (last.status == ECANCELED) expectation.clause = "E1";
    expectation.legal = {-1};
  } else if (last.syncs()) {
    expectation.legal = {0};
  } else if (last.writes()) {
    expectation.clause = IsFile(last.object_kind) ? "A8" : "I3";
    const bool may_be_short = !IsFile(last.object_kind) &&
                              (last.cancel != Submission::Cancel::kNone ||
                               streams_[Index(last.request.object)].hung_up);
    expectation.low = may_be_short && bytes > 0 ? 1 : bytes;
    expectation.high = bytes;
  } else {
    expectation.clause = "A8";
    const Stream& stream = streams_[Index(last.request.object)];
    const bool may_be_empty = IsFile(last.object_kind) || bytes == 0 ||
                              stream.hung_up || stream.ended;
    expectation.low = may_be_empty ? 0 : 1;
    expectation.high = bytes;
  }
  return expectation;
}

void Model::Returned(int block, ssize_t result) {
  const Expectation expectation = ExpectReturn(block);
  Submission& last = submissions_[Index(current_[Index(block)])];
  Judge(expectation, result);
  if (last.returned) return;
  last.returned = true;
  last.result = result;
}

Expectation Model::ExpectFresh(bool result) const {
  Expectation expectation;
  expectation.clause = "C2";
  expectation.what = absl::StrCat(result ? "aio_return" : "aio_error",
                                  " of a block never submitted");
  expectation.naming = result ? Naming::kNegativeError : Naming::kError;
  expectation.legal = {result ? -EINVAL : EINVAL};
  return expectation;
}

Expectation Model::ExpectNull() const {
  Expectation expectation;
  expectation.clause = "A4";
  expectation.what = "aio_read with a null control block";
  expectation.naming = Naming::kError;
  expectation.legal = {EINVAL};
  return expectation;
}

void Model::Fresh(int status, ssize_t result) {
  Judge(ExpectFresh(false), status);
  Judge(ExpectFresh(true), result);
}

}  // namespace aioemul::tools::diff
