// A platform for tests: the operating system, except where a test says
// otherwise.  It can hold transfers, answer them itself, run the system short
// of memory, threads or signals at a chosen call, and it records what it was
// asked to do.
//
// Thread safety: everything may be called from any thread.

#ifndef AIOEMUL_TESTS_SUPPORT_FAKE_PLATFORM_H_
#define AIOEMUL_TESTS_SUPPORT_FAKE_PLATFORM_H_

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "emul/platform/platform.h"

namespace aioemul::testing {

// One transfer as the platform was asked for it.
struct TransferCall {
  enum class Kind {
    kReadAt,
    kWriteAt,
    kAppend,
    kRead,
    kWrite,
    kTryRead,
    kTryWrite,
    kReadCached,
    kWriteCached,
    kReadVectorAt,   // buffer: the first of several; count: of all of them
    kWriteVectorAt,  //
    kSync
  };
  Kind kind;
  int fd;
  void* buffer;
  size_t count;
  off_t offset;
  bool data_only;  // kSync
};

struct SentSignal {
  int signal;
  sigval value;
  pid_t thread;
};

class FakePlatform final : public Platform {
 public:
  FakePlatform() = default;
  // Checks that all memory was given back.
  ~FakePlatform();

  // --- Holding transfers.  A held transfer waits, before it reaches the
  // --- system, until it is released.
  void HoldTransfers();
  // Waits until exactly `count` transfers are being held, and returns them in
  // the order they arrived.
  std::vector<TransferCall> AwaitHeld(size_t count);
  // Lets the oldest `count` held ones go, and holds on.
  void ReleaseHeld(size_t count);
  // Lets all go, and holds no more.
  void ReleaseAll();

  // --- Answering transfers.  `answer` is asked for each transfer (after it was
  // --- held, if so): its result, or nothing to let the system do it.
  using Answer = std::function<std::optional<ssize_t>(const TransferCall&)>;
  void AnswerTransfers(Answer answer);

  // The same for TryRead and TryWrite, which are neither held nor recorded:
  // the engine makes them with locks held.
  void AnswerTries(Answer answer);

  // The same for ReadCached and WriteCached, neither held nor recorded.
  // Without an answer there is nothing in the cache, ever.
  void AnswerCachedReads(Answer answer);
  void AnswerCachedWrites(Answer answer);

  // The transfers begun so far, in that order.
  std::vector<TransferCall> transfers() const;

  // --- Running short.  Calls that take memory or a thread are counted from the
  // --- latest FailResource on; call number `index` (from 0) fails.
  void FailResource(int index);
  // From now on every one fails, or none does.
  void FailAllResources(bool fail);
  // How many have been made since FailResource, and whether it failed one.
  int resource_calls() const;
  bool resource_failed() const;
  // Every start of a thread for a notification fails, or none does.
  void FailNotificationThreads(bool fail);
  // The threads that started one, in that order.
  std::vector<pthread_t> notification_makers() const;
  // How many pieces of memory are in use.
  int allocations() const;
  int total_allocations() const;
  size_t allocated_bytes() const;

  // --- Readiness: made by `make` from now on.
  void ChooseReadiness(std::function<Readiness*()> make);

  // --- Signals: recorded and not sent while there is a limit.
  void CaptureSignals(size_t limit);
  std::vector<SentSignal> TakeSignals();  // makes room for as many
  std::vector<SentSignal> AwaitSignals(size_t count);
  size_t refused_signals() const;

  // --- Threads in aio_suspend, which alone sleep in WaitCancellable.
  // Waits until exactly `count` of them sleep there or are about to.
  void AwaitSuspended(size_t count);
  // How often one of them has been woken: at most, as one that finds its word
  // changed before it sleeps needs no wake-up.
  int suspended_wakes() const;

  // --- Threads in Wait without a deadline, where those who close and those who
  // --- wait for them sleep.  Waits until at least `count` are or are about to.
  void AwaitSleepers(size_t count);

  // Called by the thread that asks for memory or for a worker, before it gets
  // an answer.
  void OnResource(std::function<void()> hook);

  void set_caller_priority(int priority);
  // Every Wait answers -EINTR once more.
  void InterruptWaits(int count);

  // --- Platform.
  int Inspect(int fd, Direction direction, DescriptorTraits* traits) override;
  int CheckOpen(int fd) override;
  off_t RegularFileSize(int fd) override { return system_.RegularFileSize(fd); }
  ssize_t ReadAt(int fd, void* buffer, size_t count, off_t offset) override;
  ssize_t WriteAt(int fd, const void* buffer, size_t count,
                  off_t offset) override;
  ssize_t ReadVectorAt(int fd, const iovec* buffers, int buffer_count,
                       off_t offset) override;
  ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                        off_t offset) override;
  ssize_t Append(int fd, const void* buffer, size_t count) override;
  ssize_t Read(int fd, void* buffer, size_t count) override;
  ssize_t Write(int fd, const void* buffer, size_t count) override;
  ssize_t ReadCached(int fd, void* buffer, size_t count, off_t offset) override;
  ssize_t WriteCached(int fd, const void* buffer, size_t count,
                      off_t offset) override;
  ssize_t TryRead(int fd, void* buffer, size_t count) override;
  ssize_t TryWrite(int fd, const void* buffer, size_t count) override;
  bool IsFile(int fd) override { return system_.IsFile(fd); }
  size_t Available(int fd) override { return system_.Available(fd); }
  MonotonicTime TimeLimit(int fd, Direction direction) override {
    return system_.TimeLimit(fd, direction);
  }
  bool ReturnsEmpty(int fd) override { return system_.ReturnsEmpty(fd); }
  Readiness* NewReadiness() override;
  int Sync(int fd, bool data_only) override;
  void* Allocate(size_t size) override;
  void Free(void* memory) override;
  int CallerPriority() override;
  int StartWorker(const ThreadStart& start) override;
  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override;
  void HoldForFork() override { system_.HoldForFork(); }
  void ReleaseAfterFork() override { system_.ReleaseAfterFork(); }
  pid_t Process() override { return system_.Process(); }
  int HoldFile(int fd) override { return system_.HoldFile(fd); }
  void DropFile(int fd) override { system_.DropFile(fd); }
  int QueueSignal(int signal, sigval value, pid_t thread) override;
  pid_t ThreadOf(const sigevent& event) override;
  MonotonicTime Now() override { return system_.Now(); }
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override;
  int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                      MonotonicTime deadline) override;
  void Relax() override { system_.Relax(); }
  int Processors() override { return system_.Processors(); }
  void Wake(const std::atomic<uint32_t>& word) override;

 private:
  // Records, holds and answers; nothing when the system is to do it.
  std::optional<ssize_t> Intercept(const TransferCall& call);
  std::optional<ssize_t> AnswerToTry(const TransferCall& call);
  bool ResourceFails();
  // One stay of a thread in WaitCancellable; in its own stack, since the thread
  // may be in a signal handler, where no memory can be had.
  struct Suspension {
    FakePlatform* platform;
    const std::atomic<uint32_t>* word;
    Suspension* next;
  };
  static void EndSuspension(void* argument);

  Platform& system_ = SystemPlatform();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool holding_ = false;
  uint64_t next_ticket_ = 0;
  std::vector<std::pair<uint64_t, TransferCall>> held_;
  Answer answer_;
  Answer try_answer_;
  Answer cached_read_answer_;
  Answer cached_write_answer_;
  std::function<Readiness*()> make_readiness_;
  std::vector<TransferCall> transfers_;

  int resource_calls_ = 0;
  int fail_at_ = -1;
  bool failed_ = false;
  bool fail_all_ = false;
  bool fail_notification_threads_ = false;
  std::vector<pthread_t> notification_makers_;
  std::map<void*, size_t> memory_;  // with its size
  size_t allocated_bytes_ = 0;
  int total_allocations_ = 0;
  std::function<void()> resource_hook_;

  bool capturing_ = false;
  size_t signal_limit_ = 0;
  std::vector<SentSignal> signals_;
  size_t refused_signals_ = 0;

  Suspension* suspensions_ = nullptr;
  size_t suspended_ = 0;
  int suspended_wakes_ = 0;
  size_t sleepers_ = 0;

  int priority_ = -1;  // below 0: ask the system
  int interrupts_ = 0;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_SUPPORT_FAKE_PLATFORM_H_
