// The queue of one descriptor: every outstanding request on it, oldest first,
// and which of them a worker may take now.
//
//   * Positioned reads and writes may be taken at once, in any number, highest
//     level first, oldest first within a level (contract B1, B3).
//   * Appends, and the two directions of what is no file, each go through a
//     *lane*: in call order, one at a time (B4).  The head of a lane stands
//     among the requests to be taken; the others are held in the lane.
//   * What is no file may have to wait for somebody else, and holds no worker
//     meanwhile (I1).  The head of its lane is tried when it is accepted, and
//     by the poller's thread when it is ready, with the mutex held, as far as
//     it goes without blocking.  So no other thread ever sees such a request
//     half way: it waits, and can be cancelled without a byte lost, or it is
//     complete (E3).  What cannot be tried is carried out on a thread of its
//     own.
//   * A synchronization is a *barrier*: held until it is the oldest
//     outstanding request, which is when all before it have completed (B5).
//
// Every change takes the same time, whatever the number of requests.
//
// Whoever closes the descriptor number drains the queue first: what has not
// started is cancelled, what runs is waited for.  A request that may run for as
// long as somebody else likes need not wait for: it holds its file (see
// Platform::HoldFile) and is let go from the queue, so that the number's next
// file has the lane for itself.
//
// A queue belongs to a descriptor number, is made when the number is first
// used, and lives as long as the engine.
//
// Thread safety: every function may be called from any thread; none is
// async-signal-safe.  Lock order: the mutex here, then that of the WorkerPool,
// the Poller or the Devices.

#ifndef AIOEMUL_EMUL_DESCRIPTOR_QUEUE_H_
#define AIOEMUL_EMUL_DESCRIPTOR_QUEUE_H_

#include <aio.h>
#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "emul/closings.h"
#include "emul/control_block.h"
#include "emul/devices.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"
#include "emul/poller.h"
#include "emul/priority_queue.h"
#include "emul/request.h"
#include "emul/run.h"
#include "emul/worker_pool.h"

namespace aioemul {

class DescriptorQueue final : private Poller::Client {
 public:
  // A list of requests completed together, linked by their queue links.
  using CompletedList = WaitingList;

  // What is done for requests that a thread of the engine's has completed, once
  // their results are visible.
  class Finisher {
   public:
    // Starts no thread.  Called without locks.
    virtual void Finish(CompletedList* completed) = 0;
    // Devices::Attend is to be called.  Called without locks, in the process's
    // table of descriptors.
    virtual void AttendDevices() = 0;

   protected:
    ~Finisher() = default;
  };

  // What the queues of an engine share.
  struct Services {
    Platform& platform;
    WorkerPool& pool;
    Poller& poller;
    Devices& devices;
    Finisher& finisher;
    // The requests accepted whose results are not visible yet; lowered just
    // before they are.
    std::atomic<int>& outstanding;
    // The most bytes of a run; 0: none is made.
    const size_t merge_bytes = 0;
  };

  explicit DescriptorQueue(const Services& services)
      : services_(services),
        ready_(services.platform),
        place_(*this),
        device_lanes_{DeviceLane(*this, Direction::kRead),
                      DeviceLane(*this, Direction::kWrite)} {}
  DescriptorQueue(const DescriptorQueue&) = delete;
  DescriptorQueue& operator=(const DescriptorQueue&) = delete;

  // What was read of the closings before the descriptor was looked at.
  struct Tenure {
    ClosingWord::Value closings = 0;
    ClosingWord::Value range_closings = 0;
  };

  // Waits until nobody is closing the number `fd`, which is this queue's.
  Tenure AwaitTenure(int fd);

  // Accepts a request for `block`, whose word was last seen to be `word`, and
  // makes the block read EINPROGRESS.  0; -EAGAIN without memory; -EBUSY when
  // another thread changed the block first; -ESTALE when the number may stand
  // for another file by now than in `tenure`: look at it again.  A stream
  // request that need not wait is carried out, and added to `completed`.
  int Accept(Request* request, aiocb* block, control_block::Word word,
             const Tenure& tenure, CompletedList* completed)
      ABSL_LOCKS_EXCLUDED(mutex_);

  // Takes back a stream request just accepted for `block`, for want of the
  // poller's thread.  False when it is complete already, or now: a write of
  // which some bytes are out is not refused, but ends with these.
  bool Refuse(Request* request, uint32_t uses, const aiocb* block,
              CompletedList* completed) ABSL_LOCKS_EXCLUDED(mutex_);

  // What a worker got.
  struct Taken {
    // More waits, and nobody was told: call HandOn before blocking.
    bool owes_hand_on = false;
    Run run;  // to be carried out; then call Complete.  Perhaps empty.
  };

  // Takes the best request for a worker that found the queue in the ring of
  // `level`, if there is one and by now no others come before it; and with it
  // those that go on where it ends, if they are next.
  Taken Take(Level level) ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes sure that somebody sees to what still waits.
  void HandOn() ABSL_LOCKS_EXCLUDED(mutex_);

  // Makes the results of requests that were carried out visible, and lets go
  // what waited for them.  The worker then looks for its next task.  `time` is
  // what writes into memory took.
  void Complete(const Run& run, MonotonicTime time) ABSL_LOCKS_EXCLUDED(mutex_);

  enum class CancelResult : uint8_t {
    kCancelled,
    kCutShort,  // had moved some bytes; complete now, with those
    kRunning,
    kNotOutstanding,
  };

  // Cancels `request` if it still serves `block` and has not started.  When
  // kCancelled or kCutShort its outcome is visible.  It is added to
  // `completed`, with what could go on in its place and was complete at once.
  CancelResult Cancel(Request* request, const aiocb* block,
                      CompletedList* completed) ABSL_LOCKS_EXCLUDED(mutex_);

  // Cancels everything that has not started, and adds to `completed` all that
  // is complete by that.  kRunning when anything had started, kNotOutstanding
  // when there was nothing.
  CancelResult CancelAll(CompletedList* completed) ABSL_LOCKS_EXCLUDED(mutex_);

  // --- For who closes the number, between entering and leaving `closings`.

  ClosingWord& closings() { return closings_; }

  // Whether any request may yet use the number.  Async-signal-safe, as is
  // AwaitDrained.
  bool IsHeld() const { return holders_.load(std::memory_order_seq_cst) != 0; }
  // Whether the poller would report the file once the number is closed.
  bool IsWatched() const {
    return watched_.load(std::memory_order_relaxed) != 0;
  }
  // Cancels as CancelAll does; then AwaitDrained waits until IsHeld is false.
  void BeginDrain(CompletedList* completed) ABSL_LOCKS_EXCLUDED(mutex_);
  void AwaitDrained();
  void EndDrain() ABSL_LOCKS_EXCLUDED(mutex_);
  // In the child of a fork: nobody holds the number.
  void Abandon();

 private:
  using Recruiting = WorkerPool::Recruiting;

  struct Lane {
    Request* head = nullptr;
    WaitingList held;
  };

  // A lane as the devices see it.
  class DeviceLane final : public Devices::Lane {
   public:
    DeviceLane(DescriptorQueue& queue, Direction direction)
        : queue_(queue), direction_(direction) {}
    bool Attend() override { return queue_.AttendLane(direction_); }
    void Perform() override { queue_.PerformOnDevice(direction_); }

   private:
    DescriptorQueue& queue_;
    const Direction direction_;
  };

  // The lane of a request; null for one that goes through none.
  Lane* LaneOf(const Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether the request must wait for what was accepted before it.
  bool MustHold(Request* request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Enqueue(Request* request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Takes the place in the rings that the best request deserves.
  WorkerPool::Wakeup Announce(Recruiting recruiting = Recruiting::kYes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Adds to a run of one request what goes on where it ends.
  void Gather(Run* run) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A positioned run was carried out; `first` is its first request.
  void EndRun(const Request& first, MonotonicTime time)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether a request just queued had better wait for others to join it.
  bool MayGrowRun(const Request& request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether whoever carries out writes now may see to all that waits.
  bool WritersSuffice() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // --- Streams and devices; see descriptor_queue_streams.cc.

  // Poller::Client.
  void OnReady(DirectionSet ready, bool ended)
      ABSL_LOCKS_EXCLUDED(mutex_) override;
  void OnForgotten() ABSL_LOCKS_EXCLUDED(mutex_) override;
  void OnTimeLimit(MonotonicTime now) ABSL_LOCKS_EXCLUDED(mutex_) override;
  // The attendant's, and a device thread's.
  bool AttendLane(Direction direction) ABSL_LOCKS_EXCLUDED(mutex_);
  void PerformOnDevice(Direction direction) ABSL_LOCKS_EXCLUDED(mutex_);
  Request* BeginOnDevice(Direction direction) ABSL_LOCKS_EXCLUDED(mutex_);
  // This thread cannot carry it out.
  void LeaveToAnother(Request* request) ABSL_LOCKS_EXCLUDED(mutex_);
  // The request needs the number no more: it may be closed.  False when it is
  // being closed already.
  bool LetCloseGoOn(Request* request) ABSL_LOCKS_EXCLUDED(mutex_);

  // Who runs a lane.
  enum class Runner : uint8_t { kCaller, kPoller };
  // Moves what can be moved of what stands at the head of a lane, one request
  // after the other.
  void RunLane(Direction direction, Runner runner, CompletedList* completed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One step of its head; whether it is complete, or may go on.
  bool StepOf(Request* head, Runner runner, CompletedList* completed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether a try may take less than the program wants to wait for.
  bool IsBelowLowWater(const Request& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Retire(Request* request, ssize_t result, CompletedList* completed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Whether waiting until it is ready makes sense for what cannot be tried.
  bool MayBecomeReady(const Request& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets the poller wait for the head of a lane, or else has a thread made.
  void Await(Request* head) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void HandToDevice(Request* head) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Arms what is waited for; those that cannot be waited for go to a device.
  void Arm(Poller::Manner manner) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void GoOnWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void StopWatching() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The directions in which a request waits for the poller.
  DirectionSet PolledDirections() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The earliest time at which a wait is given up.
  void SetTimeLimit() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The way out of each of these, for Deliver without the mutex.
  struct Aftermath {
    WorkerPool::Wakeup wakeup;
    bool calls_attendant = false;
    bool waits = false;
  };
  Aftermath TakeAftermath(Recruiting recruiting = Recruiting::kYes)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Deliver(const Aftermath& aftermath) ABSL_LOCKS_EXCLUDED(mutex_);
  // A stream request that was just accepted.
  Aftermath TryAtOnce(Request* request, CompletedList* completed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Something was taken out of the queue.
  Aftermath GoOnAfter(const Request& gone, CompletedList* completed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Cancels what is not running; as CancelAll.
  CancelResult WithdrawAll(CompletedList* completed)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Lets a request that holds its file go: what comes later on the number has
  // nothing to do with it.
  void LetGo(Request* request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // A request will not use the number any more.
  void DropHolder() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Takes a request that is not running out of where it stands.
  void TakeOut(Request* request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The same, and ends it.
  CancelResult Withdraw(Request* request) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The end of every request here: takes it off the books, publishes its
  // result, and queues what was held for its sake alone.
  void Retire(Request* request, ssize_t result)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReleaseSuccessors(Lane* lane) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // --- Constant.
  const Services& services_;

  // --- Atomic.
  ClosingWord closings_;
  // The outstanding requests; those let go do not count.  Written under mutex_;
  // who drains sleeps on it.
  std::atomic<uint32_t> holders_{0};
  // The directions that the poller watches, and goes on to.  Written under
  // mutex_; a closer, who may be in a handler, reads it without.
  std::atomic<DirectionSet> watched_{0};
  // Whether those who closed the number before they could see this queue have
  // left; see AwaitTenure.
  std::atomic<bool> settled_{false};

  // --- Guarded by mutex_.
  Mutex mutex_;
  AgeList outstanding_ ABSL_GUARDED_BY(mutex_);
  PriorityQueue ready_ ABSL_GUARDED_BY(mutex_);  // state kQueued, all of them
  // By Direction; appends are in that of writes.
  std::array<Lane, 2> lanes_ ABSL_GUARDED_BY(mutex_);
  // What the poller reported has come to nothing so far.
  bool in_vain_ ABSL_GUARDED_BY(mutex_) = false;
  // Reads take what is there, however little.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  // The heads that were handed to a device since the latest TakeAftermath.
  DirectionSet posted_ ABSL_GUARDED_BY(mutex_) = 0;
  MonotonicTime limit_set_ ABSL_GUARDED_BY(mutex_) =
      kNever;  // as the poller has
  // The highest level announced since the last Take.  Unless it is kNoLevel the
  // queue stands in a ring, or a worker has taken it from one and has yet to
  // call Take, which announces what it leaves; so a request of no higher level
  // need not be announced again.
  Level announced_ ABSL_GUARDED_BY(mutex_) = kNoLevel;

  int drainers_ ABSL_GUARDED_BY(mutex_) = 0;

  // Positioned, taken and not complete; and of these the writes into memory.
  int runs_ ABSL_GUARDED_BY(mutex_) = 0;
  int writers_ ABSL_GUARDED_BY(mutex_) = 0;
  // How many writes into memory were quick, since one was not; up to kMany.
  int quick_writes_ ABSL_GUARDED_BY(mutex_) = 0;
  // Of the latest request queued.
  struct {
    Operation operation = Operation::kReadAt;
    Level level = kNoLevel;
    off_t end = -1;
  } last_ ABSL_GUARDED_BY(mutex_);
  // Of those up to it that nobody was told of, and how many they are.
  size_t gathering_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  int gathering_ ABSL_GUARDED_BY(mutex_) = 0;

  // --- Guarded by the pool, and by the devices.
  RingPlace place_;
  std::array<DeviceLane, 2> device_lanes_;  // by Direction
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_DESCRIPTOR_QUEUE_H_
