// Plants bugs around the engine.

#ifndef AIOEMUL_TESTS_STRESS_SABOTAGE_H_
#define AIOEMUL_TESTS_STRESS_SABOTAGE_H_

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "tests/stress/bug.h"
#include "tests/stress/engine_under_test.h"
#include "tests/stress/failing_platform.h"

namespace aioemul::stress {

// The bugs below the engine.
class SabotagedPlatform final : public FailingPlatform {
 public:
  SabotagedPlatform(Bug bug, const FaultRates& rates, uint64_t seed,
                    Buffers& buffers)
      : FailingPlatform(rates, seed, buffers), bug_(bug) {}

  // The next byte of this stream is lost.
  void LoseByte(int fd);

  // Gives up what it held back, so that the run can end.
  void OnStall() override;

  ssize_t ReadCached(int fd, void* buffer, size_t count, off_t offset) override;
  ssize_t ReadVectorAt(int fd, const iovec* buffers, int buffer_count,
                       off_t offset) override;
  ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                        off_t offset) override;
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
    constexpr int kOneIn = 4;
    if (bug != bug_ || faults_stopped()) return false;
    const int call = calls_.fetch_add(1);
    return MayBeUndone(bug) ? call % kOneIn == 0 : call == kTheOne;
  }
  static bool MayBeUndone(Bug bug) {
    return bug == Bug::kWrongByteRead || bug == Bug::kWrongByteWritten ||
           bug == Bug::kWrongByteAtOnce || bug == Bug::kPartTakenForEnd;
  }
  // Lets each request of a run that is longer than its neighbour move no more
  // than that.  Whether there is any.
  bool MixUp(const iovec* buffers, int count);
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
  // `platform` is needed by some bugs only, and null with the public interface.
  SabotagedEngine(Bug bug, EngineUnderTest& engine, SabotagedPlatform* platform)
      : bug_(bug), engine_(engine), platform_(platform) {}
  ~SabotagedEngine() override;

  int Sync(int operation, aiocb* block) override;
  int Error(const aiocb* block) override;
  int Cancel(int fd, aiocb* block) override;
  int Close(int fd) override;
  pid_t Fork() override;

  int Read(aiocb* block) override { return engine_.Read(block); }
  int Write(aiocb* block) override { return engine_.Write(block); }
  int Return(aiocb* block, ssize_t* result, int* status) override {
    return engine_.Return(block, result, status);
  }
  int Suspend(const aiocb* const list[], int count,
              const timespec* timeout) override {
    return engine_.Suspend(list, count, timeout);
  }
  int List(int mode, aiocb* const list[], int count,
           const sigevent* event) override {
    return engine_.List(mode, list, count, event);
  }
  void Configure(int threads, int reserve, int idle_time) override {
    engine_.Configure(threads, reserve, idle_time);
  }

 private:
  // Another descriptor for the same file, which has a queue of its own.
  int TwinOf(int fd);

  const Bug bug_;
  EngineUnderTest& engine_;
  SabotagedPlatform* const platform_;
  std::atomic<bool> in_child_{false};
  std::mutex mutex_;
  std::map<int, int> twins_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_SABOTAGE_H_
