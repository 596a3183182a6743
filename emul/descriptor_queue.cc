#include "emul/descriptor_queue.h"

#include <cerrno>

#include "emul/stream.h"

namespace aioemul {
namespace {

// For what there is one of for each Direction.
size_t IndexOf(Direction direction) { return static_cast<size_t>(direction); }
size_t IndexOf(const Transfer& transfer) {
  return IndexOf(DirectionOf(transfer.operation));
}

}  // namespace

DescriptorQueue::Lane* DescriptorQueue::LaneOf(const Request& request) {
  switch (request.transfer.operation) {
    case Operation::kReadStream:
    case Operation::kWriteStream:
    case Operation::kAppend:
      return &lanes_[IndexOf(request.transfer)];
    default:
      return nullptr;
  }
}

bool DescriptorQueue::MustHold(Request* request) {
  if (request->IsBarrier()) return outstanding_.front() != request;
  const Lane* lane = LaneOf(*request);
  return lane != nullptr && lane->head != nullptr;
}

void DescriptorQueue::Enqueue(Request* request) {
  if (Lane* lane = LaneOf(*request)) lane->head = request;
  if (IsStream(request->transfer.operation)) {
    request->MoveTo(RequestState::kWaiting);
    return;
  }
  request->MoveTo(RequestState::kQueued);
  ready_.Push(request);
}

WorkerPool::Wakeup DescriptorQueue::Announce(Recruiting recruiting) {
  const Level level = ready_.TopLevel();
  // A pool that could not grow wants to be reminded of what it has.
  if (level <= announced_ && !services_.pool.wants_reminders()) return {};
  if (level == kNoLevel) return {};
  announced_ = level;
  return services_.pool.Announce(&place_, level, recruiting);
}

DescriptorQueue::Tenure DescriptorQueue::AwaitTenure(int fd) {
  Closings& closings = ProcessClosings();
  Platform& platform = services_.platform;
  // Whoever entered that word and then saw this queue uses `closings_`; whoever
  // did not see it entered before the queue was made, and is waited for once.
  if (!settled_.load(std::memory_order_acquire)) {
    closings.Await(closings.OfUnused(fd), platform);
    settled_.store(true, std::memory_order_release);
  }
  Tenure tenure;
  tenure.range_closings = closings.Await(closings.OfRanges(), platform);
  tenure.closings = closings.Await(closings_, platform);
  return tenure;
}

int DescriptorQueue::Accept(Request* request, aiocb* block,
                            control_block::Word word, const Tenure& tenure,
                            CompletedList* completed) {
  Aftermath aftermath;
  {
    MutexLock lock(mutex_);
    if (ready_.Reserve(request->level) != 0) return -EAGAIN;
    // Before the closings are read again: see closings.h.
    holders_.store(holders_.load(std::memory_order_relaxed) + 1,
                   std::memory_order_seq_cst);
    if (closings_.Load() != tenure.closings ||
        ProcessClosings().OfRanges().Load() != tenure.range_closings) {
      DropHolder();
      return -ESTALE;
    }
    request->control_block.store(block, std::memory_order_release);
    if (!control_block::Exchange(
            block, word,
            control_block::InProgress(request->slot, request->uses))) {
      request->control_block.store(nullptr, std::memory_order_release);
      DropHolder();
      return -EBUSY;
    }
    request->queue.store(this, std::memory_order_relaxed);
    outstanding_.PushBack(request);
    const bool is_stream = IsStream(request->transfer.operation);
    if (is_stream) {
      request->user = true;
      services_.poller.Enter();
    }
    if (MustHold(request)) {
      request->MoveTo(RequestState::kHeld);
      if (Lane* lane = LaneOf(*request)) lane->held.PushBack(request);
    } else {
      Enqueue(request);
      if (is_stream) {
        aftermath = TryAtOnce(request, completed);
      } else if (!MayGrowRun(*request) && !WritersSuffice()) {
        aftermath.wakeup = Announce();
      }
    }
  }
  services_.pool.Deliver(aftermath.wakeup);
  if (aftermath.calls_attendant) services_.finisher.AttendDevices();
  return 0;
}

DescriptorQueue::Taken DescriptorQueue::Take(Level level) {
  Taken taken;
  WorkerPool::Wakeup wakeup;
  {
    MutexLock lock(mutex_);
    announced_ = kNoLevel;
    // What was announced may have been cancelled since.
    if (ready_.TopLevel() >= level) {
      Request* request = ready_.Pop();
      request->MoveTo(RequestState::kRunning);
      taken.run.PushBack(request);
      if (EndOf(request->transfer) >= 0) {
        ++runs_;
        if (request->WritesIntoMemory()) ++writers_;
        Gather(&taken.run);
      }
    }
    // A read may be short work, and this worker comes back for the rest.
    taken.owes_hand_on =
        !ready_.empty() && taken.run.front() != nullptr &&
        taken.run.front()->transfer.operation == Operation::kReadAt;
    if (!taken.owes_hand_on && !WritersSuffice()) wakeup = Announce();
  }
  services_.pool.Deliver(wakeup);
  return taken;
}

void DescriptorQueue::HandOn() {
  WorkerPool::Wakeup wakeup;
  {
    MutexLock lock(mutex_);
    wakeup = Announce();
  }
  services_.pool.Deliver(wakeup);
}

void DescriptorQueue::Complete(const Run& run, MonotonicTime time) {
  WorkerPool::Wakeup wakeup;
  {
    MutexLock lock(mutex_);
    if (EndOf(run.front()->transfer) >= 0) EndRun(*run.front(), time);
    // Starting a thread may have to wait for somebody whom a handler keeps from
    // going on until another request is served.
    bool recruits = false;
    for (Request* r = run.front(); r != nullptr; r = Run::Next(r)) {
      recruits |= r->may_start_thread;
      Retire(r, r->result);
    }
    wakeup = Announce(recruits ? Recruiting::kYes : Recruiting::kNo);
  }
  services_.pool.Deliver(wakeup);
}

void DescriptorQueue::TakeOut(Request* request) {
  Lane* lane = LaneOf(*request);
  if (request->state == RequestState::kQueued) {
    ready_.Remove(request);
  } else if (request->state == RequestState::kHeld && lane != nullptr) {
    lane->held.Remove(request);
  }
}

DescriptorQueue::CancelResult DescriptorQueue::Withdraw(Request* request) {
  TakeOut(request);
  const auto moved = static_cast<ssize_t>(request->moved);
  Retire(request, moved > 0 ? moved : -ECANCELED);
  return moved > 0 ? CancelResult::kCutShort : CancelResult::kCancelled;
}

void DescriptorQueue::LetGo(Request* request) {
  request->let_go = true;
  outstanding_.Remove(request);
  DropHolder();
  lanes_[IndexOf(request->transfer)].head = nullptr;
}

void DescriptorQueue::DropHolder() {
  const uint32_t left = holders_.load(std::memory_order_relaxed) - 1;
  holders_.store(left, std::memory_order_release);
  if (left == 0 && drainers_ > 0) services_.platform.Wake(holders_);
}

void DescriptorQueue::Retire(Request* request, ssize_t result) {
  if (!request->let_go) outstanding_.Remove(request);
  request->polled = false;
  if (request->user) services_.poller.Leave();
  request->user = false;
  request->MoveTo(RequestState::kComplete);
  request->failed = result < 0;
  request->queue.store(nullptr, std::memory_order_relaxed);
  services_.outstanding.fetch_sub(1, std::memory_order_relaxed);
  // What is let go now was accepted later, and completes later: its result
  // cannot be seen before this one's.
  aiocb* block = request->control_block.load(std::memory_order_relaxed);
  control_block::Publish(block, result);
  request->control_block.store(nullptr, std::memory_order_release);
  if (request->let_go) return;
  // Only now: who closes the number returns to a program that may ask for the
  // result.
  DropHolder();
  Lane* lane = LaneOf(*request);
  ReleaseSuccessors(lane != nullptr && lane->head == request ? lane : nullptr);
}

void DescriptorQueue::ReleaseSuccessors(Lane* lane) {
  if (lane != nullptr) {
    lane->head = nullptr;
    if (Request* next = lane->held.PopFront()) Enqueue(next);
  }
  Request* oldest = outstanding_.front();
  if (oldest != nullptr && oldest->IsBarrier() &&
      oldest->state == RequestState::kHeld) {
    Enqueue(oldest);
  }
}

DescriptorQueue::CancelResult DescriptorQueue::Cancel(
    Request* request, const aiocb* block, CompletedList* completed) {
  CancelResult result = CancelResult::kNotOutstanding;
  Aftermath aftermath;
  {
    MutexLock lock(mutex_);
    if (request->queue.load(std::memory_order_relaxed) != this ||
        request->control_block.load(std::memory_order_relaxed) != block) {
      return CancelResult::kNotOutstanding;
    }
    if (request->state == RequestState::kRunning) return CancelResult::kRunning;
    result = Withdraw(request);
    completed->PushBack(request);
    aftermath = GoOnAfter(*request, completed);
  }
  Deliver(aftermath);
  return result;
}

bool DescriptorQueue::Refuse(Request* request, uint32_t uses,
                             const aiocb* block, CompletedList* completed) {
  Aftermath aftermath;
  bool refused = false;
  {
    MutexLock lock(mutex_);
    if (request->queue.load(std::memory_order_relaxed) != this ||
        request->control_block.load(std::memory_order_relaxed) != block ||
        request->uses != uses || request->state == RequestState::kRunning) {
      return false;
    }
    refused = request->moved == 0;
    if (refused) {
      TakeOut(request);
      Retire(request, -EAGAIN);
    } else {
      Withdraw(request);
      completed->PushBack(request);
    }
    aftermath = GoOnAfter(*request, completed);
  }
  services_.pool.Deliver(aftermath.wakeup);
  if (aftermath.calls_attendant) services_.finisher.AttendDevices();
  return refused;
}

DescriptorQueue::CancelResult DescriptorQueue::CancelAll(
    CompletedList* completed) {
  MutexLock lock(mutex_);
  return WithdrawAll(completed);
}

void DescriptorQueue::BeginDrain(CompletedList* completed) {
  MutexLock lock(mutex_);
  ++drainers_;
  WithdrawAll(completed);
  for (const Lane& lane : lanes_) {
    if (lane.head != nullptr && lane.head->holds_file) LetGo(lane.head);
  }
  if (IsWatched()) StopWatching();
}

void DescriptorQueue::AwaitDrained() {
  for (;;) {
    const uint32_t holders = holders_.load(std::memory_order_acquire);
    if (holders == 0) return;
    services_.platform.Wait(holders_, holders, kNever);
  }
}

void DescriptorQueue::Abandon() {
  if (IsHeld()) holders_.store(0, std::memory_order_relaxed);
}

void DescriptorQueue::EndDrain() {
  MutexLock lock(mutex_);
  --drainers_;
}

DescriptorQueue::CancelResult DescriptorQueue::WithdrawAll(
    CompletedList* completed) {
  CancelResult result = outstanding_.empty() ? CancelResult::kNotOutstanding
                                             : CancelResult::kCancelled;
  for (Request* request = outstanding_.front(); request != nullptr;) {
    Request* next = AgeList::Next(request);
    if (request->state == RequestState::kRunning) {
      result = CancelResult::kRunning;
    } else {
      if (Withdraw(request) == CancelResult::kCutShort) {
        result = CancelResult::kRunning;
      }
      completed->PushBack(request);
    }
    request = next;
  }
  // Whatever was let go on the way was cancelled in its turn.
  return result;
}

}  // namespace aioemul
