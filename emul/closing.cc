#include "emul/closing.h"

#include <cerrno>

#include "emul/platform/platform.h"

namespace aioemul {

DescriptorClosing::DescriptorClosing(Engine* engine, int first, int last)
    : engine_(engine), first_(first), last_(last), stay_(ProcessClosings()) {}

void DescriptorClosing::Begin() {
  const int entry_errno = errno;
  if (first_ == last_) {
    BeginOne();
  } else {
    stay_.Enter(ProcessClosings().OfRanges());
    if (engine_ != nullptr) engine_->Evacuate(first_, last_);
  }
  errno = entry_errno;
}

void DescriptorClosing::BeginOne() {
  DescriptorQueue* queue =
      engine_ == nullptr ? nullptr : engine_->FindQueue(first_);
  if (queue == nullptr) {
    ClosingWord& unused = ProcessClosings().OfUnused(first_);
    stay_.Enter(unused);
    // Made meanwhile?
    if (engine_ != nullptr) queue = engine_->FindQueue(first_);
    if (queue == nullptr) return;
    stay_.Leave(SystemPlatform());
  }
  stay_.Enter(queue->closings());
  engine_->Evacuate(queue);
}

void DescriptorClosing::End() {
  const int entry_errno = errno;
  stay_.Leave(SystemPlatform());
  errno = entry_errno;
}

}  // namespace aioemul
