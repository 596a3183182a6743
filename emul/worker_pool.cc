#include "emul/worker_pool.h"

#include <algorithm>
#include <cerrno>
#include <new>

namespace aioemul {
namespace {

constexpr MonotonicTime kMillisecond = 1'000'000;

// How long a worker stays idle before it asks whether it may leave: the first
// time at least, and after it was told that it is needed.
constexpr MonotonicTime kShortestIdleTime = 1 * kMillisecond;
constexpr MonotonicTime kShortestIdleTimeWhenNeeded = 1000 * kMillisecond;

// What a worker's word says while it is idle.
enum Sleep : uint32_t { kAwake, kAsleep, kRoused };

// How long no other thread is tried for after one could not be had.
constexpr MonotonicTime kGrowthPause = 10 * kMillisecond;

}  // namespace

WorkerPool::WorkerPool(Platform& platform, Work& work, int max_threads,
                       MonotonicTime idle_time, MonotonicTime spin_limit)
    : platform_(platform),
      work_(work),
      spin_(platform, spin_limit),
      max_threads_(max_threads),
      idle_time_(idle_time) {}

WorkerPool::~WorkerPool() {
  mutex_.Lock();
  stopping_ = true;
  WakeAllIdle();
  while (thread_count() != 0 || starting_ != 0) {
    const uint32_t departures = departures_.load(std::memory_order_relaxed);
    mutex_.Unlock();
    platform_.Wait(departures_, departures, kNever);
    mutex_.Lock();
  }
  while (Worker* worker = records_.PopFront()) platform_.Free(worker);
  mutex_.Unlock();
}

// --- Called by submitters and by workers ------------------------------------

int WorkerPool::EnsureWorker() {
  // Ordered against MayLeave: see there.
  if (thread_count_.load(std::memory_order_seq_cst) > 0) return 0;
  {
    MutexLock lock(mutex_);
    if (thread_count() > 0) return 0;
    ++searching_;
    ++starting_;
  }
  return StartThread();
}

WorkerPool::Wakeup WorkerPool::Announce(RingPlace* place, Level level,
                                        Recruiting recruiting) {
  MutexLock lock(mutex_);
  const bool recruits = recruiting == Recruiting::kYes;
  if (place->level >= level) {
    return recruits && wants_reminders() ? RecruitIfWork(Growth::kYes)
                                         : Wakeup{};
  }
  if (place->level != kNoLevel) {
    Ring& lower = rings_[static_cast<size_t>(place->level)];
    lower.Remove(place);
    if (lower.empty()) occupied_.Erase(place->level);
  }
  place->level = level;
  rings_[static_cast<size_t>(level)].PushBack(place);
  occupied_.Insert(level);
  return recruits ? Recruit(Growth::kYes) : Wakeup{};
}

void WorkerPool::Deliver(Wakeup wakeup) {
  if (wakeup.start_thread) StartThread();
  if (wakeup.worker != nullptr) platform_.Wake(wakeup.worker->word);
}

void WorkerPool::Configure(int max_threads, MonotonicTime idle_time) {
  Wakeup wakeup;
  {
    MutexLock lock(mutex_);
    max_threads_ = max_threads;
    idle_time_ = idle_time;
    // They leave, or idle on by the new time.
    WakeAllIdle();
    wakeup = RecruitIfWork(Growth::kYes);
  }
  Deliver(wakeup);
}

// --- Waking

bool WorkerPool::HasWork() {
  return !occupied_.empty() && serving_ < max_threads_;
}

bool WorkerPool::MayGrow() {
  return thread_count() + starting_ < max_threads_ &&
         (!wants_reminders() || platform_.Now() >= no_growth_until_);
}

WorkerPool::Wakeup WorkerPool::Recruit(Growth growth) {
  Wakeup wakeup;
  // Whoever starts a thread may have to wait for another; so one that is idle
  // does not wait for that.
  if (searching_ > starting_) return wakeup;
  if (Worker* worker = HasSpinner() ? spinner_ : idle_.front()) {
    Dismiss(worker);
    worker->searching = true;
    if (Rouse(worker)) wakeup.worker = worker;
  } else if (searching_ == 0 && growth == Growth::kYes && MayGrow()) {
    wakeup.start_thread = true;
    ++starting_;
  } else {
    return wakeup;
  }
  ++searching_;
  return wakeup;
}

WorkerPool::Wakeup WorkerPool::RecruitIfWork(Growth growth) {
  return HasWork() ? Recruit(growth) : Wakeup{};
}

void WorkerPool::StopSearching(Worker* worker) {
  if (!worker->searching) return;
  worker->searching = false;
  --searching_;
}

// Takes a worker out of the idle list.
void WorkerPool::Dismiss(Worker* worker) {
  idle_.Remove(worker);
  if (spinner_ == worker) spinner_ = nullptr;
}

// One that has gone to sleep since is as good as any other.
bool WorkerPool::HasSpinner() const {
  return spinner_ != nullptr &&
         spinner_->word.load(std::memory_order_relaxed) == kAwake;
}

bool WorkerPool::Rouse(Worker* worker) {
  return worker->word.exchange(kRoused, std::memory_order_acq_rel) == kAsleep;
}

void WorkerPool::WakeAllIdle() {
  while (Worker* worker = idle_.front()) {
    Dismiss(worker);
    if (Rouse(worker)) platform_.Wake(worker->word);
  }
}

// --- Threads

WorkerPool::Worker* WorkerPool::NewWorker() {
  {
    MutexLock lock(mutex_);
    if (Worker* worker = records_.PopFront()) return worker;
  }
  void* memory = platform_.Allocate(sizeof(Worker));
  return memory == nullptr ? nullptr : new (memory) Worker();
}

int WorkerPool::StartThread() {
  Worker* worker = NewWorker();
  bool started = false;
  if (worker != nullptr) {
    worker->pool = this;
    worker->start = {&RunWorker, worker};
    worker->searching = true;
    started = platform_.StartWorker(worker->start) == 0;
  }
  MutexLock lock(mutex_);
  --starting_;
  lacks_threads_.store(!started, std::memory_order_relaxed);
  if (started) {
    thread_count_.store(thread_count() + 1, std::memory_order_seq_cst);
    return 0;
  }
  if (worker != nullptr) records_.PushFront(worker);
  no_growth_until_ = platform_.Now() + kGrowthPause;
  // Nobody who is idle waited for it: see Recruit.
  --searching_;
  return -EAGAIN;
}

// The last thread may go only when nothing needs it.  A submitter first takes a
// request from the table, which makes NeedsWorker true, then reads
// thread_count_ (EnsureWorker); here the count is written first, and then
// NeedsWorker read.  All four are sequentially consistent, so one of the two
// sees the other.
bool WorkerPool::MayLeave() {
  const int others = thread_count() - 1;
  thread_count_.store(others, std::memory_order_seq_cst);
  if (others > 0 || !work_.NeedsWorker()) return true;
  thread_count_.store(others + 1, std::memory_order_seq_cst);
  return false;
}

void WorkerPool::Leave(Worker* worker) {
  StopSearching(worker);
  records_.PushFront(worker);
  departures_.fetch_add(1, std::memory_order_relaxed);
  if (stopping_) platform_.Wake(departures_);
}

// --- A worker's life

void WorkerPool::RunWorker(void* argument) {
  auto* worker = static_cast<Worker*>(argument);
  worker->pool->Run(worker);
}

void WorkerPool::Run(Worker* worker) {
  for (;;) {
    const Task task = NextTask(worker);
    if (task.place == nullptr) return;
    work_.Serve(task.place->queue, task.level);
  }
}

WorkerPool::Task WorkerPool::NextTask(Worker* worker) {
  Task task;
  Wakeup wakeup;
  {
    MutexLock lock(mutex_);
    EndTask(worker);
    MonotonicTime shortest = kShortestIdleTime;
    while (!FindTask(worker, &task)) {
      StopSearching(worker);
      if (Idle(worker, shortest)) continue;
      if (MayLeave()) {
        Leave(worker);
        break;
      }
      shortest = kShortestIdleTimeWhenNeeded;
    }
    // The chain of wake-ups goes on from here.
    const bool leaves = task.place == nullptr;
    wakeup = RecruitIfWork(leaves ? Growth::kNo : Growth::kYes);
    if (leaves) {
      // It was counted out, and must not touch the pool after the mutex.
      if (wakeup.worker != nullptr) platform_.Wake(wakeup.worker->word);
      return task;
    }
  }
  Deliver(wakeup);
  return task;
}

bool WorkerPool::FindTask(Worker* worker, Task* task) {
  if (thread_count() > max_threads_ && MayLeave()) {
    Leave(worker);
    return true;
  }
  if (!HasWork()) return false;
  TakeFromRing(worker, task);
  StopSearching(worker);
  return true;
}

void WorkerPool::EndTask(Worker* worker) {
  if (worker->serving) {
    worker->serving = false;
    --serving_;
  }
}

void WorkerPool::TakeFromRing(Worker* worker, Task* task) {
  worker->serving = true;
  ++serving_;
  task->level = occupied_.Highest();
  Ring& ring = rings_[static_cast<size_t>(task->level)];
  task->place = ring.PopFront();
  task->place->level = kNoLevel;
  if (ring.empty()) occupied_.Erase(task->level);
}

void WorkerPool::Rest(Worker* worker, bool spins, MonotonicTime begun,
                      MonotonicTime wake_time) {
  const auto roused = [worker] {
    return worker->word.load(std::memory_order_acquire) == kRoused;
  };
  if (spins && spin_.Until(roused, begun, wake_time)) return;
  uint32_t awake = kAwake;
  if (!worker->word.compare_exchange_strong(awake, kAsleep,
                                            std::memory_order_acq_rel)) {
    return;
  }
  while (platform_.Wait(worker->word, kAsleep, wake_time) == -EINTR) {
  }
}

bool WorkerPool::Idle(Worker* worker, MonotonicTime shortest) {
  const MonotonicTime idle_time =
      stopping_ ? kShortestIdleTime : std::max(idle_time_, shortest);
  const MonotonicTime now = platform_.Now();
  const MonotonicTime idle_until =
      idle_time < kNever - now ? now + idle_time : kNever;
  worker->word.store(kAwake, std::memory_order_relaxed);
  idle_.PushFront(worker);
  const bool spins = !HasSpinner() && spin_.IsWorthwhile();
  if (spins) spinner_ = worker;

  mutex_.Unlock();
  Rest(worker, spins, now, idle_until);
  spin_.End(now);
  mutex_.Lock();

  // Whoever woke this worker has taken it out of the list.
  if (worker->word.load(std::memory_order_relaxed) == kRoused) return true;
  Dismiss(worker);
  return platform_.Now() < idle_until;
}

}  // namespace aioemul
