// Writes larger than the room there is, on blocking descriptors (contract I3):
// they complete whole, as write does, however slowly the peer reads.

#include <signal.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

struct Kind {
  const char* name;
  Channel (*make)();
};
Channel MakeStreamSockets() { return MakeSockets(); }

class LongWriteTest
    : public StreamTest,
      public ::testing::WithParamInterface<std::tuple<Mechanism, Kind>> {
 protected:
  static constexpr size_t kSize = size_t{3} << 20;

  LongWriteTest() : StreamTest(std::get<0>(GetParam())) {}

  const std::string text_ = LongText(kSize);
  Channel channel_ = std::get<1>(GetParam()).make();
  const int reader_ = channel_.reader.number();
  const int writer_ = channel_.writer.number();
};

TEST_P(LongWriteTest, CompletesWholeWithAReaderThatTakesItByPieces) {
  const int flags = FlagsOf(writer_);
  aiocb write = WriteBlock(writer_, text_);
  Write(write);
  std::string received;
  while (received.size() < kSize) {
    // Not before the last byte has been taken from us is it all out.
    if (kSize - received.size() > (kSize / 2)) {
      EXPECT_EQ(ErrorOf(write), EINPROGRESS);
    }
    received +=
        Receive(reader_, std::min(kSize - received.size(), size_t{30'000}));
  }
  EXPECT_EQ(Await(write), Success(kSize));
  EXPECT_TRUE(received == text_);
  EXPECT_EQ(FlagsOf(writer_), flags);
}

TEST_P(LongWriteTest, NextOneWaitsForTheWholeOfIt) {
  aiocb write = WriteBlock(writer_, text_);
  aiocb next = WriteBlock(writer_, "next");
  Write(write);
  Write(next);
  EXPECT_TRUE(Receive(reader_, kSize) == text_);
  EXPECT_EQ(Receive(reader_, 4), "next");
  EXPECT_EQ(Await(write), Success(kSize));
  EXPECT_EQ(Await(next), Success(4));
}

TEST_P(LongWriteTest, ManyAtOnceGoOutWhole) {
  constexpr size_t kChannels = 5;
  std::vector<Channel> channels;
  std::array<aiocb, kChannels> writes;
  for (size_t i = 0; i < kChannels; ++i) {
    channels.push_back(std::get<1>(GetParam()).make());
    writes[i] = WriteBlock(channels[i].writer.number(), text_);
    Write(writes[i]);
  }
  for (size_t i = kChannels; i-- > 0;) {
    EXPECT_TRUE(Receive(channels[i].reader.number(), kSize) == text_);
    EXPECT_EQ(Await(writes[i]), Success(kSize));
  }
}

TEST_P(LongWriteTest, PeerThatGoesLeavesAShortCountAndThenTheError) {
  signal(SIGPIPE, SIG_IGN);  // the plain write below is the twin's
  aiocb write = WriteBlock(writer_, text_);
  Write(write);
  Receive(reader_, 100'000);
  EXPECT_EQ(ErrorOf(write), EINPROGRESS);
  channel_.reader.Close();
  const Outcome outcome = Await(write);
  EXPECT_EQ(outcome.error, 0);
  EXPECT_GE(outcome.result, 100'000);
  EXPECT_LT(outcome.result, static_cast<ssize_t>(kSize));
  aiocb next = WriteBlock(writer_, "next");
  Write(next);
  EXPECT_EQ(Await(next).result, -1);
  signal(SIGPIPE, SIG_DFL);
}

// A6: what is out cannot be taken back, so the program is told of it.
TEST_P(LongWriteTest, WithoutAThreadForItsRestItEndsWithWhatIsOut) {
  if (std::get<0>(GetParam()) == Mechanism::kDevice) {
    GTEST_SKIP() << "nothing is out before it has a thread";
  }
  aiocb first = WriteBlock(writer_, "x");
  Write(first);
  EXPECT_EQ(Await(first), Success(1));
  EXPECT_EQ(Receive(reader_, 1), "x");
  platform.FailAllResources(true);
  aiocb write = WriteBlock(writer_, text_);
  Write(write);
  const Outcome outcome = Await(write);
  platform.FailAllResources(false);
  ASSERT_EQ(outcome.error, 0);
  const auto moved = static_cast<size_t>(outcome.result);
  ASSERT_LT(moved, kSize);
  EXPECT_TRUE(Receive(reader_, moved) == text_.substr(0, moved));
  channel_.writer.Close();
  EXPECT_EQ(Receive(reader_, 1), "");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, LongWriteTest,
    ::testing::Combine(EveryMechanism(),
                       ::testing::Values(Kind{"Pipe", &MakePipe},
                                         Kind{"Sockets", &MakeStreamSockets},
                                         Kind{"Fifo", &MakeFifo})),
    [](const auto& param_info) {
      const Mechanism mechanism = std::get<0>(param_info.param);
      return NameOf({mechanism, 0}) + std::get<1>(param_info.param).name;
    });

}  // namespace
}  // namespace aioemul::testing
