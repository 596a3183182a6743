// SO_RCVTIMEO, SO_SNDTIMEO and SO_RCVLOWAT mean what they mean to read and
// write (contract I8).

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

constexpr timeval kNoLimit = {0, 0};
constexpr timeval kShort = {0, 20'000};
constexpr timeval kHour = {3600, 0};
// The system counts in ticks of its own.
constexpr MonotonicTime kLeast = 15'000'000;

constexpr int kMark = 10;

Channel MakeStreams() { return MakeSockets(); }

class SocketOptionTest : public EveryMechanismTest {
 protected:
  template <typename Value>
  static void SetOption(int fd, int option, const Value& value) {
    ASSERT_EQ(setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)), 0);
  }

  // How long it takes until `block` ends as a transfer whose time is over.
  MonotonicTime AwaitExpiry(aiocb& block) {
    EXPECT_EQ(Await(block), Failure(EAGAIN));
    return platform.Now() - start_;
  }

  // Returns when the poller has looked around since the call.
  void AwaitPoller() {
    const Channel other = MakeSockets();
    std::string byte = ".";
    for (int i = 0; i < 2; ++i) {
      aiocb read = ReadBlock(other.reader.number(), byte);
      ReadAndWait(read);
      Send(other.writer.number(), "x");
      EXPECT_EQ(Await(read), Success(1));
    }
  }

  // Until `count` bytes can be read from `fd`.
  static void AwaitBytes(int fd, size_t count) {
    std::string seen(count, '.');
    while (recv(fd, seen.data(), count, MSG_PEEK | MSG_DONTWAIT) <
           static_cast<ssize_t>(count)) {
    }
  }

  const Channel sockets_ = MakeSockets();
  const int fd_ = sockets_.reader.number();
  const int peer_ = sockets_.writer.number();
  std::string buffer_ = std::string(32, '.');
  const MonotonicTime start_ = platform.Now();
};

class TimeLimitTest : public SocketOptionTest {};

// From the moment when it is its turn, as the second of two calls would.
TEST_P(TimeLimitTest, EndsEachReadThatGetsNothing) {
  SetOption(fd_, SO_RCVTIMEO, kShort);
  std::array<aiocb, 2> reads;
  for (aiocb& read : reads) {
    read = ReadBlock(fd_, buffer_);
    Read(read);
  }
  EXPECT_GE(AwaitExpiry(reads[0]), kLeast);
  EXPECT_GE(AwaitExpiry(reads[1]), 2 * kLeast);
}

TEST_P(TimeLimitTest, EndsAWriteThatFindsNoRoom) {
  Fill(fd_);
  SetOption(fd_, SO_SNDTIMEO, kShort);
  aiocb write = WriteBlock(fd_, "text");
  Write(write);
  EXPECT_GE(AwaitExpiry(write), kLeast);
}

TEST_P(TimeLimitTest, EndsAWriteWithWhatIsOut) {
  SetOption(fd_, SO_SNDTIMEO, kShort);
  const std::string text = LongText(size_t{4} << 20);
  aiocb write = WriteBlock(fd_, text);
  Write(write);
  const Outcome outcome = Await(write);
  EXPECT_EQ(outcome.error, 0);
  ASSERT_GT(outcome.result, 0);
  const auto moved = static_cast<size_t>(outcome.result);
  ASSERT_LT(moved, text.size());
  EXPECT_TRUE(Receive(peer_, moved) == text.substr(0, moved));
  char more = 0;
  EXPECT_EQ(recv(peer_, &more, 1, MSG_DONTWAIT), -1);
}

// What comes before an hour is over comes in time.
TEST_P(TimeLimitTest, IsThatOfItsOwnDirection) {
  for (const bool read_is_short : {true, false}) {
    const size_t filled = Fill(fd_);
    SetOption(fd_, SO_RCVTIMEO, read_is_short ? kShort : kHour);
    SetOption(fd_, SO_SNDTIMEO, read_is_short ? kHour : kShort);
    aiocb read = ReadBlock(fd_, buffer_);
    aiocb write = WriteBlock(fd_, "out");
    Read(read);
    Write(write);
    EXPECT_EQ(Await(read_is_short ? read : write), Failure(EAGAIN));
    EXPECT_EQ(ErrorOf(read_is_short ? write : read), EINPROGRESS);
    Receive(peer_, filled);
    Send(peer_, "in");
    if (read_is_short) {
      EXPECT_EQ(Await(write), Success(3));
      EXPECT_EQ(Receive(peer_, 3), "out");
      EXPECT_EQ(Receive(fd_, 2), "in");
    } else {
      EXPECT_EQ(Await(read), Success(2));
    }
  }
}

TEST_P(TimeLimitTest, GoesWithTheRequestThatIsCancelled) {
  SetOption(fd_, SO_RCVTIMEO, kShort);
  aiocb read = ReadBlock(fd_, buffer_);
  Read(read);
  EXPECT_EQ(engine().Cancel(fd_, &read), AIO_CANCELED);
  EXPECT_EQ(Take(read), Failure(ECANCELED));
  SetOption(fd_, SO_RCVTIMEO, kNoLimit);
  Read(read);
  const Channel other = MakeSockets();
  SetOption(other.reader.number(), SO_RCVTIMEO, kShort);
  aiocb later = ReadBlock(other.reader.number(), buffer_);
  Read(later);
  EXPECT_EQ(Await(later), Failure(EAGAIN));
  EXPECT_EQ(ErrorOf(read), EINPROGRESS);
  Send(peer_, "text");
  EXPECT_EQ(Await(read), Success(4));
}

class LowWaterTest : public SocketOptionTest {
 protected:
  // A read of a socket that has fewer bytes than its mark.
  struct Low {
    Channel channel;
    aiocb read;
  };
  Low ReadBelowTheMark(Channel (*make)(), const timeval& limit = kNoLimit) {
    Low low = {make(), {}};
    const int fd = low.channel.reader.number();
    SetOption(fd, SO_RCVLOWAT, kMark);
    SetOption(fd, SO_RCVTIMEO, limit);
    Send(low.channel.writer.number(), "abc");
    AwaitBytes(fd, 3);
    buffer_.assign(32, '.');
    low.read = ReadBlock(fd, buffer_);
    return low;
  }

  static constexpr std::array<Channel (*)(), 2> kKinds = {&MakeTcp,
                                                          &MakeStreams};
};

TEST_P(LowWaterTest, IsWaitedFor) {
  for (const auto make : kKinds) {
    Low low = ReadBelowTheMark(make);
    Read(low.read);
    EXPECT_EQ(ErrorOf(low.read), EINPROGRESS);
    Send(low.channel.writer.number(), "defghi");
    AwaitPoller();
    EXPECT_EQ(ErrorOf(low.read), EINPROGRESS);
    Send(low.channel.writer.number(), "j");
    EXPECT_EQ(Await(low.read), Success(kMark));
    EXPECT_EQ(buffer_.substr(0, kMark), "abcdefghij");
  }
}

TEST_P(LowWaterTest, IsNoMoreThanWasAskedFor) {
  for (const auto make : kKinds) {
    Low low = ReadBelowTheMark(make);
    low.read.aio_nbytes = 3;
    Read(low.read);
    EXPECT_EQ(Await(low.read), Success(3));
  }
}

TEST_P(LowWaterTest, IsNotWaitedForBeyondTheEnd) {
  for (const auto make : kKinds) {
    Low low = ReadBelowTheMark(make);
    Read(low.read);
    low.channel.writer.Close();
    EXPECT_EQ(Await(low.read), Success(3));
  }
}

TEST_P(LowWaterTest, IsNotWaitedForBeyondTheTimeLimit) {
  for (const auto make : kKinds) {
    Low low = ReadBelowTheMark(make, kShort);
    Read(low.read);
    EXPECT_EQ(Await(low.read), Success(3));
    EXPECT_GE(platform.Now() - start_, kLeast);
    EXPECT_EQ(buffer_.substr(0, 4), "abc.");
  }
}

// Sockets can always be tried.
auto Mechanisms() {
  return ::testing::Values(Mechanism::kNative, Mechanism::kPoll);
}
INSTANTIATE_TEST_SUITE_P(Mechanisms, TimeLimitTest, Mechanisms(), &NameOf);
INSTANTIATE_TEST_SUITE_P(Mechanisms, LowWaterTest, Mechanisms(), &NameOf);

}  // namespace
}  // namespace aioemul::testing
