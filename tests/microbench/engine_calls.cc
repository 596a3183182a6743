// The calls of an engine whose workers stand still: what the calling thread
// does, and nothing else.

#include <aio.h>
#include <fcntl.h>
#include <signal.h>
#include <time.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "benchmark/benchmark.h"
#include "emul/engine.h"
#include "emul/options.h"
#include "tests/microbench/batch.h"
#include "tests/microbench/still_platform.h"
#include "tests/microbench/test_file.h"

namespace aioemul {
namespace {

// Reads that stay queued until they are cancelled.
class Calls {
 public:
  explicit Calls(int64_t count) : blocks_(static_cast<size_t>(count)) {
    for (aiocb& block : blocks_) {
      block.aio_fildes = file_.fd();
      block.aio_buf = buffer_;
      block.aio_nbytes = sizeof(buffer_);
      block.aio_sigevent.sigev_notify = SIGEV_NONE;
      block.aio_lio_opcode = LIO_READ;
      list_.push_back(&block);
    }
  }
  ~Calls() {
    platform_.LetGo();
    engine_.reset();
  }

  Engine& engine() { return *engine_; }
  aiocb* block(size_t index) { return &blocks_[index]; }
  int count() const { return static_cast<int>(blocks_.size()); }

  void SubmitAll() {
    for (aiocb& block : blocks_) engine_->Read(&block);
  }
  void SubmitAsList() {
    engine_->List(LIO_NOWAIT, list_.data(), count(), nullptr);
  }
  // Newest first, one by one.
  void CancelEach() {
    for (size_t i = blocks_.size(); i > 0; --i) {
      engine_->Cancel(file_.fd(), &blocks_[i - 1]);
    }
  }
  void CancelAll() { engine_->Cancel(file_.fd(), nullptr); }
  int Suspend(const timespec* timeout) {
    return engine_->Suspend(list_.data(), count(), timeout);
  }

 private:
  TestFile file_;
  StillPlatform platform_;
  std::optional<Engine> engine_{std::in_place, Options(), platform_};
  char buffer_[TestFile::kBlock];
  std::vector<aiocb> blocks_;
  std::vector<aiocb*> list_;
};

void Lengths(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(32)->Range(1, 32768)->UseManualTime();
}

void EngineSubmit(benchmark::State& state) {
  Calls calls(state.range(0));
  for (auto _ : state) {
    TimeStage(state, [&] { calls.SubmitAll(); });
    calls.CancelAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(EngineSubmit)->Apply(Lengths);

void EngineSubmitList(benchmark::State& state) {
  Calls calls(state.range(0));
  for (auto _ : state) {
    TimeStage(state, [&] { calls.SubmitAsList(); });
    calls.CancelAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(EngineSubmitList)->Apply(Lengths);

void EngineCancelEach(benchmark::State& state) {
  Calls calls(state.range(0));
  for (auto _ : state) {
    calls.SubmitAll();
    TimeStage(state, [&] { calls.CancelEach(); });
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(EngineCancelEach)->Apply(Lengths);

void EngineCancelAll(benchmark::State& state) {
  Calls calls(state.range(0));
  for (auto _ : state) {
    calls.SubmitAll();
    TimeStage(state, [&] { calls.CancelAll(); });
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(EngineCancelAll)->Apply(Lengths);

void EngineErrorInProgress(benchmark::State& state) {
  Calls calls(1);
  calls.SubmitAll();
  for (auto _ : state) {
    benchmark::DoNotOptimize(calls.engine().Error(calls.block(0)));
  }
  calls.CancelAll();
}
BENCHMARK(EngineErrorInProgress);

void EngineErrorComplete(benchmark::State& state) {
  Calls calls(1);
  calls.SubmitAll();
  calls.CancelAll();
  for (auto _ : state) {
    benchmark::DoNotOptimize(calls.engine().Error(calls.block(0)));
  }
}
BENCHMARK(EngineErrorComplete);

// Of so many the last is complete already.
void EngineSuspendLastComplete(benchmark::State& state) {
  Calls calls(state.range(0));
  calls.SubmitAll();
  calls.engine().Cancel(calls.block(0)->aio_fildes,
                        calls.block(static_cast<size_t>(calls.count()) - 1));
  for (auto _ : state) benchmark::DoNotOptimize(calls.Suspend(nullptr));
  calls.CancelAll();
}
BENCHMARK(EngineSuspendLastComplete)->RangeMultiplier(4)->Range(1, 1024);

// None of so many is complete, and the caller does not wait.
void EngineSuspendPoll(benchmark::State& state) {
  Calls calls(state.range(0));
  calls.SubmitAll();
  const timespec zero = {0, 0};
  for (auto _ : state) benchmark::DoNotOptimize(calls.Suspend(&zero));
  calls.CancelAll();
}
BENCHMARK(EngineSuspendPoll)->RangeMultiplier(4)->Range(1, 1024);

}  // namespace
}  // namespace aioemul
