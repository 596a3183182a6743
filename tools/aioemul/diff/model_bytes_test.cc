// The model on bytes: what a file may hold, and what a stream must carry.

#include <aio.h>
#include <errno.h>

#include <string>

#include "gtest/gtest.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/file_history.h"
#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

constexpr int kOld = 100;
constexpr int kFirst = 1;
constexpr int kSecond = 2;

// `bytes` bytes that a source writes, from a position of its own on.
std::string BytesOf(int source, long bytes, long from = 0) {
  std::string text;
  for (long i = from; i < from + bytes; ++i) {
    text.push_back(static_cast<char>(ByteOf(source, i)));
  }
  return text;
}

TEST(FileHistoryTest, HoldsWhatWasThereFirst) {
  const FileHistory history(kOld, 10);
  EXPECT_FALSE(history.FindWrong(BytesOf(kOld, 10), 0, 5, 6).has_value());
  EXPECT_TRUE(history.FindWrong(BytesOf(kFirst, 10), 0, 5, 6).has_value());
}

TEST(FileHistoryTest, HoldsACompleteWriteOnly) {
  FileHistory history(kOld, 10);
  history.AddWrite(kFirst, 0, 10, 1, 2);
  EXPECT_FALSE(history.FindWrong(BytesOf(kFirst, 10), 0, 3, 4).has_value());
  EXPECT_TRUE(history.FindWrong(BytesOf(kOld, 10), 0, 3, 4).has_value());
}

TEST(FileHistoryTest, HoldsEitherWhileAWriteIsOutstanding) {
  FileHistory history(kOld, 10);
  history.AddWrite(kFirst, 0, 10, 1, 9);
  const std::string mixed = BytesOf(kFirst, 5) + BytesOf(kOld, 5, 5);
  EXPECT_FALSE(history.FindWrong(mixed, 0, 3, 4).has_value());
}

TEST(FileHistoryTest, DoesNotHoldWhatIsWrittenLater) {
  FileHistory history(kOld, 10);
  history.AddWrite(kFirst, 0, 10, 5, 6);
  EXPECT_TRUE(history.FindWrong(BytesOf(kFirst, 10), 0, 3, 4).has_value());
}

TEST(FileHistoryTest, HoldsEitherOfTwoWritesThatOverlapInTime) {
  FileHistory history(kOld, 10);
  history.AddWrite(kFirst, 0, 10, 1, 4);
  history.AddWrite(kSecond, 0, 10, 2, 3);
  EXPECT_FALSE(history.FindWrong(BytesOf(kFirst, 10), 0, 5, 6).has_value());
  EXPECT_FALSE(history.FindWrong(BytesOf(kSecond, 10), 0, 5, 6).has_value());
  EXPECT_TRUE(history.FindWrong(BytesOf(kOld, 10), 0, 5, 6).has_value());
}

TEST(FileHistoryTest, HoldsTheLaterOfTwoWritesOneAfterTheOther) {
  FileHistory history(kOld, 10);
  history.AddWrite(kFirst, 0, 10, 1, 2);
  history.AddWrite(kSecond, 0, 10, 3, 4);
  EXPECT_FALSE(history.FindWrong(BytesOf(kSecond, 10), 0, 5, 6).has_value());
  EXPECT_TRUE(history.FindWrong(BytesOf(kFirst, 10), 0, 5, 6).has_value());
}

TEST(FileHistoryTest, HoldsZerosInAHole) {
  FileHistory history(kOld, 0);
  history.AddWrite(kFirst, 5, 5, 1, 2);
  const std::string zeros(5, '\0');
  EXPECT_FALSE(
      history.FindWrong(zeros + BytesOf(kFirst, 5), 0, 3, 4).has_value());
  EXPECT_EQ(history.LeastSize(3), 10);
  EXPECT_EQ(history.LeastSize(2), 0);
  EXPECT_EQ(history.GreatestSize(2), 10);
  EXPECT_EQ(history.GreatestSize(1), 0);
}

class ModelBytesTest : public testing::Test {
 protected:
  static Program ProgramOf(ObjectKind kind, int size) {
    Program program;
    program.objects = {{kind, size}};
    program.blocks = 2;
    return program;
  }

  // Submits a request, which is complete with all its bytes.
  static void Complete(RequestKind kind, int block, int bytes, Model* model) {
    Submit(kind, block, bytes, model);
    Return(block, bytes, model);
  }
  static void Submit(RequestKind kind, int block, int bytes, Model* model) {
    Request request;
    request.kind = kind;
    request.block = block;
    request.bytes = bytes;
    model->Submitted(IdOf(static_cast<size_t>(block), 0), request, 0);
  }
  static void Return(int block, int bytes, Model* model) {
    model->Status(block, 0);
    model->Returned(block, bytes);
  }
  static std::string Accused(const Model& model) {
    std::string clauses;
    for (const Fault& fault : model.faults()) clauses += fault.clause + " ";
    return clauses;
  }

  static constexpr int kWriteOf0 = 0;
  static constexpr int kWriteOf1 = kEntriesOfStep;
};

TEST_F(ModelBytesTest, AppendsStandInCallOrder) {
  const Program program = ProgramOf(ObjectKind::kAppend, 3);
  const std::string old = BytesOf(SourceOfFile(0), 3);
  for (bool in_order : {true, false}) {
    Model model(program, Contract::kProject);
    Submit(RequestKind::kWrite, 0, 5, &model);
    Submit(RequestKind::kWrite, 1, 5, &model);
    Return(0, 5, &model);
    Return(1, 5, &model);
    const std::string first = BytesOf(kWriteOf0, 5);
    const std::string second = BytesOf(kWriteOf1, 5);
    model.FileHolds(0, old + (in_order ? first + second : second + first));
    EXPECT_EQ(Accused(model), in_order ? "" : "B4 ");
  }
}

TEST_F(ModelBytesTest, PositionedWritesMayStandInAnyOrder) {
  const Program program = ProgramOf(ObjectKind::kFile, 0);
  for (int winner : {kWriteOf0, kWriteOf1}) {
    Model model(program, Contract::kProject);
    Submit(RequestKind::kWrite, 0, 5, &model);
    Submit(RequestKind::kWrite, 1, 5, &model);
    Return(0, 5, &model);
    Return(1, 5, &model);
    model.FileHolds(0, BytesOf(winner, 5));
    EXPECT_EQ(Accused(model), "");
  }
}

TEST_F(ModelBytesTest, ACancelledWriteLeavesNothing) {
  const Program program = ProgramOf(ObjectKind::kFile, 0);
  Model model(program, Contract::kProject);
  Submit(RequestKind::kWrite, 0, 5, &model);
  model.Canceled(0, AIO_CANCELED);
  model.Status(0, ECANCELED);
  model.FileHolds(0, "");
  EXPECT_EQ(Accused(model), "");
  model.FileHolds(0, BytesOf(kWriteOf0, 5));
  EXPECT_EQ(Accused(model).substr(0, 3), "A8 ");
}

TEST_F(ModelBytesTest, AReadAfterAWriteGetsItsBytes) {
  const Program program = ProgramOf(ObjectKind::kFile, 0);
  for (bool right : {true, false}) {
    Model model(program, Contract::kProject);
    Complete(RequestKind::kWrite, 0, 5, &model);
    Complete(RequestKind::kRead, 1, 5, &model);
    model.HasRead(kWriteOf1, right ? BytesOf(kWriteOf0, 5) : "wrong");
    model.FileHolds(0, BytesOf(kWriteOf0, 5));
    EXPECT_EQ(Accused(model), right ? "" : "A8 ");
  }
}

TEST_F(ModelBytesTest, AReadAfterAWriteIsNotShorter) {
  const Program program = ProgramOf(ObjectKind::kFile, 0);
  Model model(program, Contract::kProject);
  Complete(RequestKind::kWrite, 0, 5, &model);
  Complete(RequestKind::kRead, 1, 5, &model);
  model.HasRead(kWriteOf1, BytesOf(kWriteOf0, 4));
  model.FileHolds(0, BytesOf(kWriteOf0, 5));
  EXPECT_EQ(Accused(model), "A8 ");
}

TEST_F(ModelBytesTest, ReadsOfAPipeShareWhatWasSentInCallOrder) {
  const Program program = ProgramOf(ObjectKind::kPipeIn, 0);
  const std::string sent = BytesOf(SourceOfPeer(0), 8);
  for (bool in_order : {true, false}) {
    Model model(program, Contract::kProject);
    Submit(RequestKind::kRead, 0, 3, &model);
    Submit(RequestKind::kRead, 1, 3, &model);
    model.Sent(0, 8);
    Return(0, 3, &model);
    Return(1, 3, &model);
    model.HasRead(kWriteOf0, sent.substr(in_order ? 0 : 3, 3));
    model.HasRead(kWriteOf1, sent.substr(in_order ? 3 : 0, 3));
    model.StreamHolds(0, sent.substr(6));
    EXPECT_EQ(Accused(model), in_order ? "" : "B4 ");
  }
}

TEST_F(ModelBytesTest, ACancelledReadLosesNothing) {
  const Program program = ProgramOf(ObjectKind::kPipeIn, 0);
  const std::string sent = BytesOf(SourceOfPeer(0), 4);
  for (bool lost : {false, true}) {
    Model model(program, Contract::kProject);
    Submit(RequestKind::kRead, 0, 3, &model);
    model.Canceled(0, AIO_CANCELED);
    model.Status(0, ECANCELED);
    model.Sent(0, 4);
    model.StreamHolds(0, lost ? sent.substr(1) : sent);
    EXPECT_EQ(Accused(model).substr(0, 3), lost ? "E3 " : "");
  }
}

TEST_F(ModelBytesTest, WritesOnAPipeArriveInCallOrder) {
  const Program program = ProgramOf(ObjectKind::kPipeOut, 0);
  for (bool in_order : {true, false}) {
    Model model(program, Contract::kProject);
    Submit(RequestKind::kWrite, 0, 3, &model);
    Submit(RequestKind::kWrite, 1, 3, &model);
    Return(0, 3, &model);
    Return(1, 3, &model);
    model.Received(0, BytesOf(in_order ? kWriteOf0 : kWriteOf1, 3));
    model.Received(0, BytesOf(in_order ? kWriteOf1 : kWriteOf0, 3));
    model.StreamHolds(0, "");
    EXPECT_EQ(Accused(model), in_order ? "" : "B4 ");
  }
}

TEST_F(ModelBytesTest, PosixOrdersNoReadsThatAreOutstandingTogether) {
  const Program program = ProgramOf(ObjectKind::kPipeIn, 0);
  const std::string sent = BytesOf(SourceOfPeer(0), 6);
  Model model(program, Contract::kPosix);
  Submit(RequestKind::kRead, 0, 3, &model);
  Submit(RequestKind::kRead, 1, 3, &model);
  model.Sent(0, 6);
  Return(0, 3, &model);
  Return(1, 3, &model);
  model.HasRead(kWriteOf0, sent.substr(3));
  model.HasRead(kWriteOf1, sent.substr(0, 3));
  model.StreamHolds(0, "");
  EXPECT_EQ(Accused(model), "");
}

}  // namespace
}  // namespace aioemul::tools::diff
