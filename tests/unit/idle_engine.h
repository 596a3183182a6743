// What a queue, a poller and the devices want of an engine, done by nobody.

#ifndef AIOEMUL_TESTS_UNIT_IDLE_ENGINE_H_
#define AIOEMUL_TESTS_UNIT_IDLE_ENGINE_H_

#include "emul/descriptor_queue.h"
#include "emul/devices.h"
#include "emul/poller.h"

namespace aioemul {

class IdleEngine final : public DescriptorQueue::Finisher,
                         public Poller::Chore,
                         public Devices::Attendance {
 public:
  void Finish(DescriptorQueue::CompletedList* completed) override {
    while (completed->PopFront() != nullptr) {
    }
  }
  void AttendDevices() override {}
  MonotonicTime DoPollersChore() override { return kNever; }
  void CallAttendant() override {}
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_IDLE_ENGINE_H_
