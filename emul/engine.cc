#include "emul/engine.h"

#include <pthread.h>

#include <cerrno>

#include "emul/any_complete.h"
#include "emul/stream.h"
#include "emul/uninterrupted.h"

namespace aioemul {
namespace {

constexpr MonotonicTime kSecond = 1'000'000'000;

MonotonicTime Seconds(int seconds) { return seconds * kSecond; }

// The time `timeout` from now; kNever for null.  False when it is no time.
bool ToDeadline(const timespec* timeout, Platform& platform,
                MonotonicTime* deadline) {
  *deadline = kNever;
  if (timeout == nullptr) return true;
  if (timeout->tv_sec < 0 || timeout->tv_nsec < 0 ||
      timeout->tv_nsec >= kSecond) {
    return false;
  }
  const MonotonicTime now = platform.Now();
  // A time beyond the clock's range never comes.
  if (timeout->tv_sec < (kNever - now) / kSecond - 1) {
    *deadline = now + timeout->tv_sec * kSecond + timeout->tv_nsec;
  }
  return true;
}

// Whether the caller only wants to look.
bool IsZero(const timespec* timeout) {
  return timeout != nullptr && timeout->tv_sec == 0 && timeout->tv_nsec == 0;
}

}  // namespace

Engine::Engine(const Options& options, Platform& platform,
               const Engine* predecessor)
    : platform_(platform),
      predecessor_(predecessor),
      max_requests_(options.max_requests.value),
      reserve_(options.reserve.value),
      requests_(platform),
      lists_(platform),
      waiters_(platform),
      notifier_(platform),
      options_(options),
      gates_{BlockingGate(options.threads.value),
             BlockingGate(options.threads.value)},
      descriptors_({platform, pool_, poller_, gates_, outstanding_}),
      pool_(platform, *this, options.threads.value,
            Seconds(options.idle_time.value)),
      poller_(platform, Seconds(options.idle_time.value)) {}

void Engine::Configure(int threads, int reserve, int idle_time) {
  const Uninterrupted uninterrupted;
  if (abandoned()) return;
  MutexLock lock(options_mutex_);
  options_.threads.Set(threads);
  options_.reserve.Set(reserve);
  // As in glibc, whose callers leave what they do not mean at 0.
  if (idle_time != 0) options_.idle_time.Set(idle_time);
  const MonotonicTime idle = Seconds(options_.idle_time.value);
  for (BlockingGate& gate : gates_) gate.Configure(options_.threads.value);
  poller_.Configure(idle);
  pool_.Configure(options_.threads.value, idle);
  reserve_.store(options_.reserve.value, std::memory_order_relaxed);
  Reserve();
}

void Engine::Reserve() {
  const int reserve = reserve_.load(std::memory_order_relaxed);
  requests_.Reserve(static_cast<uint32_t>(reserve));
}

// --- The way in

int Engine::Read(aiocb* block) {
  const Uninterrupted uninterrupted;
  return SubmitTransfer(block, Direction::kRead, nullptr);
}

int Engine::Write(aiocb* block) {
  const Uninterrupted uninterrupted;
  return SubmitTransfer(block, Direction::kWrite, nullptr);
}

int Engine::Sync(int operation, aiocb* block) {
  const Uninterrupted uninterrupted;
  if (block == nullptr) return -EINVAL;
  Submission submission;
  const int error = ValidateSync(*block, operation, platform_, &submission);
  return Submit(block, error, submission, nullptr);
}

int Engine::SubmitTransfer(aiocb* block, Direction direction,
                           ListOperation* list) {
  if (block == nullptr) return -EINVAL;
  Submission submission;
  const int error = ValidateTransfer(*block, direction, platform_, &submission);
  return Submit(block, error, submission, list);
}

int Engine::Submit(aiocb* block, int validation_error,
                   const Submission& submission, ListOperation* list) {
  control_block::Word word = 0;
  if (requests_.Find(block, &word) != nullptr) return -EBUSY;
  const int error = validation_error != 0
                        ? validation_error
                        : Admit(block, word, submission, list);
  if (error != 0 && error != -EBUSY) {
    // When another thread has changed the block first, the block is its.
    control_block::Exchange(block, word,
                            control_block::Complete(block, -error));
  }
  return error;
}

int Engine::Admit(aiocb* block, control_block::Word word,
                  const Submission& submission, ListOperation* list) {
  int error = -EAGAIN;
  if (outstanding_.fetch_add(1, std::memory_order_relaxed) < max_requests_) {
    if (Request* request = requests_.Acquire()) {
      request->transfer = submission.transfer;
      request->level = submission.level;
      request->notification = submission.notification;
      request->notification.sent = &RequestNotified;
      request->notification.owner = request;
      request->list = list;
      request->table = &requests_;
      ++request->uses;
      request->moved = 0;
      request->ready = false;
      error = Enqueue(request, block, word);
      if (error == 0) return 0;
      requests_.Release(request);
    }
  }
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
  return error;
}

int Engine::Enqueue(Request* request, aiocb* block, control_block::Word word) {
  // The worker first: an accepted request must not be left without one.  After
  // a time without any, what was to be set aside may not have been yet.
  if (pool_.thread_count() == 0) Reserve();
  if (pool_.EnsureWorker() != 0) return -EAGAIN;
  DescriptorQueue* queue = descriptors_.FindOrMake(request->transfer.fd);
  if (queue == nullptr) return -EAGAIN;
  return queue->Accept(request, block, word);
}

// --- A worker's part

void Engine::Serve(DescriptorQueue& queue, Level level) {
  using Kind = DescriptorQueue::Taken::Kind;
  const DescriptorQueue::Taken taken = queue.Take(level);
  if (taken.kind == Kind::kNothing) return;
  Request* request = taken.request;
  if (taken.kind != Kind::kCompleted) {
    queue.Complete(request,
                   PerformRest(request->transfer, platform_, request->moved));
  }
  const Direction direction = DirectionOf(request->transfer.operation);
  Finish(request);
  if (taken.kind == Kind::kPerformThroughGate) {
    gates_[static_cast<size_t>(direction)].Leave();
  }
}

bool Engine::NeedsWorker() {
  return requests_.in_use() != 0 || lists_.in_use() != 0;
}

// --- The way out

void Engine::Finish(Request* request) {
  waiters_.Wake(request->waiting);
  ListOperation* list = request->list;
  const bool failed = request->failed;
  // The request may be another's from here on.
  Notify(&request->notification);
  if (list != nullptr && list->EntryDone(failed)) FinishList(list);
}

void Engine::FinishList(ListOperation* list) {
  waiters_.Wake(list->waiting());
  Notify(&list->notification());
}

void Engine::Notify(Notification* notification) {
  if (notifier_.Notify(notification)) pool_.Deliver(pool_.AnnounceChore());
}

void Engine::RequestNotified(Notification* notification) {
  auto* request = static_cast<Request*>(notification->owner);
  request->MoveTo(RequestState::kFree);
  request->table->Release(request);
}

// --- Results

int Engine::Error(const aiocb* block) const {
  if (block == nullptr) return EINVAL;
  control_block::Word word = 0;
  if (requests_.Find(block, &word) != nullptr) return EINPROGRESS;
  if (control_block::IsComplete(block, word)) {
    return control_block::StatusOf(word);
  }
  return WasAbandoned(block, word) ? ECANCELED : EINVAL;
}

int Engine::Return(aiocb* block, ssize_t* result, int* status) {
  if (block == nullptr) return -EINVAL;
  for (;;) {
    control_block::Word word = 0;
    if (requests_.Find(block, &word) != nullptr) return -EINPROGRESS;
    if (control_block::IsComplete(block, word)) {
      if (!control_block::Retrieve(block, word, result)) continue;
      *status = control_block::StatusOf(word);
      return 0;
    }
    if (!WasAbandoned(block, word)) return -EINVAL;
    if (!control_block::Exchange(block, word, 0)) continue;
    *result = -1;
    *status = ECANCELED;
    return 0;
  }
}

bool Engine::WasAbandoned(const aiocb* block, control_block::Word word) const {
  for (const Engine* engine = this; engine != nullptr;
       engine = engine->predecessor_) {
    if (engine->requests_.WasServing(block, word)) return true;
  }
  return false;
}

int Engine::Suspend(const aiocb* const list[], int count,
                    const timespec* timeout) {
  pthread_testcancel();
  if (count < 0 || (list == nullptr && count > 0)) return -EINVAL;
  AnyComplete condition(requests_, list, count);
  if (condition.IsMet()) return 0;
  MonotonicTime deadline = kNever;
  if (!ToDeadline(timeout, platform_, &deadline)) return -EINVAL;
  if (timeout == nullptr && condition.empty()) return -EINVAL;
  if (IsZero(timeout)) return -EAGAIN;
  const int result =
      waiters_.Wait(condition, deadline, CancellationPoint::kYes);
  return result == -ETIMEDOUT ? -EAGAIN : result;
}

int Engine::Cancel(int fd, aiocb* block) {
  const Uninterrupted uninterrupted;
  if (platform_.CheckOpen(fd) != 0) return -EBADF;
  if (block != nullptr && block->aio_fildes != fd) return -EINVAL;
  if (abandoned()) return AIO_ALLDONE;
  DescriptorQueue* queue = descriptors_.Find(fd);
  if (queue == nullptr) return AIO_ALLDONE;

  DescriptorQueue::CompletedList completed;
  DescriptorQueue::CancelResult result;
  if (block == nullptr) {
    result = queue->CancelAll(&completed);
  } else {
    Request* request = requests_.Find(block);
    if (request == nullptr) return AIO_ALLDONE;
    result = queue->Cancel(request, block);
    if (result == DescriptorQueue::CancelResult::kCancelled ||
        result == DescriptorQueue::CancelResult::kCutShort) {
      completed.PushBack(request);
    }
  }
  while (Request* request = completed.PopFront()) Finish(request);

  switch (result) {
    case DescriptorQueue::CancelResult::kCancelled:
      return AIO_CANCELED;
    case DescriptorQueue::CancelResult::kCutShort:
    case DescriptorQueue::CancelResult::kRunning:
      return AIO_NOTCANCELED;
    case DescriptorQueue::CancelResult::kNotOutstanding:
      break;
  }
  return AIO_ALLDONE;
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
  if (*operation != nullptr && pool_.EnsureWorker() != 0) {
    lists_.Release(*operation);
    *operation = nullptr;
  }
  if (*operation == nullptr) {
    RefuseEntries(list, count);
    return -EAGAIN;
  }
  const int worst = SubmitEntries(list, count, *operation);
  if ((*operation)->Seal()) FinishList(*operation);
  return worst;
}

void Engine::RefuseEntries(aiocb* const list[], int count) {
  for (int i = 0; i < count; ++i) {
    if (list[i] == nullptr || list[i]->aio_lio_opcode == LIO_NOP) continue;
    Submit(list[i], -EAGAIN, Submission(), nullptr);
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
    case LIO_READ:
      return SubmitTransfer(block, Direction::kRead, list);
    case LIO_WRITE:
      return SubmitTransfer(block, Direction::kWrite, list);
    default:
      return Submit(block, -EINVAL, Submission(), list);
  }
}

int Engine::WaitForList(ListOperation* operation, int submitted) {
  if (operation == nullptr) return -EIO;
  ListDone done(*operation);
  int result = waiters_.Wait(done, kNever, CancellationPoint::kNo);
  if (result == 0 && (submitted != 0 || operation->failed())) result = -EIO;
  operation->Unreference();
  return result;
}

// --- Forks

void Engine::HoldForFork() {
  poller_.HoldForFork();
  platform_.HoldForFork();
}

void Engine::ReleaseAfterFork() {
  platform_.ReleaseAfterFork();
  poller_.ReleaseAfterFork();
}

// The tables are left as they are: they tell what was in progress.
void Engine::Abandon() {
  requests_.Abandon();
  // Nothing is admitted any more, by calls that were under way included.
  outstanding_.store(max_requests_, std::memory_order_relaxed);
  poller_.Abandon();
  waiters_.Abandon();
}

}  // namespace aioemul
