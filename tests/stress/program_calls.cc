// The calls of a program that wait and that cancel (contract D and E).

#include <algorithm>
#include <cerrno>
#include <vector>

#include "tests/stress/program.h"

namespace aioemul::stress {

void Program::SuspendOnSome() {
  std::vector<const aiocb*> list;
  bool any = false;
  bool any_file = false;
  for (const auto& attempt : outstanding_) {
    if (random_.OneIn(3)) list.push_back(nullptr);
    if (random_.OneIn(2)) continue;
    list.push_back(attempt->block.get());
    any = true;
    any_file |= !attempt->subject->is_stream();
  }
  // Only what comes about without this program may be waited for without limit.
  const bool unlimited = any_file && mix().WaitsEnd() && random_.OneIn(2);
  timespec timeout = {};
  if (random_.OneIn(2)) timeout.tv_nsec = random_.Below(200'000);
  const int result =
      session_.engine.Suspend(list.data(), static_cast<int>(list.size()),
                              unlimited ? nullptr : &timeout);
  ++counts_.suspensions;
  if (result == -EINTR && mix().handlers) return;
  if (result != 0) {
    failures().Check(result == -EAGAIN && !unlimited,
                     "aio_suspend gave a wrong answer");
    return;
  }
  const bool complete =
      std::any_of(list.begin(), list.end(), [&](const aiocb* block) {
        return block != nullptr && session_.engine.Error(block) != EINPROGRESS;
      });
  failures().Check(any && complete,
                   "aio_suspend returned with everything in progress");
}

bool Program::CancelIsCertain(const Attempt& attempt) const {
  return attempt.subject->is_stream() &&
         attempt.subject->CanBeTried(attempt.kind) &&
         !attempt.subject->MayFailWith(EAGAIN) && mix().WaitsEnd();
}

void Program::CancelOne(Attempt* attempt) {
  // What is outstanding on a closed descriptor cannot be named any more.
  if (attempt == nullptr || attempt->subject->fd() < 0) return;
  attempt->cancel_asked = true;
  const int result =
      session_.engine.Cancel(attempt->subject->fd(), attempt->block.get());
  const int status = session_.engine.Error(attempt->block.get());
  switch (result) {
    case AIO_CANCELED:
      failures().Check(status == ECANCELED,
                       "AIO_CANCELED, but the status is another");
      break;
    case AIO_ALLDONE:
      failures().Check(status != EINPROGRESS,
                       "AIO_ALLDONE, but the request is in progress");
      break;
    case AIO_NOTCANCELED:
      attempt->had_started = true;
      break;
    default:
      failures().Add("aio_cancel refused a valid call");
      break;
  }
  if (CancelIsCertain(*attempt)) {
    failures().Check(status != EINPROGRESS,
                     "a request that waits on a stream was not cancelled");
  }
}

void Program::CancelAll(Subject* subject) {
  subject->CancelAsked();
  for (const auto& attempt : outstanding_) {
    if (attempt->subject == subject) attempt->cancel_asked = true;
  }
  const int result = session_.engine.Cancel(subject->fd(), nullptr);
  failures().Check(result == AIO_CANCELED || result == AIO_ALLDONE ||
                       result == AIO_NOTCANCELED,
                   "aio_cancel of a descriptor refused a valid call");
  for (const auto& attempt : outstanding_) {
    if (attempt->subject != subject) continue;
    if (result == AIO_NOTCANCELED && !CancelIsCertain(*attempt)) continue;
    failures().Check(!IsInProgress(*attempt),
                     "a request went on when its descriptor was cancelled");
  }
}

void Program::CancelInvalid() {
  Attempt* attempt = AnyOutstanding();
  failures().Check(session_.engine.Cancel(-1, nullptr) == -EBADF,
                   "aio_cancel of no descriptor gave a wrong answer");
  if (attempt == nullptr || attempt->subject->fd() < 0) return;
  const int other = AnySubject()->fd();
  if (other == attempt->subject->fd()) return;
  failures().Check(
      session_.engine.Cancel(other, attempt->block.get()) == -EINVAL,
      "aio_cancel on another descriptor gave a wrong answer");
}

}  // namespace aioemul::stress
