#include "emul/engine.h"

#include <pthread.h>

#include <cerrno>
#include <limits>

#include "emul/any_complete.h"
#include "emul/platform/annotations.h"
#include "emul/stream.h"
#include "emul/uninterrupted.h"

namespace aioemul {
namespace {

constexpr MonotonicTime kSecond = 1'000'000'000;

// After a thread could not be had.
constexpr MonotonicTime kPauseWithoutThread = 10'000'000;

MonotonicTime Seconds(int seconds) { return seconds * kSecond; }

// On one processor, what is waited for happens while one sleeps.
MonotonicTime SpinLimit(const Options& options, Platform& platform) {
  constexpr MonotonicTime kMicrosecond = 1000;
  return platform.Processors() > 1 ? options.spin.value * kMicrosecond : 0;
}

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
      process_(platform.Process()),
      max_requests_(options.max_requests.value),
      inline_bytes_(static_cast<size_t>(options.inline_bytes.value)),
      inline_write_bytes_(
          static_cast<size_t>(options.inline_write_bytes.value)),
      reserve_(options.reserve.value),
      requests_(platform),
      lists_(platform),
      waiters_(platform, SpinLimit(options, platform)),
      notifier_(platform),
      options_(options),
      descriptors_({platform, pool_, poller_, devices_, *this, outstanding_,
                    static_cast<size_t>(options.merge_bytes.value)}),
      devices_(platform, *this, options.threads.value),
      poller_(platform, *this, Seconds(options.idle_time.value)),
      attendant_(platform, *this, Seconds(options.idle_time.value)),
      pool_(platform, *this, options.threads.value,
            Seconds(options.idle_time.value), SpinLimit(options, platform)) {}

// The poller's thread uses the pool, and the pool's threads use the poller.
Engine::~Engine() { poller_.Stop(); }

void Engine::Configure(int threads, int reserve, int idle_time) {
  const Uninterrupted uninterrupted;
  if (abandoned()) return;
  MutexLock lock(options_mutex_);
  options_.threads.Set(threads);
  options_.reserve.Set(reserve);
  // As in glibc, whose callers leave what they do not mean at 0.
  if (idle_time != 0) options_.idle_time.Set(idle_time);
  const MonotonicTime idle = Seconds(options_.idle_time.value);
  devices_.Configure(options_.threads.value);
  if (devices_.has_posts()) CallAttendant();
  poller_.Configure(idle);
  attendant_.Configure(idle);
  pool_.Configure(options_.threads.value, idle);
  reserve_.store(options_.reserve.value, std::memory_order_relaxed);
  Reserve();
}

void Engine::Reserve() {
  const int reserve = reserve_.load(std::memory_order_relaxed);
  requests_.Reserve(static_cast<uint32_t>(reserve));
}

// --- A worker's part

void Engine::Serve(DescriptorQueue& queue, Level level) {
  DescriptorQueue::Taken taken = queue.Take(level);
  if (taken.run.empty()) return;
  PerformRun(taken, queue);
  Finish(&taken.run, Notifier::Manner::kAtOnce);
}

void Engine::PerformRun(const DescriptorQueue::Taken& taken,
                        DescriptorQueue& queue) {
  Request* first = taken.run.front();
  for (Request* r = first; r != nullptr; r = Run::Next(r)) {
    annotations::Acquire(r->control_block.load(std::memory_order_relaxed));
  }
  const bool timed = first->WritesIntoMemory();
  const MonotonicTime begun = timed ? platform_.Now() : 0;
  const bool alone = taken.run.back() == first;
  first->result = alone ? ReadCached(first->transfer) : -EAGAIN;
  if (first->result < 0) {
    if (taken.owes_hand_on) queue.HandOn();
    Perform(taken.run, platform_);
  }
  queue.Complete(taken.run, timed ? platform_.Now() - begun : 0);
}

// What is not due is left alone: each retry lengthens the time to the next.
void Engine::Attend() {
  const MonotonicTime now = platform_.Now();
  if (notifier_.retry_time() <= now) notifier_.Retry();
  if (device_time_.load(std::memory_order_relaxed) <= now) {
    // Before what is posted is looked at: a post that is not seen sets it anew.
    device_time_.exchange(kNever, std::memory_order_seq_cst);
    if (!devices_.Attend()) {
      device_time_.store(now + kPauseWithoutThread, std::memory_order_relaxed);
    }
  }
}

// The attendant may be short of a thread; then the poller, which every stream
// request has, tries again.
void Engine::AttendDevices() {
  if (attendant_.Ensure() == 0) {
    CallAttendant();
  } else {
    poller_.Nudge();
  }
}

MonotonicTime Engine::DoPollersChore() {
  if (!devices_.has_posts()) return kNever;
  if (attendant_.Ensure() != 0) return platform_.Now() + kPauseWithoutThread;
  CallAttendant();
  return kNever;
}

void Engine::CallAttendant() {
  device_time_.store(platform_.Now(), std::memory_order_seq_cst);
  attendant_.Announce();
}

// --- The way out

// Who waits for several of them is woken once.
void Engine::Finish(DescriptorQueue::CompletedList* completed,
                    Notifier::Manner manner) {
  Waiters::Wakeups wakeups;
  for (Request* r = completed->front(); r != nullptr; r = Run::Next(r)) {
    waiters_.Take(r->waited, &wakeups);
  }
  waiters_.Wake(wakeups);
  while (Request* request = completed->PopFront()) {
    ListOperation* list = request->list;
    const bool failed = request->failed;
    if (list != nullptr) annotations::Release(list);
    // The request may be another's from here on.
    Notify(&request->notification, manner);
    if (list != nullptr && list->EntryDone(failed)) FinishList(list, manner);
  }
}

void Engine::FinishList(ListOperation* list, Notifier::Manner manner) {
  annotations::Acquire(list);
  Waiters::Wakeups wakeups;
  waiters_.Take(list->waited(), &wakeups);
  waiters_.Wake(wakeups);
  Notify(&list->notification(), manner);
}

void Engine::Notify(Notification* notification, Notifier::Manner manner) {
  if (notifier_.Notify(notification, manner)) attendant_.Announce();
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
  if (control_block::IsComplete(word)) {
    annotations::Acquire(block);
    return control_block::StatusOf(word);
  }
  return WasAbandoned(block, word) ? ECANCELED : EINVAL;
}

int Engine::Return(aiocb* block, ssize_t* result, int* status) {
  if (block == nullptr) return -EINVAL;
  for (;;) {
    control_block::Word word = 0;
    if (requests_.Find(block, &word) != nullptr) return -EINPROGRESS;
    if (control_block::HasResult(word)) {
      annotations::Acquire(block);
      if (!control_block::Retrieve(block, word, result)) continue;
      *status = control_block::StatusOf(word);
      return 0;
    }
    if (!WasAbandoned(block, word)) return -EINVAL;
    const control_block::Word retrieved =
        control_block::Complete(ECANCELED) | control_block::kRetrieved;
    if (!control_block::Exchange(block, word, retrieved)) continue;
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
    result = queue->Cancel(request, block, &completed);
  }
  Finish(&completed, Notifier::Manner::kAtOnce);

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

// --- Closed descriptors

DescriptorQueue* Engine::FindQueue(int fd) const {
  return abandoned() ? nullptr : descriptors_.Find(fd);
}

void Engine::Evacuate(DescriptorQueue* queue) {
  if (!BeginDrain(queue)) return;
  queue->AwaitDrained();
  const Uninterrupted uninterrupted;
  // A handler may have forked meanwhile.
  if (!abandoned()) queue->EndDrain();
}

bool Engine::BeginDrain(DescriptorQueue* queue) {
  if (!queue->IsHeld() && !queue->IsWatched()) return false;
  const Uninterrupted uninterrupted;
  // Not ours: the child of a fork, made by a handler a moment ago; or of a
  // vfork, which closes descriptors of its own in our memory.
  if (platform_.Process() != process_) return false;
  DescriptorQueue::CompletedList completed;
  queue->BeginDrain(&completed);
  Finish(&completed, Notifier::Manner::kThreadsLater);
  return true;
}

// Nothing on any of them starts while one is waited for: so each is cancelled
// first.
void Engine::Evacuate(int first, int last) {
  if (abandoned()) return;
  descriptors_.ForEach(first, last, [this](DescriptorQueue* queue) {
    if (!BeginDrain(queue)) return;
    const Uninterrupted uninterrupted;
    if (!abandoned()) queue->EndDrain();
  });
  descriptors_.ForEach(first, last,
                       [this](DescriptorQueue* queue) { Evacuate(queue); });
}

// --- Forks

void Engine::Refuse() {
  if (abandoned()) return;
  requests_.Abandon();
  // By calls that were under way included.
  outstanding_.store(max_requests_, std::memory_order_relaxed);
}

// The tables are left as they are: they tell what was in progress.  No lock is
// taken and no list looked at: either may be in the middle of a change.
void Engine::Abandon() {
  Refuse();
  // Whoever closed a descriptor waits no more.
  descriptors_.ForEach(0, std::numeric_limits<int>::max(),
                       [](DescriptorQueue* queue) { queue->Abandon(); });
  waiters_.Abandon();
  for (uint64_t i = 0; Request* request = requests_.At(i); ++i) {
    waiters_.Abandon(request->waited);
  }
  for (uint64_t i = 0; ListOperation* list = lists_.At(i); ++i) {
    waiters_.Abandon(list->waited());
  }
}

}  // namespace aioemul
