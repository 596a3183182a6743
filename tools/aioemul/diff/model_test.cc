// The model on observations made by hand: for each rule, one that it accuses
// and one that it does not.

#include "tools/aioemul/diff/model.h"

#include <aio.h>
#include <errno.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

constexpr int kFile = 0;
constexpr int kPipeIn = 1;
constexpr int kSocket = 2;
constexpr int kPipeOut = 3;
constexpr int kBytes = 10;

Program AProgram() {
  Program program;
  program.objects = {{ObjectKind::kFile, 100},
                     {ObjectKind::kPipeIn, 0},
                     {ObjectKind::kSocket, 0},
                     {ObjectKind::kPipeOut, 0}};
  program.blocks = 4;
  return program;
}

Request ARequest(RequestKind kind, int block, int object) {
  Request request;
  request.kind = kind;
  request.block = block;
  request.object = object;
  request.bytes = kind == RequestKind::kFsync ? 0 : kBytes;
  return request;
}

class ModelTest : public testing::Test {
 protected:
  void Submit(RequestKind kind, int block, int object) {
    model_.Submitted(IdOf(next_++, 0), ARequest(kind, block, object), 0);
  }
  // The clauses of the faults, in order.
  std::string Accused(const Model& model) {
    std::string clauses;
    for (const Fault& fault : model.faults()) clauses += fault.clause + " ";
    return clauses;
  }
  std::string Accused() { return Accused(model_); }

  const Program program_ = AProgram();
  Model model_{program_, Contract::kProject};
  Model posix_{program_, Contract::kPosix};
  size_t next_ = 0;
};

TEST_F(ModelTest, ARequestMayBeInProgressOrComplete) {
  Submit(RequestKind::kRead, 0, kFile);
  model_.Status(0, EINPROGRESS);
  model_.Status(0, 0);
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, ACompleteRequestIsNotInProgressAgain) {
  Submit(RequestKind::kRead, 0, kFile);
  model_.Status(0, 0);
  model_.Status(0, EINPROGRESS);
  EXPECT_EQ(Accused(), "C1 ");
}

TEST_F(ModelTest, AReadOfAFileDoesNotFail) {
  Submit(RequestKind::kRead, 0, kFile);
  model_.Status(0, EIO);
  EXPECT_EQ(Accused(), "C1 ");
}

TEST_F(ModelTest, AReadOfAnEmptyPipeIsInProgress) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  model_.Status(0, EINPROGRESS);
  EXPECT_EQ(Accused(), "");
  model_.Status(0, 0);
  EXPECT_EQ(Accused(), "I1 ");
}

TEST_F(ModelTest, AReadIsDueWhenItsBytesWereSent) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  EXPECT_FALSE(model_.MayAwait(0));
  model_.Sent(kPipeIn, 1);
  EXPECT_TRUE(model_.MayAwait(0));
  model_.Status(0, 0);
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, ASecondReadIsHeldWhileTheFirstTakesTheOnlyByte) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  Submit(RequestKind::kRead, 1, kPipeIn);
  model_.Sent(kPipeIn, 1);
  model_.Status(1, 0);
  EXPECT_EQ(Accused(), "I1 ");
}

TEST_F(ModelTest, AHungUpPipeHoldsNoRead) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  model_.HungUp(kPipeIn);
  EXPECT_TRUE(model_.MayAwait(0));
  model_.Status(0, 0);
  model_.Returned(0, 0);
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, AReadGetsNothingOnlyAtTheEnd) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  model_.Sent(kPipeIn, kBytes);
  model_.Status(0, 0);
  model_.Returned(0, 0);
  EXPECT_EQ(Accused(), "A8 ");
}

TEST_F(ModelTest, AWriteWritesAll) {
  Submit(RequestKind::kWrite, 0, kFile);
  model_.Status(0, 0);
  model_.Returned(0, kBytes - 1);
  EXPECT_EQ(Accused(), "A8 ");
}

TEST_F(ModelTest, AWriteAfterAHangUpFailsWithEpipe) {
  model_.HungUp(kPipeOut);
  Submit(RequestKind::kWrite, 0, kPipeOut);
  model_.Status(0, EPIPE);
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, AResultIsTakenOnceAndTheStatusStays) {
  Submit(RequestKind::kWrite, 0, kFile);
  model_.Status(0, 0);
  model_.Returned(0, kBytes);
  model_.Returned(0, -EINVAL);
  model_.Status(0, 0);
  EXPECT_EQ(Accused(), "");
  model_.Returned(0, kBytes);
  EXPECT_EQ(Accused(), "C2 ");
  model_.Status(0, EINVAL);
  EXPECT_EQ(Accused(), "C2 C2 ");
}

TEST_F(ModelTest, AFreshBlockHasNoResult) {
  model_.Fresh(EINVAL, -EINVAL);
  EXPECT_EQ(Accused(), "");
  model_.Fresh(0, -EINVAL);
  EXPECT_EQ(Accused(), "C2 ");
}

TEST_F(ModelTest, ABadDescriptorIsRefusedAtOnce) {
  Request request = ARequest(RequestKind::kRead, 0, kFile);
  request.flaw = Flaw::kDescriptor;
  model_.Submitted(0, request, EBADF);
  model_.Status(0, EBADF);
  EXPECT_EQ(Accused(), "");
  model_.Submitted(16, request, 0);
  EXPECT_EQ(Accused(), "A3 ");
}

// What it says of its descriptor is not what was submitted any more.
TEST_F(ModelTest, ABlockFilledAnewForARefusedListIsNotCancelled) {
  Request request = ARequest(RequestKind::kRead, 0, kFile);
  request.flaw = Flaw::kDescriptor;
  model_.Submitted(0, request, EBADF);
  EXPECT_TRUE(model_.MayCancel(0));
  Step list;
  list.mode = ListMode::kBad;
  list.requests = {ARequest(RequestKind::kRead, 0, kFile)};
  model_.Listed(1, list, EINVAL, {EBADF});
  EXPECT_FALSE(model_.MayCancel(0));
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, PosixLetsABadDescriptorBeFoundLater) {
  Request request = ARequest(RequestKind::kRead, 0, kFile);
  request.flaw = Flaw::kDescriptor;
  posix_.Submitted(0, request, 0);
  posix_.Status(0, EINPROGRESS);
  posix_.Status(0, EBADF);
  EXPECT_EQ(Accused(posix_), "");
}

TEST_F(ModelTest, ABlockInProgressIsBusy) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  EXPECT_FALSE(model_.MayReuse(0));
  model_.SubmittedAgain(0, EBUSY);
  EXPECT_EQ(Accused(), "");
  model_.SubmittedAgain(0, 0);
  EXPECT_EQ(Accused(), "A7 ");
}

TEST_F(ModelTest, AnFsyncReleasesWhatIsBeforeIt) {
  Submit(RequestKind::kWrite, 0, kFile);
  Submit(RequestKind::kFsync, 1, kFile);
  model_.Status(1, 0);
  model_.Status(0, EINPROGRESS);
  EXPECT_EQ(Accused(), "B5 ");
}

TEST_F(ModelTest, AnFsyncSaysNothingOfWhatIsAfterIt) {
  Submit(RequestKind::kFsync, 0, kFile);
  Submit(RequestKind::kWrite, 1, kFile);
  model_.Status(0, 0);
  model_.Status(1, EINPROGRESS);
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, AnFsyncIsHeldByAReadBeforeIt) {
  Submit(RequestKind::kRead, 0, kSocket);
  Submit(RequestKind::kFsync, 1, kSocket);
  model_.Status(1, EINVAL);
  EXPECT_EQ(Accused(), "B5 ");
}

TEST_F(ModelTest, ACancelledRequestIsEcanceled) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  model_.Canceled(0, AIO_CANCELED);
  model_.Status(0, ECANCELED);
  model_.Returned(0, -1);
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, ACancelledRequestHasNoOtherStatus) {
  Submit(RequestKind::kWrite, 0, kFile);
  model_.Canceled(0, AIO_CANCELED);
  model_.Status(0, 0);
  EXPECT_EQ(Accused(), "E1 ");
}

TEST_F(ModelTest, WhatIsNotCancelledIsNotEcanceled) {
  Submit(RequestKind::kWrite, 0, kFile);
  model_.Canceled(0, AIO_NOTCANCELED);
  model_.Status(0, ECANCELED);
  EXPECT_EQ(Accused(), "C1 ");
}

TEST_F(ModelTest, AnIdleReadIsCancellable) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  model_.Canceled(0, AIO_NOTCANCELED);
  EXPECT_EQ(Accused(), "E3 ");
}

TEST_F(ModelTest, PosixLetsAnIdleReadNotBeCancellable) {
  posix_.Submitted(0, ARequest(RequestKind::kRead, 0, kPipeIn), 0);
  posix_.Canceled(0, AIO_NOTCANCELED);
  EXPECT_EQ(Accused(posix_), "");
}

TEST_F(ModelTest, WhatIsCompleteIsAllDone) {
  Submit(RequestKind::kWrite, 0, kFile);
  model_.Status(0, 0);
  model_.Canceled(0, AIO_ALLDONE);
  EXPECT_EQ(Accused(), "");
  model_.Canceled(0, AIO_CANCELED);
  EXPECT_EQ(Accused(), "E1 ");
}

TEST_F(ModelTest, CancellingAllLeavesNoneInProgress) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  Submit(RequestKind::kRead, 1, kPipeIn);
  model_.CanceledAll(kPipeIn, AIO_CANCELED, {0, 1}, {ECANCELED, ECANCELED});
  EXPECT_EQ(Accused(), "");
}

TEST_F(ModelTest, CancellingAllForgetsNone) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  Submit(RequestKind::kRead, 1, kPipeIn);
  model_.CanceledAll(kPipeIn, AIO_CANCELED, {0, 1}, {ECANCELED, EINPROGRESS});
  EXPECT_NE(Accused(), "");
}

Step ASuspend(std::vector<int> blocks, Timeout timeout) {
  Step step;
  step.call = Call::kSuspend;
  step.blocks = std::move(blocks);
  step.timeout = timeout;
  return step;
}

TEST_F(ModelTest, SuspendDoesNotWaitForWhatIsDone) {
  Submit(RequestKind::kRead, 0, kFile);
  model_.Status(0, 0);
  model_.Suspended(ASuspend({0}, Timeout::kZero), 0, true);
  EXPECT_EQ(Accused(), "");
  model_.Suspended(ASuspend({0}, Timeout::kZero), EAGAIN, true);
  EXPECT_EQ(Accused(), "D1 ");
}

TEST_F(ModelTest, SuspendDoesNotReturnWhileAllAreHeld) {
  Submit(RequestKind::kRead, 0, kPipeIn);
  EXPECT_FALSE(model_.MaySuspend(ASuspend({0}, Timeout::kNone)));
  model_.Suspended(ASuspend({0}, Timeout::kShort), EAGAIN, false);
  EXPECT_EQ(Accused(), "");
  model_.Suspended(ASuspend({0}, Timeout::kShort), 0, false);
  EXPECT_EQ(Accused(), "D2 ");
}

TEST_F(ModelTest, SuspendReturnsWhenOneIsDone) {
  Submit(RequestKind::kRead, 0, kFile);
  model_.Suspended(ASuspend({0}, Timeout::kNone), 0, false);
  EXPECT_EQ(Accused(), "D1 ");
}

Step AList(ListMode mode) {
  Step step;
  step.call = Call::kList;
  step.mode = mode;
  step.notice = Notice::kSignal;
  step.requests = {ARequest(RequestKind::kWrite, 0, kFile),
                   ARequest(RequestKind::kRead, 1, kFile)};
  return step;
}

TEST_F(ModelTest, AListThatWaitsLeavesNoneInProgress) {
  model_.Listed(0, AList(ListMode::kWait), 0, {0, 0});
  EXPECT_EQ(Accused(), "");
  Model other(program_, Contract::kProject);
  other.Listed(0, AList(ListMode::kWait), 0, {0, EINPROGRESS});
  EXPECT_EQ(Accused(other), "F3 ");
}

TEST_F(ModelTest, AListTellsThatAnEntryFailed) {
  Step step = AList(ListMode::kNoWait);
  step.requests[0].flaw = Flaw::kOpcode;
  model_.Listed(0, step, EIO, {EINVAL, EINPROGRESS});
  EXPECT_EQ(Accused(), "");
  Model other(program_, Contract::kProject);
  other.Listed(0, step, 0, {EINVAL, EINPROGRESS});
  EXPECT_EQ(Accused(other), "F3 ");
}

TEST_F(ModelTest, AListNotifiesOnce) {
  model_.Listed(0, AList(ListMode::kNoWait), 0, {0, 0});
  EXPECT_EQ(model_.MissingNotices(), std::vector<int>{kListEntry});
  model_.Noticed(kListEntry, 0, true);
  model_.AllNoticed();
  EXPECT_EQ(Accused(), "");
  model_.Noticed(kListEntry, 0, true);
  model_.AllNoticed();
  EXPECT_EQ(Accused(), "F2 ");
}

TEST_F(ModelTest, ANotificationComesAfterTheResult) {
  Request request = ARequest(RequestKind::kWrite, 0, kFile);
  request.notice = Notice::kSignal;
  model_.Submitted(0, request, 0);
  model_.Noticed(0, EINPROGRESS, true);
  EXPECT_EQ(Accused(), "G4 ");
}

TEST_F(ModelTest, ANotificationIsWhole) {
  Request request = ARequest(RequestKind::kWrite, 0, kFile);
  request.notice = Notice::kSignal;
  model_.Submitted(0, request, 0);
  model_.Noticed(0, 0, false);
  EXPECT_EQ(Accused(), "G1 ");
}

TEST_F(ModelTest, ANotificationThatNobodyAskedForIsWrong) {
  Submit(RequestKind::kWrite, 0, kFile);
  model_.Noticed(-1, 0, true);
  EXPECT_EQ(Accused(), "G1 ");
}

TEST_F(ModelTest, ACancelledRequestNotifies) {
  Request request = ARequest(RequestKind::kRead, 0, kPipeIn);
  request.notice = Notice::kSignal;
  model_.Submitted(0, request, 0);
  model_.Canceled(0, AIO_CANCELED);
  model_.Status(0, ECANCELED);
  EXPECT_EQ(model_.MissingNotices(), std::vector<int>{0});
  model_.AllNoticed();
  EXPECT_EQ(Accused(), "E1 ");
}

}  // namespace
}  // namespace aioemul::tools::diff
