// The stages of a request in the queue of its descriptor, without a worker: the
// benchmark takes and completes requests itself.

#include "emul/descriptor_queue.h"

#include <aio.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <vector>

#include "benchmark/benchmark.h"
#include "emul/blocking_gate.h"
#include "emul/poller.h"
#include "emul/request.h"
#include "emul/worker_pool.h"
#include "tests/microbench/batch.h"
#include "tests/support/fake_platform.h"

namespace aioemul {
namespace {

class NoWork final : public WorkerPool::Work {
 public:
  void Serve(DescriptorQueue& /*queue*/, Level /*level*/) override {}
  void DoChore() override {}
  MonotonicTime ChoreTime() override { return kNever; }
  bool NeedsWorker() override { return false; }
};

// A queue and the requests that go through it.
class Stages {
 public:
  Stages(int64_t count, Operation operation)
      : blocks_(static_cast<size_t>(count)) {
    for (size_t i = 0; i < blocks_.size(); ++i) {
      Request* request = requests_.Acquire();
      request->transfer.operation = operation;
      request->transfer.fd = 0;
      request->table = &requests_;
      all_.push_back(request);
    }
  }
  ~Stages() {
    for (Request* request : all_) requests_.Release(request);
  }

  void AcceptAll() {
    outstanding_.store(static_cast<int>(all_.size()));
    for (size_t i = 0; i < all_.size(); ++i) {
      ++all_[i]->uses;
      queue_.Accept(all_[i], &blocks_[i], control_block::Load(&blocks_[i]),
                    queue_.AwaitTenure(0));
    }
  }
  void TakeAll() {
    taken_.clear();
    while (Request* request = queue_.Take(0).request) {
      taken_.push_back(request);
    }
  }
  void CompleteAll() {
    for (Request* request : taken_) queue_.Complete(request, 0);
  }
  // Those that go one at a time.
  void TakeAndCompleteAll() {
    while (Request* request = queue_.Take(0).request) {
      queue_.Complete(request, 0);
    }
  }
  // Newest first.
  void CancelAll() {
    for (size_t i = all_.size(); i > 0; --i) {
      queue_.Cancel(all_[i - 1], &blocks_[i - 1]);
    }
  }
  // As the engine does once the notification is sent.
  void ForgetAll() {
    for (Request* request : all_) request->MoveTo(RequestState::kFree);
  }

 private:
  testing::FakePlatform platform_;
  NoWork work_;
  RequestTable requests_{platform_};
  std::atomic<int> outstanding_{0};
  WorkerPool pool_{platform_, work_, /*max_threads=*/0, /*idle_time=*/0};
  Poller poller_{platform_, /*idle_time=*/0};
  std::array<BlockingGate, 2> gates_{BlockingGate(platform_, 2),
                                     BlockingGate(platform_, 2)};
  const DescriptorQueue::Services services_{platform_, pool_, poller_, gates_,
                                            outstanding_};
  DescriptorQueue queue_{services_};
  std::vector<aiocb> blocks_;
  std::vector<Request*> all_;
  std::vector<Request*> taken_;
};

void Depths(benchmark::internal::Benchmark* benchmark) {
  benchmark->RangeMultiplier(32)->Range(1, 32768)->UseManualTime();
}

void DescriptorQueueAccept(benchmark::State& state) {
  Stages stages(state.range(0), Operation::kReadAt);
  for (auto _ : state) {
    TimeStage(state, [&] { stages.AcceptAll(); });
    stages.TakeAndCompleteAll();
    stages.ForgetAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(DescriptorQueueAccept)->Apply(Depths);

void DescriptorQueueTake(benchmark::State& state) {
  Stages stages(state.range(0), Operation::kReadAt);
  for (auto _ : state) {
    stages.AcceptAll();
    TimeStage(state, [&] { stages.TakeAll(); });
    stages.CompleteAll();
    stages.ForgetAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(DescriptorQueueTake)->Apply(Depths);

void DescriptorQueueComplete(benchmark::State& state) {
  Stages stages(state.range(0), Operation::kReadAt);
  for (auto _ : state) {
    stages.AcceptAll();
    stages.TakeAll();
    TimeStage(state, [&] { stages.CompleteAll(); });
    stages.ForgetAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(DescriptorQueueComplete)->Apply(Depths);

// A completion lets the next of the lane go.
void DescriptorQueueLane(benchmark::State& state) {
  Stages stages(state.range(0), Operation::kAppend);
  for (auto _ : state) {
    stages.AcceptAll();
    TimeStage(state, [&] { stages.TakeAndCompleteAll(); });
    stages.ForgetAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(DescriptorQueueLane)->Apply(Depths);

void DescriptorQueueCancel(benchmark::State& state) {
  Stages stages(state.range(0), Operation::kReadAt);
  for (auto _ : state) {
    stages.AcceptAll();
    TimeStage(state, [&] { stages.CancelAll(); });
    stages.ForgetAll();
  }
  ReportEach(state, state.range(0));
}
BENCHMARK(DescriptorQueueCancel)->Apply(Depths);

}  // namespace
}  // namespace aioemul
