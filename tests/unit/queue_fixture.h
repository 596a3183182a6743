// Descriptor queues and all they need, with a pool that has nothing to do: the
// test takes and completes requests itself, one step at a time.

#ifndef AIOEMUL_TESTS_UNIT_QUEUE_FIXTURE_H_
#define AIOEMUL_TESTS_UNIT_QUEUE_FIXTURE_H_

#include <array>
#include <atomic>
#include <deque>
#include <vector>

#include "emul/descriptor_queue.h"
#include "emul/poller.h"
#include "emul/request.h"
#include "emul/run.h"
#include "emul/worker_pool.h"
#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/idle_engine.h"

namespace aioemul {

class QueueFixture : public ::testing::Test {
 protected:
  // A request and its control block.
  struct Entry {
    Request* request = nullptr;
    aiocb block = {};
    int accepted = 0;  // what Accept said

    int status() const {
      return control_block::StatusOf(control_block::Load(&block));
    }
    bool complete() const {
      return control_block::IsComplete(control_block::Load(&block));
    }
  };

  ~QueueFixture() override {
    for (Entry& entry : entries_) {
      if (entry.request->state == RequestState::kComplete) {
        entry.request->MoveTo(RequestState::kFree);
      }
      requests_.Release(entry.request);
    }
  }

  Entry& Submit(DescriptorQueue& queue, const Transfer& transfer,
                Level level = kDefaultLevel) {
    Entry& entry = entries_.emplace_back();
    entry.request = requests_.Acquire();
    entry.request->transfer = transfer;
    entry.request->level = level;
    ++outstanding_;
    DescriptorQueue::CompletedList completed;
    entry.accepted = queue.Accept(entry.request, &entry.block, 0,
                                  queue.AwaitTenure(transfer.fd), &completed);
    if (entry.accepted != 0) --outstanding_;
    return entry;
  }
  Entry& Submit(DescriptorQueue& queue, Operation operation,
                Level level = kDefaultLevel) {
    Transfer transfer;
    transfer.operation = operation;
    // Never waits, so that every kind is carried out by the test.
    transfer.blocking = false;
    return Submit(queue, transfer, level);
  }

  // All that can be taken now, best first, by as many workers.
  static std::vector<Request*> TakeAll(DescriptorQueue& queue) {
    std::vector<Request*> taken;
    while (Request* request = queue.Take(0).run.front()) {
      taken.push_back(request);
    }
    return taken;
  }

  static void Complete(DescriptorQueue& queue, Request* request,
                       ssize_t result = 0) {
    request->result = result;
    aioemul::Run run;
    run.PushBack(request);
    queue.Complete(run, 0);
  }

  testing::FakePlatform platform_;

 private:
  class NoWork final : public WorkerPool::Work {
   public:
    void Serve(DescriptorQueue& /*queue*/, Level /*level*/) override {}
    bool NeedsWorker() override { return false; }
  };

  NoWork work_;

 protected:
  RequestTable requests_{platform_};
  std::atomic<int> outstanding_{0};
  WorkerPool pool_{platform_, work_, /*max_threads=*/0, /*idle_time=*/0};
  IdleEngine engine_;
  Devices devices_{platform_, engine_, /*most_threads=*/0};
  Poller poller_{platform_, engine_, /*idle_time=*/0};
  DescriptorQueue::Services services_{platform_, pool_,   poller_,
                                      devices_,  engine_, outstanding_};

 private:
  std::deque<Entry> entries_;
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_QUEUE_FIXTURE_H_
