// The read lane and the write lane of a stream: strictly in call order, and
// independent of each other (contract B4, I1, I2).

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

class LanesTest : public EveryMechanismTest {
 protected:
  static constexpr size_t kRequests = 20;
};

TEST_P(LanesTest, ReadsAreServedInCallOrderWhateverTheirPriorities) {
  const Channel pipe = MakePipe();
  std::array<aiocb, kRequests> reads;
  std::array<std::string, kRequests> buffers;
  for (size_t i = 0; i < kRequests; ++i) {
    buffers[i] = " ";
    reads[i] = ReadBlock(pipe.reader.number(), buffers[i]);
    reads[i].aio_reqprio = static_cast<int>(kRequests - i);
    Read(reads[i]);
  }
  const std::string text = "abcdefghijklmnopqrst";
  Send(pipe.writer.number(), text);
  for (size_t i = 0; i < kRequests; ++i) {
    EXPECT_EQ(Await(reads[i]), Success(1));
    EXPECT_EQ(buffers[i], text.substr(i, 1));
  }
}

TEST_P(LanesTest, WritesGoOutInCallOrderWhateverTheirPriorities) {
  const Channel pipe = MakePipe();
  const size_t filled = Fill(pipe.writer.number());
  std::array<aiocb, kRequests> writes;
  std::array<std::string, kRequests> texts;
  std::string expected;
  for (size_t i = 0; i < kRequests; ++i) {
    texts[i] = std::string(300 * (i + 1), static_cast<char>('a' + i));
    expected += texts[i];
    writes[i] = WriteBlock(pipe.writer.number(), texts[i]);
    writes[i].aio_reqprio = static_cast<int>(kRequests - i);
    Write(writes[i]);
  }
  Receive(pipe.reader.number(), filled);
  EXPECT_EQ(Receive(pipe.reader.number(), expected.size()), expected);
  for (size_t i = 0; i < kRequests; ++i) {
    EXPECT_EQ(Await(writes[i]), Success(texts[i].size()));
  }
}

TEST_P(LanesTest, ReadWithALaterDatagramKeepsItsTurn) {
  const Channel sockets = MakeSockets(SOCK_DGRAM);
  std::string first_buffer(10, ' ');
  std::string second_buffer(10, ' ');
  aiocb first = ReadBlock(sockets.reader.number(), first_buffer);
  aiocb second = ReadBlock(sockets.reader.number(), second_buffer);
  first.aio_reqprio = 20;
  ReadAndWait(first);
  Read(second);
  Send(sockets.writer.number(), "one");
  EXPECT_EQ(Await(first), Success(3));
  EXPECT_EQ(ErrorOf(second), EINPROGRESS);
  Send(sockets.writer.number(), "second");
  EXPECT_EQ(Await(second), Success(6));
  EXPECT_EQ(first_buffer.substr(0, 3), "one");
  EXPECT_EQ(second_buffer.substr(0, 6), "second");
}

TEST_P(LanesTest, WaitingReadDelaysNoWriteOnTheSameDescriptor) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.reader.number();
  std::string buffer(4, ' ');
  aiocb read = ReadBlock(fd, buffer);
  aiocb write = WriteBlock(fd, "out");
  write.aio_reqprio = 20;
  ReadAndWait(read);
  Write(write);
  EXPECT_EQ(Await(write), Success(3));
  EXPECT_EQ(Receive(sockets.writer.number(), 3), "out");
  EXPECT_EQ(ErrorOf(read), EINPROGRESS);
  Send(sockets.writer.number(), "in");
  EXPECT_EQ(Await(read), Success(2));
}

TEST_P(LanesTest, WaitingWriteDelaysNoReadOnTheSameDescriptor) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.writer.number();
  const size_t filled = Fill(fd);
  aiocb write = WriteBlock(fd, "out");
  WriteAndWait(write);
  std::string buffer(4, ' ');
  aiocb read = ReadBlock(fd, buffer);
  read.aio_reqprio = 20;
  Read(read);
  Send(sockets.reader.number(), "in");
  EXPECT_EQ(Await(read), Success(2));
  EXPECT_EQ(ErrorOf(write), EINPROGRESS);
  EXPECT_EQ(Receive(sockets.reader.number(), filled).size(), filled);
  EXPECT_EQ(Await(write), Success(3));
  EXPECT_EQ(Receive(sockets.reader.number(), 3), "out");
}

TEST_P(LanesTest, BothDirectionsWaitAtOnceAndGoOnInEitherOrder) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.writer.number();
  for (const bool read_first : {true, false}) {
    const size_t filled = Fill(fd);
    std::string buffer(2, ' ');
    aiocb read = ReadBlock(fd, buffer);
    aiocb write = WriteBlock(fd, "out");
    ReadAndWait(read);
    WriteAndWait(write);
    for (const bool read_now : {read_first, !read_first}) {
      if (read_now) {
        Send(sockets.reader.number(), "in");
        EXPECT_EQ(Await(read), Success(2));
      } else {
        Receive(sockets.reader.number(), filled);
        EXPECT_EQ(Await(write), Success(3));
      }
    }
    EXPECT_EQ(Receive(sockets.reader.number(), 3), "out");
  }
}

TEST_P(LanesTest, WaitingReadsHoldNoWorker) {
  options.threads.value = 1;
  std::vector<Channel> pipes;
  std::array<aiocb, kRequests> reads;
  std::array<std::string, kRequests> buffers;
  for (size_t i = 0; i < kRequests; ++i) {
    pipes.push_back(MakePipe());
    buffers[i] = " ";
    reads[i] = ReadBlock(pipes[i].reader.number(), buffers[i]);
    ReadAndWait(reads[i]);
  }
  const Descriptor file(open("/dev/zero", O_RDONLY));
  std::string zeros(3, 'x');
  aiocb read = ReadBlock(file.number(), zeros);
  Read(read);
  EXPECT_EQ(Await(read), Success(3));
  for (size_t i = kRequests; i-- > 0;) {
    EXPECT_EQ(ErrorOf(reads[i]), EINPROGRESS);
    Send(pipes[i].writer.number(), "x");
    EXPECT_EQ(Await(reads[i]), Success(1));
  }
}

TEST_P(LanesTest, WaitingWritesHoldNoWorker) {
  options.threads.value = 1;
  std::vector<Channel> pipes;
  std::array<aiocb, kRequests> writes;
  for (size_t i = 0; i < kRequests; ++i) {
    pipes.push_back(MakePipe());
    Fill(pipes[i].writer.number());
    writes[i] = WriteBlock(pipes[i].writer.number(), "x");
    WriteAndWait(writes[i]);
  }
  const Descriptor file(open("/dev/zero", O_RDONLY));
  std::string zeros(3, 'x');
  aiocb read = ReadBlock(file.number(), zeros);
  Read(read);
  EXPECT_EQ(Await(read), Success(3));
  for (size_t i = 0; i < kRequests; ++i) {
    Receive(pipes[i].reader.number(), 4096);
    EXPECT_EQ(Await(writes[i]), Success(1));
  }
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, LanesTest, EveryMechanism(), &NameOf);

}  // namespace
}  // namespace aioemul::testing
