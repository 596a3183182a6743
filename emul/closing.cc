#include "emul/closing.h"

#include <cerrno>

#include "emul/descriptor_queue.h"
#include "emul/platform/platform.h"

namespace aioemul {

DescriptorClosing::DescriptorClosing(const std::atomic<Engine*>& engine,
                                     int first, int last)
    : engine_(engine), first_(first), last_(last), closes_(&Always) {}

void DescriptorClosing::Begin() {
  const int entry_errno = errno;
  if (first_ == last_) {
    BeginOne();
  } else {
    BeginRange();
  }
  errno = entry_errno;
}

DescriptorQueue* DescriptorClosing::FindQueue() const {
  const Engine* engine = engine_.load(std::memory_order_seq_cst);
  return engine == nullptr ? nullptr : engine->FindQueue(first_);
}

void DescriptorClosing::BeginOne() {
  DescriptorQueue* queue = FindQueue();
  if (queue == nullptr) {
    Enter(ProcessClosings().OfUnused(first_));
    // Made meanwhile?
    queue = FindQueue();
    if (queue == nullptr) return;
    Leave();
  }
  Enter(queue->closings());
  if ((!queue->IsHeld() && !queue->IsWatched()) || !closes_()) return;
  engine_.load(std::memory_order_relaxed)->Evacuate(queue);
}

void DescriptorClosing::BeginRange() {
  Enter(ProcessClosings().OfRanges());
  Engine* engine = engine_.load(std::memory_order_seq_cst);
  if (engine != nullptr) engine->Evacuate(first_, last_);
}

void DescriptorClosing::End() {
  const int entry_errno = errno;
  Engine* engine = engine_.load(std::memory_order_relaxed);
  if (engine != nullptr) engine->ForgetFiles(first_, last_);
  Leave();
  errno = entry_errno;
}

void DescriptorClosing::Enter(ClosingWord& word) {
  word_ = &word;
  entered_ = word.Enter();
}

void DescriptorClosing::Leave() {
  ProcessClosings().Leave(*word_, entered_, SystemPlatform());
}

}  // namespace aioemul
