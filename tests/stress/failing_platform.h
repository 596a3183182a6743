// A platform that fails: each transfer as the plan of its buffer says, all else
// at random, at the rates of the mix.  Signals are not sent but counted in
// their notices.
//
// Thread safety: every function may be called from any thread.

#ifndef AIOEMUL_TESTS_STRESS_FAILING_PLATFORM_H_
#define AIOEMUL_TESTS_STRESS_FAILING_PLATFORM_H_

#include <atomic>
#include <cstdint>

#include "tests/stress/buffers.h"
#include "tests/stress/mix.h"
#include "tests/stress/random.h"
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
};

class FailingPlatform : public testing::ForwardingPlatform {
 public:
  FailingPlatform(const FaultRates& rates, uint64_t seed, Buffers& buffers)
      : rates_(rates), seed_(seed), buffers_(buffers) {}
  virtual ~FailingPlatform() = default;

  // Fails no more calls but those planned.
  void StopFaults() { failing_.store(false, std::memory_order_relaxed); }
  // Waits until every notification thread is through with its function.
  void AwaitNotificationThreads();
  // Called when a run makes no progress.
  virtual void OnStall() {}

  const InjectedCounts& injected() const { return injected_; }
  int allocations() const { return allocations_.load(); }

  // --- Platform.
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
  int StartWorker(void (*run)(void*), void* argument) override;
  int StartNotification(void (*run)(void*), void* argument,
                        const pthread_attr_t* attributes) override;
  int QueueSignal(int signal, sigval value, pid_t thread) override;

 private:
  // Carries out, by `call`, what the plan leaves of a transfer.
  template <typename Call>
  ssize_t Transfer(const void* buffer, size_t count, Call call);
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
  InjectedCounts injected_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_FAILING_PLATFORM_H_
