// The queue's part about streams and devices: what is no file.
//
// The head of a lane is in state kWaiting, and is one of
//   polled   the poller tells when it can go on, or its time is over
//   device   it is to have a thread of its own
//   neither  it is about to be tried, by whoever has the mutex

#include <algorithm>
#include <cerrno>

#include "emul/descriptor_queue.h"
#include "emul/stream.h"

namespace aioemul {
namespace {

// A caller moves no more at a time from what always has more (/dev/zero): it
// does not wait for that.
constexpr size_t kMostInCaller = 65536;

// So many steps of a lane, then it is the turn of others.
constexpr int kMostSteps = 16;

size_t IndexOf(Direction direction) { return static_cast<size_t>(direction); }
Direction DirectionOf(const Request& request) {
  return DirectionOf(request.transfer.operation);
}

// After so long what could not be tried just now is tried again.
constexpr MonotonicTime kMoment = 1'000'000;  // 1 ms

// Whether a head that is polled waits for that moment, and not to be ready: for
// the time limit of a socket it would have to be one.
bool WaitsAMoment(const Request& head) {
  return head.transfer.kind == DescriptorKind::kPipe && head.limit != kNever &&
         head.limit != 0;
}

constexpr Direction kDirections[] = {Direction::kRead, Direction::kWrite};

}  // namespace

// --- Steps

void DescriptorQueue::RunLane(Direction direction, Runner runner,
                              CompletedList* completed) {
  const Lane& lane = lanes_[IndexOf(direction)];
  for (int steps = 0;; ++steps) {
    Request* head = lane.head;
    if (head == nullptr || head->state != RequestState::kWaiting ||
        head->device) {
      return;
    }
    if (steps == kMostSteps) return Await(head);
    if (!StepOf(head, runner, completed)) return;
  }
}

bool DescriptorQueue::StepOf(Request* head, Runner runner,
                             CompletedList* completed) {
  const Transfer& transfer = head->transfer;
  head->polled = false;
  if (WaitsAMoment(*head)) head->limit = 0;
  if (IsBelowLowWater(*head)) {
    Await(head);
    return false;
  }
  ssize_t result = 0;
  // What a caller does not try at all, the poller does when it is ready.
  const bool is_long = runner == Runner::kCaller && transfer.blocking &&
                       transfer.kind == DescriptorKind::kOther &&
                       transfer.count > kMostInCaller;
  const Progress progress =
      is_long ? Progress::kMustWait
              : Advance(transfer, services_.platform, &head->moved, &result);
  switch (progress) {
    case Progress::kDone:
      Retire(head, result, completed);
      return true;
    case Progress::kMore:
      in_vain_ = false;
      if (runner == Runner::kPoller) return true;
      Await(head);
      return false;
    case Progress::kMustWait:
      Await(head);
      return false;
    case Progress::kNotNow:
      head->polled = true;
      head->limit = services_.platform.Now() + kMoment;
      return false;
    case Progress::kCannotTry:
      // What is ready now will most likely not block.
      if (MayBecomeReady(*head)) {
        Await(head);
      } else {
        HandToDevice(head);
      }
      return false;
  }
  return false;
}

bool DescriptorQueue::IsBelowLowWater(const Request& request) {
  const Transfer& transfer = request.transfer;
  if (transfer.low_water <= 1 || !transfer.blocking || ended_) return false;
  return services_.platform.Available(transfer.fd) <
         std::min(transfer.low_water, transfer.count);
}

void DescriptorQueue::Retire(Request* request, ssize_t result,
                             CompletedList* completed) {
  in_vain_ = false;
  request->polled = false;
  // First: the result may be all that keeps the program from closing the
  // number, which then is another's.
  if (IsWatched() && PolledDirections() == 0) StopWatching();
  Retire(request, result);
  completed->PushBack(request);
}

// --- Waiting

bool DescriptorQueue::MayBecomeReady(const Request& request) {
  const Transfer& transfer = request.transfer;
  if (request.ready || !transfer.blocking || transfer.count == 0) return false;
  return transfer.operation == Operation::kWriteStream ||
         !services_.platform.ReturnsEmpty(transfer.fd);
}

void DescriptorQueue::Await(Request* head) {
  head->polled = true;
  if (head->limit != 0) return;
  head->limit = kNever;
  if (head->transfer.kind != DescriptorKind::kSocket) return;
  const MonotonicTime limit =
      services_.platform.TimeLimit(head->transfer.fd, DirectionOf(*head));
  if (limit == kNever) return;
  const MonotonicTime now = services_.platform.Now();
  head->limit = limit < kNever - now ? now + limit : kNever;
}

void DescriptorQueue::HandToDevice(Request* head) {
  in_vain_ = false;
  head->polled = false;
  head->device = true;
  posted_ |= SetOf(DirectionOf(*head));
}

DirectionSet DescriptorQueue::PolledDirections() const {
  DirectionSet directions = 0;
  for (const Direction direction : kDirections) {
    const Request* head = lanes_[IndexOf(direction)].head;
    if (head != nullptr && head->polled && !WaitsAMoment(*head)) {
      directions |= SetOf(direction);
    }
  }
  return directions;
}

void DescriptorQueue::Arm(Poller::Manner manner) {
  const DirectionSet directions = PolledDirections();
  if (directions == 0) return;
  const size_t lane = (directions & SetOf(Direction::kRead)) != 0 ? 0 : 1;
  const int error = services_.poller.Await(this, lanes_[lane].head->transfer.fd,
                                           directions, manner);
  const bool watches = manner == Poller::Manner::kWatch && error == 0;
  watched_.store(watches ? directions : 0, std::memory_order_relaxed);
  if (error == 0) return;
  for (const Lane& waiting : lanes_) {
    if (waiting.head != nullptr && waiting.head->polled &&
        !WaitsAMoment(*waiting.head)) {
      HandToDevice(waiting.head);
    }
  }
}

void DescriptorQueue::SetTimeLimit() {
  MonotonicTime limit = kNever;
  for (const Lane& lane : lanes_) {
    if (lane.head != nullptr && lane.head->polled) {
      limit = std::min(limit, lane.head->limit);
    }
  }
  if (limit == limit_set_) return;
  limit_set_ = limit;
  services_.poller.Limit(this, limit);
}

DescriptorQueue::Aftermath DescriptorQueue::TakeAftermath(
    Recruiting recruiting) {
  SetTimeLimit();
  Aftermath aftermath;
  aftermath.wakeup = Announce(recruiting);
  for (const Direction direction : kDirections) {
    if ((posted_ & SetOf(direction)) == 0) continue;
    services_.devices.Post(&device_lanes_[IndexOf(direction)]);
    aftermath.calls_attendant = true;
  }
  posted_ = 0;
  aftermath.waits = PolledDirections() != 0;
  return aftermath;
}

void DescriptorQueue::Deliver(const Aftermath& aftermath) {
  services_.pool.Deliver(aftermath.wakeup);
  if (aftermath.calls_attendant) services_.finisher.AttendDevices();
  // Unless it had to be replaced it runs, as there are users.
  if (aftermath.waits) static_cast<void>(services_.poller.Ensure());
}

// --- Callers

DescriptorQueue::Aftermath DescriptorQueue::TryAtOnce(
    Request* request, CompletedList* completed) {
  RunLane(DirectionOf(*request), Runner::kCaller, completed);
  if (request->polled) Arm(Poller::Manner::kOnce);
  return TakeAftermath();
}

DescriptorQueue::Aftermath DescriptorQueue::GoOnAfter(
    const Request& gone, CompletedList* completed) {
  if (IsStream(gone.transfer.operation)) {
    RunLane(DirectionOf(gone), Runner::kCaller, completed);
    Arm(Poller::Manner::kOnce);
    if (IsWatched() && PolledDirections() == 0) StopWatching();
  }
  return TakeAftermath();
}

// --- The poller's thread

void DescriptorQueue::OnReady(DirectionSet ready, bool ended) {
  CompletedList completed;
  Aftermath aftermath;
  {
    MutexLock lock(mutex_);
    in_vain_ = true;
    ended_ = ended;
    for (const Direction direction : kDirections) {
      Request* head = lanes_[IndexOf(direction)].head;
      if ((ready & SetOf(direction)) == 0 || head == nullptr || !head->polled) {
        continue;
      }
      head->ready = true;
      RunLane(direction, Runner::kPoller, &completed);
    }
    ended_ = false;
    GoOnWaiting();
    aftermath = TakeAftermath();
  }
  services_.finisher.Finish(&completed);
  Deliver(aftermath);
}

void DescriptorQueue::OnForgotten() {
  {
    MutexLock lock(mutex_);
    watched_.store(0, std::memory_order_relaxed);
  }
  OnReady(kBothDirections, /*ended=*/true);
}

// After a report, which was the last unless the poller watches.  What is
// watched and did go on is armed anew: it may be ready still, which is no news.
void DescriptorQueue::GoOnWaiting() {
  const DirectionSet waiting = PolledDirections();
  const DirectionSet watched = watched_.load(std::memory_order_relaxed);
  if (waiting == 0) {
    if (watched != 0) StopWatching();
  } else if (!in_vain_ || (waiting & ~watched) != 0) {
    // What is reported again and again, and comes to nothing, is watched.
    Arm(in_vain_ ? Poller::Manner::kWatch : Poller::Manner::kOnce);
  }
}

void DescriptorQueue::StopWatching() {
  services_.poller.Forget(this);
  limit_set_ = kNever;
  watched_.store(0, std::memory_order_relaxed);
}

void DescriptorQueue::OnTimeLimit(MonotonicTime now) {
  CompletedList completed;
  Aftermath aftermath;
  {
    MutexLock lock(mutex_);
    limit_set_ = kNever;
    for (const Direction direction : kDirections) {
      Request* head = lanes_[IndexOf(direction)].head;
      if (head == nullptr || !head->polled || head->limit > now) continue;
      // What is there is taken, however little.
      ended_ = true;
      StepOf(head, Runner::kPoller, &completed);
      ended_ = false;
      if (lanes_[IndexOf(direction)].head == head && head->polled &&
          head->limit <= now) {
        Retire(head, ResultOfGivingUp(head->moved), &completed);
      }
      RunLane(direction, Runner::kPoller, &completed);
    }
    Arm(Poller::Manner::kOnce);
    aftermath = TakeAftermath();
  }
  services_.finisher.Finish(&completed);
  Deliver(aftermath);
}

// --- The attendant, and the threads of devices

bool DescriptorQueue::AttendLane(Direction direction) {
  CompletedList completed;
  Aftermath aftermath;
  bool wants_thread = false;
  {
    MutexLock lock(mutex_);
    const Lane& lane = lanes_[IndexOf(direction)];
    if (lane.head != nullptr && !lane.head->polled) {
      RunLane(direction, Runner::kPoller, &completed);
      Arm(Poller::Manner::kOnce);
    }
    posted_ &= ~SetOf(direction);
    wants_thread = lane.head != nullptr && lane.head->device &&
                   lane.head->state == RequestState::kWaiting;
    aftermath = TakeAftermath();
  }
  services_.finisher.Finish(&completed);
  Deliver(aftermath);
  return wants_thread;
}

void DescriptorQueue::PerformOnDevice(Direction direction) {
  Request* request = BeginOnDevice(direction);
  if (request == nullptr) return;
  Platform& platform = services_.platform;
  Transfer transfer = request->transfer;
  const int held = platform.HoldFile(transfer.fd);
  if (held == -ESRCH) return LeaveToAnother(request);
  if (held >= 0) transfer.fd = held;
  ssize_t result = -ECANCELED;
  // A closer is not kept waiting, held or not: this may take for ever.
  if (LetCloseGoOn(request) || held >= 0) {
    result = PerformRest(transfer, platform, request->moved);
  }
  // Before the result can be seen: a device may be for one open file at a time.
  if (held >= 0) platform.DropFile(held);
  CompletedList completed;
  {
    MutexLock lock(mutex_);
    if (!request->let_go) {
      services_.devices.Post(&device_lanes_[IndexOf(direction)]);
    }
    Retire(request, result, &completed);
  }
  services_.finisher.Finish(&completed);
}

Request* DescriptorQueue::BeginOnDevice(Direction direction) {
  MutexLock lock(mutex_);
  Request* head = lanes_[IndexOf(direction)].head;
  if (head == nullptr || !head->device ||
      head->state != RequestState::kWaiting) {
    return nullptr;
  }
  head->MoveTo(RequestState::kRunning);
  // Not on the way out, when this thread may have a table of descriptors of its
  // own and so must not meet the poller's.
  if (head->user) services_.poller.Leave();
  head->user = false;
  return head;
}

void DescriptorQueue::LeaveToAnother(Request* request) {
  MutexLock lock(mutex_);
  request->MoveTo(RequestState::kWaiting);
  request->user = true;
  services_.poller.Enter();
  services_.devices.Post(&device_lanes_[IndexOf(DirectionOf(*request))]);
}

bool DescriptorQueue::LetCloseGoOn(Request* request) {
  MutexLock lock(mutex_);
  request->holds_file = true;
  if (drainers_ == 0) return true;
  LetGo(request);
  return false;
}

}  // namespace aioemul
