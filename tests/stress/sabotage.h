// Bugs planted around the engine, each of which the stress test must find.

#ifndef AIOEMUL_TESTS_STRESS_SABOTAGE_H_
#define AIOEMUL_TESTS_STRESS_SABOTAGE_H_

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "tests/stress/engine_under_test.h"
#include "tests/stress/stress_platform.h"

namespace aioemul::stress {

enum class Bug {
  kNone,
  kLostCompletion,
  kLostNotification,
  kDuplicateNotification,
  kWrongByteWritten,
  kWrongByteRead,
  kReorderedAppend,
  kOvertakingSync,
  kCancelledWriteDone,
  kByteLostByCancel,
};

// The bugs below the engine.
class SabotagedPlatform final : public StressPlatform {
 public:
  SabotagedPlatform(Bug bug, const FaultRates& rates, uint64_t seed,
                    Buffers& buffers)
      : StressPlatform(rates, seed, buffers), bug_(bug) {}

  // The next byte of this stream is lost.
  void LoseByte(int fd);

  // Gives up what it held back, so that the run can end.
  void OnStall() override;

  ssize_t ReadAt(int fd, void* buffer, size_t count, off_t offset) override;
  ssize_t WriteAt(int fd, const void* buffer, size_t count,
                  off_t offset) override;
  ssize_t Append(int fd, const void* buffer, size_t count) override;
  ssize_t TryRead(int fd, void* buffer, size_t count) override;
  int QueueSignal(int signal, sigval value, pid_t thread) override;

 private:
  // Whether this is a call to spoil: always the same one, or, of bugs that the
  // program may undo before it looks, one in so many.
  bool IsTheOne(Bug bug) {
    constexpr int kTheOne = 20;
    if (bug != bug_) return false;
    const int call = calls_.fetch_add(1);
    return bug == Bug::kWrongByteWritten ? call % kTheOne == 0
                                         : call == kTheOne;
  }
  void HoldUntilStall();

  const Bug bug_;
  std::atomic<int> calls_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stalled_ = false;
  std::optional<sigval> held_signal_;
  std::map<int, std::string> held_records_;  // by descriptor
  std::set<int> owed_bytes_;
};

// The bugs above it.
class SabotagedEngine final : public EngineUnderTest {
 public:
  SabotagedEngine(Bug bug, Engine& engine, SabotagedPlatform& platform)
      : EngineUnderTest(engine), bug_(bug), platform_(platform) {}
  ~SabotagedEngine() override;

  int Sync(int operation, aiocb* block) override;
  int Cancel(int fd, aiocb* block) override;

 private:
  // Another descriptor for the same file, which has a queue of its own.
  int TwinOf(int fd);

  const Bug bug_;
  SabotagedPlatform& platform_;
  std::mutex mutex_;
  std::map<int, int> twins_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_SABOTAGE_H_
