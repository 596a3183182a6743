// Writes at the end of a file (contract B4).

#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class AppendTest : public EngineTest {
 protected:
  AppendTest() { options.threads.value = 4; }

  void SubmitAppends() {
    platform.HoldTransfers();
    const int deltas[] = {20, 5, 0, 20, 1};
    for (size_t i = 0; i < texts_.size(); ++i) {
      blocks_.push_back(WriteBlock(file_.fd(), texts_[i]));
      blocks_.back().aio_reqprio = deltas[i];
    }
    for (aiocb& block : blocks_) ASSERT_EQ(engine().Write(&block), 0);
  }

  const TempFile file_{"start ", O_APPEND};
  const std::vector<std::string> texts_ = {"one ", "two ", "three ", "four ",
                                           "five"};
  std::vector<aiocb> blocks_;
};

TEST_F(AppendTest, KeepsTheCallOrderWhateverThePriorities) {
  SubmitAppends();
  platform.ReleaseAll();
  for (size_t i = 0; i < blocks_.size(); ++i) {
    EXPECT_EQ(Await(blocks_[i]), Success(texts_[i].size()));
  }
  EXPECT_EQ(file_.Content(), "start one two three four five");
}

TEST_F(AppendTest, WritesOneAtATime) {
  SubmitAppends();
  for (size_t i = 0; i < blocks_.size(); ++i) {
    // A read is behind the writes, but has no order to keep.
    char byte = 0;
    aiocb read = ReadBlock(file_.fd(), &byte, 1);
    platform.AwaitHeld(1);
    ASSERT_EQ(engine().Read(&read), 0);
    EXPECT_EQ(platform.AwaitHeld(2)[1].kind, TransferCall::Kind::kReadAt);
    platform.ReleaseHeld(2);
    EXPECT_EQ(Await(blocks_[i]), Success(texts_[i].size()));
    EXPECT_EQ(Await(read), Success(1));
    for (size_t later = i + 1; later < blocks_.size(); ++later) {
      EXPECT_EQ(ErrorOf(blocks_[later]), EINPROGRESS);
    }
  }
}

TEST_F(AppendTest, IgnoresTheOffset) {
  aiocb block = WriteBlock(file_.fd(), "end", 1);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(3));
  EXPECT_EQ(file_.Content(), "start end");
}

TEST_F(AppendTest, AFailureLetsTheNextGo) {
  int calls = 0;
  platform.AnswerTransfers([&](const TransferCall&) {
    return ++calls == 1 ? std::optional<ssize_t>(-ENOSPC) : std::nullopt;
  });
  SubmitAppends();
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks_[4]), Success(4));
  EXPECT_EQ(Take(blocks_[0]), Failure(ENOSPC));
  EXPECT_EQ(file_.Content(), "start two three four five");
}

// The flag counts that the descriptor has at the time of the call.
TEST_F(AppendTest, FollowsAChangeOfTheFlag) {
  const TempFile file("start");
  ASSERT_EQ(fcntl(file.fd(), F_SETFL, O_APPEND), 0);
  aiocb block = WriteBlock(file.fd(), "+", 0);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(1));
  ASSERT_EQ(fcntl(file.fd(), F_SETFL, 0), 0);
  ASSERT_EQ(engine().Write(&block), 0);
  EXPECT_EQ(Await(block), Success(1));
  EXPECT_EQ(file.Content(), "+tart+");
}

}  // namespace
}  // namespace aioemul::testing
