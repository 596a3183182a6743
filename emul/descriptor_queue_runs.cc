// The queue's part about runs: which requests go out together, and when it is
// better to let them gather than to send for another worker.

#include <algorithm>

#include "emul/descriptor_queue.h"

namespace aioemul {
namespace {

// Writes into memory: how many may wait for one worker, once how many in a row
// took at most how long.
constexpr size_t kMostWritesLeft = 16;
constexpr int kManyQuickWrites = 16;
constexpr MonotonicTime kQuickWrite = 100'000;  // 100 us

// So many transfers of a sequence are on their way before its neighbours
// gather.  At a lower depth than this nothing is ever held up.
constexpr int kRunsAtOnce = 4;

}  // namespace

// Neighbours that wait are carried out together.  While there are enough runs
// on their way for the device, more neighbours are let gather rather than be
// carried out each by itself, until a run ends or another is full.
bool DescriptorQueue::MayGrowRun(const Request& request) {
  const bool goes_on = last_.end >= 0 && last_.level == request.level &&
                       last_.operation == request.transfer.operation &&
                       last_.end == request.transfer.offset;
  last_ = {request.transfer.operation, request.level, EndOf(request.transfer)};
  if (goes_on && runs_ >= kRunsAtOnce && request.transfer.count > 0) {
    gathering_bytes_ += request.transfer.count;
    ++gathering_;
    if (gathering_bytes_ < services_.merge_bytes && gathering_ < kMostInRun) {
      return true;
    }
  }
  gathering_bytes_ = 0;
  gathering_ = 0;
  return false;
}

// Writes into the memory of one file take turns in most systems, so a second
// writer would only wait for the first.  As long as they are quick, and few
// wait, those who write already will do.
bool DescriptorQueue::WritersSuffice() const {
  return writers_ > 0 && quick_writes_ == kManyQuickWrites &&
         ready_.size() <= kMostWritesLeft &&
         ready_.size() == ready_.writes_into_memory() &&
         services_.merge_bytes > 0;
}

void DescriptorQueue::Gather(Run* run) {
  gathering_bytes_ = 0;
  gathering_ = 0;
  size_t bytes = run->front()->transfer.count;
  for (int size = 1; size < kMostInRun && !ready_.empty(); ++size) {
    Request* next = ready_.Top();
    bytes += next->transfer.count;
    if (!GoesOn(*run->back(), *next) || bytes > services_.merge_bytes) return;
    ready_.Pop();
    next->MoveTo(RequestState::kRunning);
    run->PushBack(next);
  }
}

void DescriptorQueue::EndRun(const Request& first, MonotonicTime time) {
  --runs_;
  if (!first.WritesIntoMemory()) return;
  --writers_;
  quick_writes_ =
      time <= kQuickWrite ? std::min(quick_writes_ + 1, kManyQuickWrites) : 0;
}

}  // namespace aioemul
