// The calls of a run that submit requests, ask for them and cancel them.

#include <aio.h>
#include <errno.h>
#include <sys/types.h>
#include <time.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/generator.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/notices.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/run.h"

namespace aioemul::tools::diff {
namespace {

constexpr timespec kZero = {0, 0};
constexpr timespec kShort = {0, 1'000'000};
constexpr timespec kBad = {0, 1'000'000'000};

const timespec* TimeOf(Timeout timeout) {
  switch (timeout) {
    case Timeout::kNone:
      break;
    case Timeout::kZero:
      return &kZero;
    case Timeout::kShort:
      return &kShort;
    case Timeout::kBad:
      return &kBad;
  }
  return nullptr;
}

}  // namespace

// --- Submitting

void Run::LearnStatus(int block) {
  const Submission* const last = model_.Current(block);
  if (last != nullptr && last->accepted && last->completed != kNever &&
      !last->status_known) {
    model_.Status(block, StatusOf(block));
  }
}

bool Run::MaySubmit(const Request& request) {
  TakeNotices();
  LearnStatus(request.block);
  return !is_over() && model_.MaySubmit(request);
}

int Run::Transfer(const Request& request) {
  aiocb* const block = requests_.block(request.block);
  int result = 0;
  switch (request.kind) {
    case RequestKind::kRead:
      result = backend_.read(block);
      break;
    case RequestKind::kWrite:
      result = backend_.write(block);
      break;
    default:
      result = backend_.fsync(SyncOperation(request), block);
      break;
  }
  return result == 0 ? 0 : errno;
}

void Run::Submit(size_t index) {
  const Request& request = program_.steps[index].requests[0];
  if (!MaySubmit(request)) return;
  const int id = IdOf(index, 0);
  requests_.Prepare(id, request, DescriptorOf(request),
                    Notices::Get().EventFor(id, request.notice,
                                            {requests_.block(request.block)}));
  Do(Event::Kind::kSubmit, id, model_.ExpectSubmit(request));
  const int error = Transfer(request);
  const ObjectKind kind =
      program_.objects[static_cast<size_t>(request.object)].kind;
  if (IsMissing(error, request.notice == Notice::kNone
                           ? FeatureOf(request, kind)
                           : FeatureOf(request.notice))) {
    return;
  }
  Count(absl::StrCat("aio_", NameOf(request.kind)),
        NameOf(error, Naming::kError));
  if (error == 0 && request.spoilt) requests_.Spoil(request.block);
  model_.Submitted(id, request, error);
}

void Run::SubmitAgain(int block) {
  const Submission* const last = model_.Current(block);
  if (last == nullptr || !last->outstanding() || !model_.IsHeld(*last)) return;
  Do(Event::Kind::kAgain, block, model_.ExpectAgain(block));
  const int error = Transfer(last->request);
  Count(absl::StrCat("aio_", NameOf(last->request.kind)),
        NameOf(error, Naming::kError));
  model_.SubmittedAgain(block, error);
}

void Run::List(size_t index) {
  const Step& step = program_.steps[index];
  for (const Request& request : step.requests) {
    if (request.kind != RequestKind::kNull && !MaySubmit(request)) return;
  }
  if (is_over() || !model_.MayList(step)) return;
  std::vector<aiocb*> list;
  std::vector<const aiocb*> transfers;
  for (size_t i = 0; i < step.requests.size(); ++i) {
    const Request& request = step.requests[i];
    list.push_back(nullptr);
    if (request.kind == RequestKind::kNull) continue;
    list.back() = requests_.block(request.block);
    if (request.kind != RequestKind::kNop) transfers.push_back(list.back());
    const int id = IdOf(index, i);
    requests_.Prepare(
        id, request, DescriptorOf(request),
        Notices::Get().EventFor(id, request.notice, {list.back()}));
  }
  sigevent event =
      Notices::Get().EventFor(IdOf(index, kListEntry), step.notice, transfers);
  const int mode = step.mode == ListMode::kWait     ? LIO_WAIT
                   : step.mode == ListMode::kNoWait ? LIO_NOWAIT
                                                    : -1;
  Do(Event::Kind::kList, static_cast<int>(index), model_.ExpectList(step));
  const int result =
      backend_.listio(mode, list.data(), static_cast<int>(list.size()),
                      step.notice == Notice::kNone ? nullptr : &event);
  const int error = result == 0 ? 0 : errno;
  if (IsMissing(error, FeatureOf(step))) return;
  Count("lio_listio", NameOf(error, Naming::kError));
  std::vector<int> statuses;
  for (const Request& request : step.requests) {
    const bool transfers_bytes = request.kind == RequestKind::kRead ||
                                 request.kind == RequestKind::kWrite;
    statuses.push_back(transfers_bytes ? StatusOf(request.block) : 0);
    if (IsMissing(statuses.back(), FeatureOf(step))) return;
    if (result == 0 && transfers_bytes && request.spoilt) {
      requests_.Spoil(request.block);
    }
  }
  model_.Listed(static_cast<int>(index), step, error, statuses);
}

// --- Asking

void Run::Ask(int block) {
  if (!model_.MayAskStatus(block)) return;
  Do(Event::Kind::kStatus, block, model_.ExpectStatus(block));
  const int status = StatusOf(block);
  if (IsMissing(status, "error")) return;
  Count("aio_error", NameOf(status, Naming::kError));
  model_.Status(block, status);
}

void Run::Await(int block) {
  if (!model_.MayAwait(block)) return;
  Do(Event::Kind::kAwait, block, model_.ExpectStatus(block));
  Patience patience;
  int status = 0;
  while ((status = StatusOf(block)) == EINPROGRESS) patience.Wait();
  if (IsMissing(status, "error")) return;
  Count("aio_error", NameOf(status, Naming::kError));
  model_.Status(block, status);
}

void Run::Return(int block) {
  LearnStatus(block);
  if (is_over() || !model_.MayReturn(block)) return;
  const Submission& last = *model_.Current(block);
  const bool again = last.returned;
  Do(Event::Kind::kReturn, block, model_.ExpectReturn(block));
  ssize_t result = backend_.result(requests_.block(block));
  if (result < 0 && IsMissing(errno, "return")) return;
  if (result < 0 && again) result = -errno;
  Count("aio_return", result < 0 ? "-1" : result == 0 ? "0" : "bytes");
  model_.Returned(block, result);
  if (!again && last.accepted && last.reads() && result >= 0 &&
      result <= last.request.bytes) {
    model_.HasRead(last.id,
                   requests_.Buffer(last.id, static_cast<size_t>(result)));
  }
}

void Run::Fresh(int block) {
  if (model_.Current(block) != nullptr) return;
  Do(Event::Kind::kFresh, block, model_.ExpectFresh(false));
  const int status = StatusOf(block);
  ssize_t result = backend_.result(requests_.block(block));
  if (IsMissing(status, "error")) return;
  if (result < 0) result = -errno;
  Count("aio_error", NameOf(status, Naming::kError));
  Count("aio_return", result < 0 ? "-1" : "bytes");
  model_.Fresh(status, result);
  model_.Null(backend_.read(nullptr) == 0 ? 0 : errno);
}

// --- Several requests

void Run::Cancel(int block) {
  if (!model_.MayCancel(block)) return;
  Do(Event::Kind::kCancel, block, model_.ExpectCancel(block));
  aiocb* const named = requests_.block(block);
  int result = backend_.cancel(named->aio_fildes, named);
  if (result < 0) result = -errno;
  if (IsMissing(-result, "cancel")) return;
  Count("aio_cancel", NameOf(result, Naming::kCancel));
  model_.Canceled(block, result);
}

void Run::CancelAll(int object) {
  Do(Event::Kind::kCancelAll, object, model_.ExpectCancelAll(object));
  const std::vector<int> blocks = model_.AffectedByCancel(object);
  int result = backend_.cancel(stage_.descriptor(object), nullptr);
  if (result < 0) result = -errno;
  if (IsMissing(-result, "cancel-all")) return;
  Count("aio_cancel", NameOf(result, Naming::kCancel));
  std::vector<int> statuses;
  statuses.reserve(blocks.size());
  for (int block : blocks) statuses.push_back(StatusOf(block));
  model_.CanceledAll(object, result, blocks, statuses);
}

void Run::Suspend(size_t index) {
  const Step& step = program_.steps[index];
  if (!IsDefined(contract_, step.timeout) || !model_.MaySuspend(step)) return;
  std::vector<const aiocb*> list;
  for (int block : step.blocks) {
    list.push_back(block == kNoBlock ? nullptr : requests_.block(block));
  }
  Do(Event::Kind::kSuspend, static_cast<int>(index),
     model_.ExpectSuspend(step));
  const int result = backend_.suspend(
      list.data(), static_cast<int>(list.size()), TimeOf(step.timeout));
  const int error = result == 0 ? 0 : errno;
  if (IsMissing(error, "suspend")) return;
  Count("aio_suspend", NameOf(error, Naming::kError));
  std::vector<std::pair<int, int>> statuses;
  bool any_done = false;
  for (int block : step.blocks) {
    if (block == kNoBlock) continue;
    statuses.emplace_back(block, StatusOf(block));
    any_done = any_done || statuses.back().second != EINPROGRESS;
  }
  model_.Suspended(step, error, any_done);
  for (const auto& [block, status] : statuses) {
    if (model_.MayAskStatus(block)) model_.Status(block, status);
  }
}

}  // namespace aioemul::tools::diff
