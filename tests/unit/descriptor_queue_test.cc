// The queue of one descriptor: contract B1, B3, B4, B5, A6, A7, E1, E2, E3,
// E4, I2.

#include "emul/descriptor_queue.h"

#include <cerrno>
#include <string>
#include <vector>

#include "emul/run.h"
#include "gtest/gtest.h"
#include "tests/unit/descriptor.h"
#include "tests/unit/queue_fixture.h"

namespace aioemul {
namespace {

using CancelResult = DescriptorQueue::CancelResult;
using Requests = std::vector<Request*>;

class DescriptorQueueTest : public QueueFixture {
 protected:
  Entry& Submit(Operation operation, Level level = kDefaultLevel) {
    return QueueFixture::Submit(queue_, operation, level);
  }
  Requests TakeAll() { return QueueFixture::TakeAll(queue_); }
  // The one request that can be taken now.
  Request* TakeOnly() {
    const Requests taken = TakeAll();
    EXPECT_EQ(taken.size(), 1U);
    return taken.empty() ? nullptr : taken[0];
  }
  void Complete(const Entry& entry, ssize_t result = 0) {
    QueueFixture::Complete(queue_, entry.request, result);
  }
  CancelResult Cancel(const Entry& entry) {
    return Cancel(queue_, entry.request, &entry.block);
  }
  static CancelResult Cancel(DescriptorQueue& queue, Request* request,
                             const aiocb* block) {
    DescriptorQueue::CompletedList completed;
    return queue.Cancel(request, block, &completed);
  }
  // One that waits for ever.
  Entry& SubmitStream(Operation operation) {
    platform_.AnswerTries([](const auto& /*call*/) { return -EAGAIN; });
    Transfer transfer;
    transfer.operation = operation;
    return QueueFixture::Submit(queue_, transfer);
  }

  DescriptorQueue queue_{services_};
};

// --- Accepting

TEST_F(DescriptorQueueTest, AcceptedRequestIsInProgressAndFound) {
  const Entry& entry = Submit(Operation::kReadAt);
  EXPECT_EQ(entry.accepted, 0);
  EXPECT_EQ(entry.status(), EINPROGRESS);
  EXPECT_EQ(requests_.Find(&entry.block), entry.request);
  EXPECT_EQ(TakeOnly(), entry.request);
  EXPECT_EQ(entry.status(), EINPROGRESS);
  Complete(entry, 5);
  EXPECT_TRUE(entry.complete());
  EXPECT_EQ(entry.status(), 0);
  EXPECT_EQ(requests_.Find(&entry.block), nullptr);
  EXPECT_EQ(outstanding_, 0);
}

TEST_F(DescriptorQueueTest, FailedTransferIsTheRequestsStatus) {
  const Entry& entry = Submit(Operation::kReadAt);
  TakeAll();
  Complete(entry, -EIO);
  EXPECT_EQ(entry.status(), EIO);
  EXPECT_TRUE(entry.request->failed);
}

TEST_F(DescriptorQueueTest, LackOfMemoryRefusesARequestAndLeavesNoTrace) {
  const Entry& before = Submit(Operation::kReadAt);
  platform_.FailAllResources(true);
  const Entry& refused = Submit(Operation::kReadAt, kDefaultLevel + 1);
  EXPECT_EQ(refused.accepted, -EAGAIN);
  EXPECT_EQ(control_block::Load(&refused.block), 0U);
  EXPECT_EQ(refused.request->state, RequestState::kFree);
  platform_.FailAllResources(false);
  const Entry& after = Submit(Operation::kReadAt, kDefaultLevel + 1);
  EXPECT_EQ(TakeAll(), (Requests{after.request, before.request}));
}

TEST_F(DescriptorQueueTest, BlockThatAnotherThreadHasTakenIsBusy) {
  Entry& entry = Submit(Operation::kReadAt);
  Request* late = requests_.Acquire();
  const control_block::Word word = control_block::Load(&entry.block);
  DescriptorQueue::CompletedList completed;
  EXPECT_EQ(
      queue_.Accept(late, &entry.block, 0, queue_.AwaitTenure(0), &completed),
      -EBUSY);
  EXPECT_EQ(control_block::Load(&entry.block), word);
  EXPECT_EQ(late->control_block.load(), nullptr);
  EXPECT_EQ(late->state, RequestState::kFree);
  requests_.Release(late);
  EXPECT_EQ(TakeOnly(), entry.request);
}

// --- B1, B3: positioned requests

TEST_F(DescriptorQueueTest, HighestLevelFirstAndCallOrderWithinOne) {
  const Entry& first = Submit(Operation::kReadAt);
  const Entry& low = Submit(Operation::kWriteAt, kDefaultLevel - 5);
  const Entry& second = Submit(Operation::kWriteAt);
  const Entry& high = Submit(Operation::kReadAt, kLevels - 1);
  EXPECT_EQ(TakeAll(), (Requests{high.request, first.request, second.request,
                                 low.request}));
}

TEST_F(DescriptorQueueTest, PositionedRequestsRunInParallel) {
  Requests submitted;
  for (int i = 0; i < 100; ++i) {
    submitted.push_back(
        Submit(i % 2 == 0 ? Operation::kReadAt : Operation::kWriteAt).request);
  }
  EXPECT_EQ(TakeAll(), submitted);
}

TEST_F(DescriptorQueueTest, WorkerSentForWhatIsGoneTakesNothingLower) {
  const Entry& ordinary = Submit(Operation::kReadAt);
  const Entry& high = Submit(Operation::kReadAt, 70);
  EXPECT_EQ(Cancel(high), CancelResult::kCancelled);
  EXPECT_TRUE(queue_.Take(70).run.empty());
  EXPECT_EQ(queue_.Take(kDefaultLevel).run.front(), ordinary.request);
}

// --- B4, I2: lanes

TEST_F(DescriptorQueueTest, LaneIsServedInCallOrderOneAtATime) {
  // Later ones have higher priorities, in vain.
  std::vector<Entry*> entries;
  for (const Level level : {10, 20, 70}) {
    entries.push_back(&Submit(Operation::kAppend, level));
  }
  for (const Entry* entry : entries) {
    EXPECT_EQ(TakeOnly(), entry->request);
    Complete(*entry);
  }
  EXPECT_TRUE(TakeAll().empty());
}

TEST_F(DescriptorQueueTest, DirectionsAreIndependent) {
  for (const Operation operation :
       {Operation::kReadStream, Operation::kWriteStream}) {
    EXPECT_EQ(SubmitStream(operation).request->state, RequestState::kWaiting);
    EXPECT_EQ(SubmitStream(operation).request->state, RequestState::kHeld);
  }
  EXPECT_TRUE(TakeAll().empty());
  DescriptorQueue::CompletedList completed;
  queue_.CancelAll(&completed);
}

TEST_F(DescriptorQueueTest, ReadsOfAnAppendingFilePassItsAppends) {
  const Entry& append = Submit(Operation::kAppend);
  Submit(Operation::kAppend);
  const Entry& read = Submit(Operation::kReadAt);
  EXPECT_EQ(TakeAll(), (Requests{append.request, read.request}));
}

// --- B5: barriers

TEST_F(DescriptorQueueTest, BarrierOnAnIdleDescriptorStartsAtOnce) {
  const Entry& sync = Submit(Operation::kSync);
  EXPECT_EQ(TakeOnly(), sync.request);
}

TEST_F(DescriptorQueueTest, BarrierWaitsForEveryEarlierRequestAndNoLaterOne) {
  for (const Operation barrier : {Operation::kSync, Operation::kSyncData}) {
    const Entry& low = Submit(Operation::kWriteAt, 0);
    const Entry& running = Submit(Operation::kWriteAt);
    const Entry& append = Submit(Operation::kAppend);
    const Entry& held = Submit(Operation::kAppend);
    const Entry& sync = Submit(barrier, kLevels - 1);
    const Entry& later = Submit(Operation::kWriteAt, 5);
    EXPECT_EQ(TakeAll(), (Requests{running.request, append.request,
                                   later.request, low.request}));
    Complete(running);
    Complete(append);
    EXPECT_EQ(TakeOnly(), held.request);
    Complete(held);
    EXPECT_TRUE(TakeAll().empty());
    Complete(low, -ENOSPC);
    EXPECT_EQ(TakeOnly(), sync.request);
    Complete(sync);
    EXPECT_EQ(sync.status(), 0) << "an earlier failure is not the barrier's";
    Complete(later);
  }
}

TEST_F(DescriptorQueueTest, BarrierWaitsForTheBarrierBeforeIt) {
  const Entry& write = Submit(Operation::kWriteAt);
  const Entry& first = Submit(Operation::kSync);
  const Entry& second = Submit(Operation::kSyncData);
  EXPECT_EQ(TakeOnly(), write.request);
  Complete(write);
  EXPECT_EQ(TakeOnly(), first.request);
  Complete(first);
  EXPECT_EQ(TakeOnly(), second.request);
}

// --- E: cancellation

TEST_F(DescriptorQueueTest, WaitingRequestIsCancelled) {
  const Entry& other = Submit(Operation::kReadAt);
  const Entry& entry = Submit(Operation::kReadAt);
  EXPECT_EQ(outstanding_, 2);
  EXPECT_EQ(Cancel(entry), CancelResult::kCancelled);
  EXPECT_EQ(entry.status(), ECANCELED);
  EXPECT_TRUE(entry.complete());
  EXPECT_EQ(outstanding_, 1);
  EXPECT_EQ(TakeOnly(), other.request);
}

TEST_F(DescriptorQueueTest, RunningRequestIsNotCancelled) {
  const Entry& entry = Submit(Operation::kReadAt);
  TakeAll();
  EXPECT_EQ(Cancel(entry), CancelResult::kRunning);
  EXPECT_EQ(entry.status(), EINPROGRESS);
  Complete(entry, 3);
  EXPECT_EQ(Cancel(entry), CancelResult::kNotOutstanding);
  EXPECT_EQ(entry.status(), 0);
}

TEST_F(DescriptorQueueTest, RequestThatServesAnotherIsNotCancelled) {
  const Entry& entry = Submit(Operation::kReadAt);
  const aiocb copy = entry.block;
  EXPECT_EQ(Cancel(queue_, entry.request, &copy),
            CancelResult::kNotOutstanding);
  DescriptorQueue other(services_);
  EXPECT_EQ(Cancel(other, entry.request, &entry.block),
            CancelResult::kNotOutstanding);
  EXPECT_EQ(entry.status(), EINPROGRESS);
}

TEST_F(DescriptorQueueTest, CancelledHeadOfALaneReleasesTheNext) {
  const Entry& head = Submit(Operation::kAppend);
  const Entry& next = Submit(Operation::kAppend);
  EXPECT_EQ(Cancel(head), CancelResult::kCancelled);
  EXPECT_EQ(TakeOnly(), next.request);
  Complete(next);
  for (const Operation operation :
       {Operation::kReadStream, Operation::kWriteStream}) {
    const Entry& first = SubmitStream(operation);
    const Entry& second = SubmitStream(operation);
    EXPECT_EQ(Cancel(first), CancelResult::kCancelled);
    EXPECT_EQ(second.request->state, RequestState::kWaiting);
    EXPECT_EQ(Cancel(second), CancelResult::kCancelled);
  }
}

TEST_F(DescriptorQueueTest, CancelledMiddleOfALaneIsPassedOver) {
  const Entry& head = Submit(Operation::kAppend);
  const Entry& middle = Submit(Operation::kAppend);
  const Entry& last = Submit(Operation::kAppend);
  EXPECT_EQ(Cancel(middle), CancelResult::kCancelled);
  EXPECT_EQ(TakeOnly(), head.request);
  EXPECT_EQ(Cancel(last), CancelResult::kCancelled);
  Complete(head);
  EXPECT_TRUE(TakeAll().empty());
}

TEST_F(DescriptorQueueTest, CancelledRequestReleasesTheBarrierBehindIt) {
  const Entry& write = Submit(Operation::kWriteAt);
  const Entry& sync = Submit(Operation::kSync);
  EXPECT_EQ(Cancel(write), CancelResult::kCancelled);
  EXPECT_EQ(TakeOnly(), sync.request);
}

TEST_F(DescriptorQueueTest, CancelledBarrierReleasesTheBarrierBehindIt) {
  const Entry& write = Submit(Operation::kWriteAt);
  const Entry& first = Submit(Operation::kSync);
  const Entry& second = Submit(Operation::kSync);
  TakeAll();
  EXPECT_EQ(Cancel(first), CancelResult::kCancelled);
  EXPECT_TRUE(TakeAll().empty());
  Complete(write);
  EXPECT_EQ(TakeOnly(), second.request);
}

TEST_F(DescriptorQueueTest, CancelAllSparesTheRunningAlone) {
  const Entry& running = Submit(Operation::kAppend);
  TakeAll();
  const Entry& held = Submit(Operation::kAppend);
  const Entry& read = Submit(Operation::kReadAt, 3);
  const Entry& sync = Submit(Operation::kSync);
  DescriptorQueue::CompletedList completed;
  EXPECT_EQ(queue_.CancelAll(&completed), CancelResult::kRunning);
  for (const Entry* entry : {&held, &read, &sync}) {
    EXPECT_EQ(completed.PopFront(), entry->request) << "oldest first";
    EXPECT_EQ(entry->status(), ECANCELED);
  }
  EXPECT_TRUE(completed.empty());
  EXPECT_EQ(running.status(), EINPROGRESS);
  EXPECT_EQ(outstanding_, 1);
  Complete(running, 1);
  EXPECT_TRUE(TakeAll().empty());
  // The descriptor works on.
  const Entry& next = Submit(Operation::kAppend);
  EXPECT_EQ(TakeOnly(), next.request);
}

TEST_F(DescriptorQueueTest, CancelAllTellsWhetherThereWasAnything) {
  DescriptorQueue::CompletedList completed;
  EXPECT_EQ(queue_.CancelAll(&completed), CancelResult::kNotOutstanding);
  SubmitStream(Operation::kReadStream);
  SubmitStream(Operation::kReadStream);
  EXPECT_EQ(queue_.CancelAll(&completed), CancelResult::kCancelled);
  EXPECT_NE(completed.PopFront(), nullptr);
  EXPECT_NE(completed.PopFront(), nullptr);
  EXPECT_EQ(queue_.CancelAll(&completed), CancelResult::kNotOutstanding);
  EXPECT_TRUE(completed.empty());
}

// --- E3, I1: a stream that must wait

TEST_F(DescriptorQueueTest, ReadOfAnEmptyPipeWaitsAndIsCancelledWithoutLoss) {
  const Pipe pipe = MakePipe();
  char buffer[8] = {};
  const Transfer read = {Operation::kReadStream, pipe.reader.get(), buffer,
                         sizeof(buffer), 0};
  const Entry& waiting = QueueFixture::Submit(queue_, read);
  EXPECT_EQ(waiting.request->state, RequestState::kWaiting);
  EXPECT_EQ(Cancel(waiting), CancelResult::kCancelled);
  EXPECT_EQ(waiting.status(), ECANCELED);

  ASSERT_EQ(write(pipe.writer.get(), "data", 4), 4);
  const Entry& next = QueueFixture::Submit(queue_, read);
  EXPECT_EQ(next.status(), 0);
  EXPECT_STREQ(buffer, "data");
}

TEST_F(DescriptorQueueTest, WriteThatHasMovedBytesIsCutShort) {
  const Pipe pipe = MakePipe();
  std::string bytes(1 << 20, 'x');  // more than a pipe holds
  Transfer transfer = {Operation::kWriteStream, pipe.writer.get(), bytes.data(),
                       bytes.size(), 0};
  transfer.kind = DescriptorKind::kPipe;
  Entry& entry = QueueFixture::Submit(queue_, transfer);
  EXPECT_EQ(entry.request->state, RequestState::kWaiting);
  EXPECT_EQ(Cancel(entry), CancelResult::kCutShort);
  ssize_t result = 0;
  EXPECT_TRUE(control_block::Retrieve(
      &entry.block, control_block::Load(&entry.block), &result));
  EXPECT_GT(result, 0);
  EXPECT_LT(result, static_cast<ssize_t>(bytes.size()));
}

// --- Runs, and who sees to what is left

TEST_F(DescriptorQueueTest, NeighboursAreTakenAndCompletedTogether) {
  const DescriptorQueue::Services merging = {
      platform_, pool_, poller_, devices_, engine_, outstanding_, 100};
  DescriptorQueue queue(merging);
  Requests submitted;
  for (const off_t offset : {0, 4, 8, 20}) {
    Transfer transfer;
    transfer.offset = offset;
    transfer.count = 4;
    submitted.push_back(QueueFixture::Submit(queue, transfer).request);
  }
  const DescriptorQueue::Taken taken = queue.Take(0);
  Requests run;
  for (Request* r = taken.run.front(); r != nullptr;
       r = aioemul::Run::Next(r)) {
    EXPECT_EQ(r->state, RequestState::kRunning);
    r->result = static_cast<ssize_t>(r->transfer.offset);
    run.push_back(r);
  }
  EXPECT_EQ(run, Requests(submitted.begin(), submitted.begin() + 3));
  queue.Complete(taken.run, 0);
  EXPECT_EQ(outstanding_, 1);
  for (const Request* r : run) EXPECT_EQ(r->state, RequestState::kComplete);
  EXPECT_EQ(queue.Take(0).run.front(), submitted[3]);
}

TEST_F(DescriptorQueueTest, WhoTakesAReadOwesTheHandOnOfWhatIsLeft) {
  for (const Operation operation :
       {Operation::kReadAt, Operation::kWriteAt, Operation::kReadAt}) {
    Submit(operation);
  }
  EXPECT_TRUE(queue_.Take(0).owes_hand_on);
  EXPECT_FALSE(queue_.Take(0).owes_hand_on) << "it was told of at once";
  EXPECT_FALSE(queue_.Take(0).owes_hand_on) << "nothing is left";
}

}  // namespace
}  // namespace aioemul
