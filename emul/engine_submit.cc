// The engine's way in: from a control block to a request in its descriptor's
// queue, one at a time or as a list.

#include <cerrno>

#include "emul/engine.h"
#include "emul/platform/annotations.h"
#include "emul/uninterrupted.h"

namespace aioemul {

namespace {

// Whether nothing of a write is left to be done once so much is written, or an
// error has come.
bool IsWhole(ssize_t written, const aiocb& block) {
  return written < 0 ||
         (written > 0 && static_cast<size_t>(written) == block.aio_nbytes);
}

}  // namespace

int Engine::Read(aiocb* block) {
  if (block == nullptr) return -EINVAL;
  const ssize_t count = ReadAtOnce(*block);
  if (count >= 0 && CompleteAtOnce(block, count)) return 0;
  const Uninterrupted uninterrupted;
  return Answer(SubmitRead(block, nullptr, count));
}

int Engine::Write(aiocb* block) {
  if (block == nullptr) return -EINVAL;
  const ssize_t written = WriteAtOnce(*block);
  if (IsWhole(written, *block) && CompleteAtOnce(block, written)) return 0;
  const Uninterrupted uninterrupted;
  return Answer(SubmitWrite(block, nullptr, written));
}

int Engine::Sync(int operation, aiocb* block) {
  const Uninterrupted uninterrupted;
  return Answer(SubmitSync(block, operation));
}

int Engine::Answer(int error) const {
  return error == -EAGAIN && abandoned() ? -ESTALE : error;
}

// --- The way in

int Engine::SubmitRead(aiocb* block, ListOperation* list, ssize_t count) {
  return Submit(
      block,
      [&](Submission* submission) {
        return ValidateTransfer(*block, Direction::kRead, platform_,
                                submission);
      },
      list, count);
}

int Engine::SubmitWrite(aiocb* block, ListOperation* list, ssize_t written) {
  const int error = Submit(
      block,
      [&](Submission* submission) {
        submission->moved = written > 0 ? static_cast<size_t>(written) : 0;
        return ValidateTransfer(*block, Direction::kWrite, platform_,
                                submission);
      },
      list);
  // What has been written in part is not refused: it is a short write.  Nor is
  // what has failed already.
  if (error == 0 || error == -EBUSY || written == 0 ||
      !CompleteAtOnce(block, written)) {
    return error;
  }
  // Never the last, as in SubmitEntries.
  if (list != nullptr) static_cast<void>(list->EntryDone(written < 0));
  return 0;
}

int Engine::SubmitSync(aiocb* block, int operation) {
  if (block == nullptr) return -EINVAL;
  return Submit(
      block,
      [&](Submission* submission) {
        return ValidateSync(*block, operation, platform_, submission);
      },
      nullptr);
}

int Engine::Submit(aiocb* block, Validation validate, ListOperation* list,
                   ssize_t count) {
  control_block::Word word = 0;
  if (requests_.Find(block, &word) != nullptr) return -EBUSY;
  const int error = Attempt(block, word, validate, list, count);
  if (error != 0 && error != -EBUSY) {
    // When another thread has changed the block first, the block is its.
    control_block::Exchange(block, word, control_block::Complete(-error));
  }
  return error;
}

int Engine::Attempt(aiocb* block, control_block::Word word, Validation validate,
                    ListOperation* list, ssize_t count) {
  for (;;) {
    Submission submission;
    DescriptorQueue* queue = FindQueue(block->aio_fildes);
    if (queue == nullptr) {
      // Only numbers that are open deserve a queue.
      if (const int error = validate(&submission); error != 0) return error;
      if (abandoned()) return -EAGAIN;
      queue = descriptors_.FindOrMake(submission.transfer.fd);
      if (queue == nullptr) return -EAGAIN;
    }
    const DescriptorQueue::Tenure tenure =
        queue->AwaitTenure(block->aio_fildes);
    if (const int error = validate(&submission); error != 0) return error;
    const int error =
        Admit(block, word, submission, list, queue, tenure, count);
    if (error != -ESTALE) return error;
  }
}

int Engine::Admit(aiocb* block, control_block::Word word,
                  const Submission& submission, ListOperation* list,
                  DescriptorQueue* queue, const DescriptorQueue::Tenure& tenure,
                  ssize_t count) {
  int error = -EAGAIN;
  if (outstanding_.fetch_add(1, std::memory_order_relaxed) < max_requests_) {
    if (Request* request = requests_.Acquire()) {
      request->transfer = submission.transfer;
      request->level = submission.level;
      request->notification = submission.notification;
      request->notification.sent = &RequestNotified;
      request->notification.owner = request;
      request->list = list;
      request->may_start_thread =
          request->notification.kind == Notification::Kind::kThread ||
          (list != nullptr &&
           list->notification().kind == Notification::Kind::kThread);
      request->table = &requests_;
      ++request->uses;
      request->moved = submission.moved;
      request->ready = false;
      request->device = false;
      request->limit = 0;
      request->holds_file = false;
      request->let_go = false;
      error = Start(request, block, word, queue, tenure, count);
      if (error == 0) return 0;
      requests_.Release(request);
    }
  }
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
  return error;
}

int Engine::Start(Request* request, aiocb* block, control_block::Word word,
                  DescriptorQueue* queue, const DescriptorQueue::Tenure& tenure,
                  ssize_t count) {
  control_block::TellOfHandOver(block);
  // The threads first: an accepted request must not be left without one that
  // carries it out, and one that sends its notification.  After a time without
  // any, what was to be set aside may not have been yet.
  const bool is_stream = IsStream(request->transfer.operation);
  if (!is_stream) {
    if (pool_.thread_count() == 0) Reserve();
    if (count < 0 && pool_.EnsureWorker() != 0) return -EAGAIN;
  }
  if (EnsureAttendant(request->notification) != 0) return -EAGAIN;
  if (is_stream) return StartStream(request, block, word, queue, tenure);
  DescriptorQueue::CompletedList completed;
  return count >= 0 ? CompleteAtOnce(request, block, word, count)
                    : queue->Accept(request, block, word, tenure, &completed);
}

// Most need no thread, so the poller's is made sure of once it is known that
// this one does.
int Engine::StartStream(Request* request, aiocb* block,
                        control_block::Word word, DescriptorQueue* queue,
                        const DescriptorQueue::Tenure& tenure) {
  DescriptorQueue::CompletedList completed;
  const uint32_t uses = request->uses;
  const bool may_be_device = request->transfer.kind == DescriptorKind::kOther;
  int error = queue->Accept(request, block, word, tenure, &completed);
  if (error != 0) return error;
  // The poller's thread starts none, if that can be avoided.
  const bool needs_threads = completed.front() != request;
  if (needs_threads && may_be_device) error = attendant_.Ensure();
  if (needs_threads && error == 0) error = poller_.Ensure();
  if (error == 0) {
    Finish(&completed, Notifier::Manner::kAtOnce);
    return 0;
  }
  error = 0;
  if (queue->Refuse(request, uses, block, &completed)) {
    Waiters::Wakeups wakeups;
    waiters_.Take(request->waited, &wakeups);
    waiters_.Wake(wakeups);
    // Retired as any other: it may be released, and counts no more.
    request->MoveTo(RequestState::kFree);
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    error = -EAGAIN;
  }
  Finish(&completed, Notifier::Manner::kAtOnce);
  return error;
}

// --- Lists

int Engine::List(int mode, aiocb* const list[], int count,
                 const sigevent* event) {
  if ((mode != LIO_WAIT && mode != LIO_NOWAIT) || count < 0 ||
      count > max_requests_ || (list == nullptr && count > 0)) {
    return -EINVAL;
  }
  Notification notification;
  if (mode == LIO_NOWAIT && event != nullptr) {
    const int error = ValidateEvent(*event, platform_, &notification);
    if (error != 0) return error;
  }
  ListOperation* operation = nullptr;
  const int submitted = SubmitList(list, count, notification, &operation);
  if (submitted == -ESTALE) return submitted;
  if (mode == LIO_WAIT) return WaitForList(operation, submitted);
  if (operation != nullptr) operation->Unreference();
  return submitted;
}

int Engine::SubmitList(aiocb* const list[], int count,
                       const Notification& notification,
                       ListOperation** operation) {
  const Uninterrupted uninterrupted;
  if (!abandoned()) *operation = ListOperation::Make(lists_, notification);
  // Even an empty list may have to send its notification later.
  if (*operation != nullptr && EnsureAttendant(notification) != 0) {
    lists_.Release(*operation);
    *operation = nullptr;
  }
  if (*operation == nullptr) {
    RefuseEntries(list, count);
    return Answer(-EAGAIN);
  }
  const int worst = SubmitEntries(list, count, *operation);
  if ((*operation)->Seal()) {
    FinishList(*operation, Notifier::Manner::kAtOnce);
  }
  return worst;
}

void Engine::RefuseEntries(aiocb* const list[], int count) {
  for (int i = 0; i < count; ++i) {
    if (list[i] == nullptr || list[i]->aio_lio_opcode == LIO_NOP) continue;
    Submit(
        list[i], [](Submission* /*submission*/) { return -EAGAIN; }, nullptr);
  }
}

int Engine::SubmitEntries(aiocb* const list[], int count,
                          ListOperation* operation) {
  int worst = 0;
  for (int i = 0; i < count; ++i) {
    aiocb* block = list[i];
    if (block == nullptr || block->aio_lio_opcode == LIO_NOP) continue;
    operation->AddEntry();
    const int error = SubmitEntry(block, operation);
    if (error == 0) continue;
    // Never the last: the caller still holds the list open.
    static_cast<void>(operation->EntryDone(/*failed=*/true));
    if (worst != -EAGAIN) worst = error == -EAGAIN ? -EAGAIN : -EIO;
  }
  return worst;
}

int Engine::SubmitEntry(aiocb* block, ListOperation* list) {
  switch (block->aio_lio_opcode) {
    case LIO_READ: {
      const ssize_t count = ReadAtOnce(*block);
      if (count < 0 || !CompleteAtOnce(block, count)) {
        return SubmitRead(block, list, count);
      }
      // Never the last, as in SubmitEntries.
      static_cast<void>(list->EntryDone(/*failed=*/false));
      return 0;
    }
    case LIO_WRITE: {
      const ssize_t written = WriteAtOnce(*block);
      if (!IsWhole(written, *block) || !CompleteAtOnce(block, written)) {
        return SubmitWrite(block, list, written);
      }
      // Never the last, as in SubmitEntries.
      static_cast<void>(list->EntryDone(written < 0));
      return 0;
    }
    default:
      return Submit(
          block, [](Submission* /*submission*/) { return -EINVAL; }, list);
  }
}

int Engine::WaitForList(ListOperation* operation, int submitted) {
  if (operation == nullptr) return -EIO;
  ListDone done(*operation);
  int result = waiters_.Wait(done, kNever, CancellationPoint::kNo);
  annotations::Acquire(operation);
  if (result == 0 && (submitted != 0 || operation->failed())) result = -EIO;
  operation->Unreference();
  return result;
}

}  // namespace aioemul
