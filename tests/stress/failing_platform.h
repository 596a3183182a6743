// A platform that fails: each transfer as the plan of its buffer says, all else
// at random, at the rates of the mix.  Signals are not sent but counted in
// their notices.
//
// A request must come to what its plan says whichever way it is carried out.
// So a read from the cache, and a transfer of several buffers, never move more
// of a buffer than its plan allows, and nothing of one that is to fail.  What
// else goes wrong in them is theirs alone: the engine then carries out the
// request by itself, where only the plan counts.
//
// Thread safety: every function may be called from any thread.

#ifndef AIOEMUL_TESTS_STRESS_FAILING_PLATFORM_H_
#define AIOEMUL_TESTS_STRESS_FAILING_PLATFORM_H_

#include <atomic>
#include <cstdint>

#include "tests/stress/buffers.h"
#include "tests/stress/mix.h"
#include "tests/stress/random.h"
#include "tests/stress/stage.h"
#include "tests/support/forwarding_platform.h"

namespace aioemul::stress {

// What was injected, and how often.
struct InjectedCounts {
  std::atomic<int> errors{0};
  std::atomic<int> cuts{0};
  std::atomic<int> interruptions{0};
  std::atomic<int> delays{0};
  std::atomic<int> sync_errors{0};
  std::atomic<int> memory{0};
  std::atomic<int> threads{0};
  std::atomic<int> signals{0};
  std::atomic<int> misses{0};
  std::atomic<int> broken_runs{0};
};

class FailingPlatform : public testing::ForwardingPlatform {
 public:
  FailingPlatform(const FaultRates& rates, uint64_t seed, Buffers& buffers)
      : rates_(rates), seed_(seed), buffers_(buffers) {}
  virtual ~FailingPlatform() = default;

  // Fails no more calls but those planned.  Nothing is in the cache any more,
  // so that every request is queued.
  void StopFaults() { failing_.store(false, std::memory_order_relaxed); }
  bool faults_stopped() const {
    return !failing_.load(std::memory_order_relaxed);
  }
  // Waits until every notification thread is through with its function.
  void AwaitNotificationThreads();
  // Called when a run makes no progress.
  virtual void OnStall() {}

  const InjectedCounts& injected() const { return injected_; }
  int allocations() const { return allocations_.load(); }
  Ways ways() const { return {at_once_, written_at_once_, runs_, in_runs_}; }

  // --- Platform.
  ssize_t ReadCached(int fd, void* buffer, size_t count, off_t offset) override;
  // As a file system does that takes every write it can, whole or not at all.
  ssize_t WriteCached(int fd, const void* buffer, size_t count,
                      off_t offset) override;
  ssize_t ReadVectorAt(int fd, const iovec* buffers, int buffer_count,
                       off_t offset) override;
  ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                        off_t offset) override;
  ssize_t ReadAt(int fd, void* buffer, size_t count, off_t offset) override;
  ssize_t WriteAt(int fd, const void* buffer, size_t count,
                  off_t offset) override;
  ssize_t Append(int fd, const void* buffer, size_t count) override;
  ssize_t Read(int fd, void* buffer, size_t count) override;
  ssize_t Write(int fd, const void* buffer, size_t count) override;
  ssize_t TryRead(int fd, void* buffer, size_t count) override;
  ssize_t TryWrite(int fd, const void* buffer, size_t count) override;
  int Sync(int fd, bool data_only) override;
  Readiness* NewReadiness() override;
  void* Allocate(size_t size) override;
  void Free(void* memory) override;
  int StartWorker(const ThreadStart& start) override;
  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override;
  int QueueSignal(int signal, sigval value, pid_t thread) override;

 protected:
  FaultPlan* PlanOf(const void* address) { return buffers_.PlanOf(address); }
  // Whether this thread is a program's, and not the engine's.
  static bool IsCaller();

 private:
  // Gives way for as long as the plan says.
  void Delay(const FaultPlan& plan);
  // Whether the plan has an interruption left, which it has not afterwards.
  bool IsInterrupted(FaultPlan* plan);
  // Carries out, by `call`, what the plan leaves of a transfer.
  template <typename Call>
  ssize_t Transfer(const void* buffer, size_t count, Call call);
  // What a read from the cache gives that finds nothing.
  ssize_t Miss(const FaultPlan& plan);
  // The first read from the cache for a request, and the second for its rest.
  ssize_t ReadFirst(FaultPlan* plan, int fd, void* buffer, size_t count,
                    off_t offset);
  ssize_t ReadRest(const FaultPlan& plan, int fd, void* buffer, size_t count,
                   off_t offset);
  // Carries out, by `call`, what the plans leave of a transfer of several.
  template <typename Call>
  ssize_t TransferRun(const iovec* buffers, int count, Call call);
  // A random number for this call.
  Random Draw() {
    return Random(Key({seed_, draws_.fetch_add(1, std::memory_order_relaxed)}));
  }
  // Whether a call fails; if so it is counted.
  bool Fails(int per_mille, std::atomic<int>* count);

  const FaultRates rates_;
  const uint64_t seed_;
  Buffers& buffers_;

  std::atomic<bool> failing_{true};
  std::atomic<uint64_t> draws_{0};
  std::atomic<int> allocations_{0};
  std::atomic<int> notifying_{0};
  std::atomic<int> at_once_{0};
  std::atomic<int> written_at_once_{0};
  std::atomic<int> runs_{0};
  std::atomic<int> in_runs_{0};
  InjectedCounts injected_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FAILING_PLATFORM_H_
