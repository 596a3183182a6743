// The engine: everything behind the C interface, as a class, so that tests can
// have engines of their own with their own options and platform.
//
// The functions are those of aio/aio.h, where their behaviour is described,
// but return negative errno values in place of -1 and errno.  Those that submit
// return -ESTALE for EAGAIN when nothing was submitted because the engine is
// abandoned: another may take it.
//
// Lifetime: the engine behind the C interface is never destroyed, because
// threads and handlers may call it until the process is gone.  Any other may
// be destroyed when no request is outstanding and no call is under way.
//
// Thread and signal safety: as in aio/aio.h.

#ifndef AIOEMUL_EMUL_ENGINE_H_
#define AIOEMUL_EMUL_ENGINE_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "emul/attendant.h"
#include "emul/cache_hints.h"
#include "emul/descriptor_queue.h"
#include "emul/descriptor_table.h"
#include "emul/devices.h"
#include "emul/list_operation.h"
#include "emul/mutex.h"
#include "emul/notifier.h"
#include "emul/options.h"
#include "emul/platform/platform.h"
#include "emul/poller.h"
#include "emul/request.h"
#include "emul/validate.h"
#include "emul/waiters.h"
#include "emul/worker_pool.h"

namespace aioemul {

class Engine final : private WorkerPool::Work,
                     private Attendant::Work,
                     private DescriptorQueue::Finisher,
                     private Poller::Chore,
                     private Devices::Attendance {
 public:
  // `predecessor` is the engine that was abandoned for this one, if any.
  Engine(const Options& options, Platform& platform,
         const Engine* predecessor = nullptr);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  int Read(aiocb* block);
  int Write(aiocb* block);
  int Sync(int operation, aiocb* block);

  // The error status itself, which is not negative.
  int Error(const aiocb* block) const;
  // 0 and the result; or -EINVAL or -EINPROGRESS.  When the result is -1,
  // `status` is the request's error status.
  int Return(aiocb* block, ssize_t* result, int* status);

  int Suspend(const aiocb* const list[], int count, const timespec* timeout);
  int Cancel(int fd, aiocb* block);
  int List(int mode, aiocb* const list[], int count, const sigevent* event);

  // Changes the tunables, but an idle time of 0, which leaves that as it is.
  void Configure(int threads, int reserve, int idle_time);

  int thread_count() const { return pool_.thread_count(); }

  // As tuned; for an abandoned engine, whose options nobody changes.
  Options last_options() const ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return options_;
  }

  // --- For who closes descriptors; see closing.h.  Async-signal-safe.

  // Null when the number was never used.
  DescriptorQueue* FindQueue(int fd) const;
  // The numbers from `first` to `last` may stand for something else by now.
  void ForgetFiles(int first, int last) {
    read_hints_.ForgetFiles(first, last);
  }
  // Cancels what has not started on the descriptor of the queue, and returns
  // when nothing uses its number any more.
  void Evacuate(DescriptorQueue* queue);
  // The same for all descriptors from `first` to `last`.
  void Evacuate(int first, int last);

  // --- In the child of a fork, with handlers held off; see process.h.

  // Whatever other threads did here at the fork, nothing is accepted from then
  // on.
  void Refuse();
  // Refuse, and gives up everything outstanding: whoever waits returns.  Does
  // no harm a second time.
  void Abandon();
  bool abandoned() const { return requests_.abandoned(); }
  // Whether nothing is outstanding, and so nobody waits for anything here.
  bool IsIdle() const {
    return requests_.in_use() == 0 && lists_.in_use() == 0;
  }

 private:
  // WorkerPool::Work.
  void Serve(DescriptorQueue& queue, Level level) override;
  bool NeedsWorker() override { return !IsIdle(); }

  // Attendant::Work.
  void Attend() override;
  MonotonicTime NextTime() override {
    return std::min(notifier_.retry_time(),
                    device_time_.load(std::memory_order_relaxed));
  }
  // The notification of what is in use may be owed yet.
  bool NeedsAttendant() override { return !IsIdle() || devices_.HasThreads(); }

  void PerformRun(const DescriptorQueue::Taken& taken, DescriptorQueue& queue);

  // DescriptorQueue::Finisher, Poller::Chore and Devices::Attendance.
  void Finish(DescriptorQueue::CompletedList* completed) override {
    Finish(completed, Notifier::Manner::kThreadsLater);
  }
  void AttendDevices() override;
  MonotonicTime DoPollersChore() override;
  void CallAttendant() override;

  // Cancels what has not started; false when there is nothing to wait for.
  bool BeginDrain(DescriptorQueue* queue);

  // --- The short way: transfers with what is in memory.
  // What a plain read would have returned; -EAGAIN when it would wait, or
  // might.
  ssize_t ReadCached(const Transfer& transfer);
  // How many bytes were written without waiting, from the first on; or an error
  // that is the write's own.
  ssize_t WriteCached(const Transfer& transfer);
  static void Remember(CacheHints* hints, int fd, ssize_t result);
  // As far as is remembered; if nothing is, it is asked.
  bool IsFile(int fd);
  // Whether nothing is ahead of what a caller asks, and nothing in its block
  // that is not about the notification asks for a refusal.
  bool IsAloneAndValid(const aiocb& block);
  // ReadCached of it, which may have to be queued.
  ssize_t ReadAtOnce(const aiocb& block);
  // How many bytes of it were written, of which the rest has to be queued; or
  // an error that is its result.
  ssize_t WriteAtOnce(const aiocb& block);
  // Makes `result` that of a block that needs no request for that; false when
  // it does: it asks for a notification, or is in progress.
  bool CompleteAtOnce(aiocb* block, ssize_t result);
  // The same with a request, which was not accepted by any queue.
  int CompleteAtOnce(Request* request, aiocb* block, control_block::Word word,
                     ssize_t count);

  // --- The way in.
  int SubmitRead(aiocb* block, ListOperation* list, ssize_t count);
  // `written` bytes have been written at once.
  int SubmitWrite(aiocb* block, ListOperation* list, ssize_t written);
  int SubmitEntry(aiocb* block, ListOperation* list);
  // The answer of a call that submits, whose handlers are still held off.
  int Answer(int error) const;
  // What is asked of a block: fills in the submission; 0 or an error.
  using Validation = absl::FunctionRef<int(Submission*)>;
  int SubmitSync(aiocb* block, int operation);
  // `count` is what the caller read already, or -EAGAIN.
  int Submit(aiocb* block, Validation validate, ListOperation* list,
             ssize_t count = -EAGAIN);
  // Validates, and again when the descriptor was closed meanwhile.
  int Attempt(aiocb* block, control_block::Word word, Validation validate,
              ListOperation* list, ssize_t count);
  int Admit(aiocb* block, control_block::Word word,
            const Submission& submission, ListOperation* list,
            DescriptorQueue* queue, const DescriptorQueue::Tenure& tenure,
            ssize_t count);
  // A request that is filled in.
  int Start(Request* request, aiocb* block, control_block::Word word,
            DescriptorQueue* queue, const DescriptorQueue::Tenure& tenure,
            ssize_t count);
  int StartStream(Request* request, aiocb* block, control_block::Word word,
                  DescriptorQueue* queue,
                  const DescriptorQueue::Tenure& tenure);

  // Whether the block was in progress when a process forked of which this one
  // is the child.
  bool WasAbandoned(const aiocb* block, control_block::Word word) const;

  // --- The way out, once a result is visible.
  void Finish(DescriptorQueue::CompletedList* completed,
              Notifier::Manner manner);
  void FinishList(ListOperation* list, Notifier::Manner manner);
  void Notify(Notification* notification, Notifier::Manner manner);
  static void RequestNotified(Notification* notification);
  // Makes sure of the attendant if `notification` may need it.
  int EnsureAttendant(const Notification& notification) {
    const bool may_need_it = notification.kind != Notification::Kind::kNone;
    return may_need_it ? attendant_.Ensure() : 0;
  }

  // --- Lists.
  // Submits the whole list as `operation`; 0, or the worst of the errors met.
  // Null and -EAGAIN when not even that can be had.
  int SubmitList(aiocb* const list[], int count,
                 const Notification& notification, ListOperation** operation);
  int SubmitEntries(aiocb* const list[], int count, ListOperation* operation);
  // Lets every entry read EAGAIN.
  void RefuseEntries(aiocb* const list[], int count);
  // Waits for a list that was submitted with the result `submitted`, and gives
  // it up.
  int WaitForList(ListOperation* operation, int submitted);

  // Sets memory aside as tuned.
  void Reserve();

  // --- Constant.
  Platform& platform_;
  const Engine* const predecessor_;
  const pid_t process_;  // whose engine this is
  const int max_requests_;
  const size_t inline_bytes_;
  const size_t inline_write_bytes_;

  // --- Atomic, or thread-safe themselves.
  // Requests accepted whose result is not visible, for the limit.
  std::atomic<int> outstanding_{0};
  std::atomic<int> reserve_;  // as in options_
  std::atomic<MonotonicTime> device_time_{kNever};
  CacheHints read_hints_;
  CacheHints write_hints_;
  RequestTable requests_;
  ListTable lists_;
  Waiters waiters_;
  Notifier notifier_;

  Mutex options_mutex_;
  Options options_ ABSL_GUARDED_BY(options_mutex_);

  // Last made and first destroyed: threads that use the rest, and each other in
  // this order.
  DescriptorTable descriptors_;
  Devices devices_;
  Poller poller_;
  Attendant attendant_;
  WorkerPool pool_;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_ENGINE_H_
