// Random use of a descriptor's queue, compared with a model that scans a list:
// contract B1, B3, B4, B5, E1, E4.

#include <algorithm>
#include <cstddef>
#include <deque>
#include <vector>

#include "emul/descriptor_queue.h"
#include "gtest/gtest.h"
#include "tests/unit/queue_fixture.h"
#include "tests/unit/random_source.h"

namespace aioemul {
namespace {

using CancelResult = DescriptorQueue::CancelResult;

// The rules as one would tell them: which request may a worker take now?
class Model {
 public:
  struct Member {
    Request* request;
    const aiocb* block;
    // Equal levels start in call order; but what was held back is called when
    // it is let go.
    int called;
    bool running = false;
  };

  void Add(Request* request, const aiocb* block) {
    members_.push_back({request, block, kNotCalled});
    CallTheReleased();
  }

  // The best that may be taken; none when all run or wait.
  Member* Best() {
    Member* best = nullptr;
    for (Member& member : members_) {
      if (member.running || member.called == kNotCalled) continue;
      if (best == nullptr || member.request->level > best->request->level ||
          (member.request->level == best->request->level &&
           member.called < best->called)) {
        best = &member;
      }
    }
    return best;
  }

  void Remove(const Request* request) {
    members_.erase(
        std::find_if(members_.begin(), members_.end(),
                     [&](const Member& m) { return m.request == request; }));
    CallTheReleased();
  }

  std::deque<Member>& members() { return members_; }

 private:
  static constexpr int kNotCalled = -1;

  static int LaneOf(const Request& request) {
    switch (request.transfer.operation) {
      case Operation::kAppend:
        return 1;
      default:
        return 0;
    }
  }

  bool MayStart(size_t index) const {
    const Request& request = *members_[index].request;
    if (request.IsBarrier()) return index == 0;
    const int lane = LaneOf(request);
    for (size_t i = 0; i < index; ++i) {
      if (lane != 0 && LaneOf(*members_[i].request) == lane) return false;
    }
    return true;
  }

  void CallTheReleased() {
    // A lane's next before a barrier, when one completion lets both go.
    for (const bool barriers : {false, true}) {
      for (size_t i = 0; i < members_.size(); ++i) {
        Member& member = members_[i];
        if (member.called == kNotCalled && MayStart(i) &&
            member.request->IsBarrier() == barriers) {
          member.called = next_call_++;
        }
      }
    }
  }

  std::deque<Member> members_;
  int next_call_ = 0;
};

class DescriptorQueueModelTest : public QueueFixture {
 protected:
  void SubmitOne() {
    constexpr Operation kOperations[] = {Operation::kReadAt,
                                         Operation::kWriteAt,
                                         Operation::kAppend, Operation::kSync};
    constexpr Level kUsed[] = {0, kDefaultLevel, kDefaultLevel, 70};
    Entry& entry =
        Submit(queue_, kOperations[random_.Below(4)], kUsed[random_.Below(4)]);
    model_.Add(entry.request, &entry.block);
  }
  void TakeOne() {
    Model::Member* best = model_.Best();
    Request* taken = queue_.Take(0).run.front();
    ASSERT_EQ(taken, best == nullptr ? nullptr : best->request);
    if (best != nullptr) best->running = true;
  }
  // A request chosen at random; none when there is none.
  Model::Member* Any() {
    const auto count = static_cast<uint32_t>(model_.members().size());
    return count == 0 ? nullptr : &model_.members()[random_.Below(count)];
  }
  void CompleteOne() {
    Model::Member* member = Any();
    if (member == nullptr || !member->running) return;
    Request* request = member->request;
    Complete(queue_, request);
    model_.Remove(request);
  }
  void CancelOne() {
    Model::Member* member = Any();
    if (member == nullptr) return;
    Request* request = member->request;
    const bool running = member->running;
    DescriptorQueue::CompletedList completed;
    ASSERT_EQ(queue_.Cancel(request, member->block, &completed),
              running ? CancelResult::kRunning : CancelResult::kCancelled);
    if (!running) model_.Remove(request);
  }

  RandomSource random_;
  Model model_;
  DescriptorQueue queue_{services_};
};

TEST_F(DescriptorQueueModelTest, ServesAsTheRulesSay) {
  constexpr size_t kMostMembers = 40;
  for (int step = 0; step < 20'000; ++step) {
    const uint32_t choice = random_.Below(10);
    if (choice < 3 && model_.members().size() < kMostMembers) {
      SubmitOne();
    } else if (choice < 6) {
      TakeOne();
    } else if (choice < 9) {
      CompleteOne();
    } else {
      CancelOne();
    }
    ASSERT_FALSE(HasFatalFailure()) << "step " << step;
    ASSERT_EQ(static_cast<size_t>(outstanding_.load()),
              model_.members().size());
  }
  // What is left can all be served.
  while (!model_.members().empty()) {
    TakeOne();
    ASSERT_FALSE(HasFatalFailure());
    CompleteOne();
  }
}

}  // namespace
}  // namespace aioemul
