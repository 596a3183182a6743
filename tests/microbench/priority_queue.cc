// What may be taken of one descriptor, at every length of its queue.

#include "emul/priority_queue.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "benchmark/benchmark.h"
#include "emul/level.h"
#include "emul/request.h"
#include "tests/microbench/batch.h"
#include "tests/support/fake_platform.h"

namespace aioemul {
namespace {

// Requests of mixed levels, and a queue for them.
class Queued {
 public:
  explicit Queued(int64_t count) : requests_(static_cast<size_t>(count)) {
    std::mt19937 random(1);
    for (size_t i = 0; i < requests_.size(); ++i) {
      requests_[i] = std::make_unique<Request>();
      requests_[i]->level = static_cast<Level>(random() % kMaxPriorityDelta);
    }
    queue_.Reserve(0);
  }

  void PushAll() {
    for (const auto& request : requests_) queue_.Push(request.get());
  }
  void PopAll() {
    while (!queue_.empty()) benchmark::DoNotOptimize(queue_.Pop());
  }
  // In an order of its own.
  void RemoveAll() {
    for (const size_t index : Shuffled()) queue_.Remove(requests_[index].get());
  }

 private:
  const std::vector<size_t>& Shuffled() {
    if (shuffled_.empty()) {
      for (size_t i = 0; i < requests_.size(); ++i) shuffled_.push_back(i);
      std::shuffle(shuffled_.begin(), shuffled_.end(), std::mt19937(2));
    }
    return shuffled_;
  }

  testing::FakePlatform platform_;
  PriorityQueue queue_{platform_};
  std::vector<std::unique_ptr<Request>> requests_;
  std::vector<size_t> shuffled_;
};

void Depths(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(16)->Range(16, 65536)->UseManualTime();
}

void PriorityQueuePush(benchmark::State& state) {
  Queued queued(state.range(0));
  for (auto _ : state) {
    TimeStage(state, [&] { queued.PushAll(); });
    queued.PopAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(PriorityQueuePush)->Apply(Depths);

void PriorityQueuePop(benchmark::State& state) {
  Queued queued(state.range(0));
  for (auto _ : state) {
    queued.PushAll();
    TimeStage(state, [&] { queued.PopAll(); });
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(PriorityQueuePop)->Apply(Depths);

void PriorityQueueRemove(benchmark::State& state) {
  Queued queued(state.range(0));
  for (auto _ : state) {
    queued.PushAll();
    TimeStage(state, [&] { queued.RemoveAll(); });
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(PriorityQueueRemove)->Apply(Depths);

}  // namespace
}  // namespace aioemul
