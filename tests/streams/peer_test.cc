// What the other end does to requests, waiting or not, and what the library
// must not do to the caller (contract I3, I4, A8).

#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

volatile sig_atomic_t pipe_signals = 0;
void CountPipeSignal(int) { pipe_signals = pipe_signals + 1; }

Channel MakeStreams() { return MakeSockets(); }

class PeerTest : public EveryMechanismTest {
 protected:
  PeerTest() {
    pipe_signals = 0;
    signal(SIGPIPE, &CountPipeSignal);
  }
  ~PeerTest() override {
    EXPECT_EQ(pipe_signals, 0);
    signal(SIGPIPE, SIG_DFL);
  }

  // Makes the close of `fd` a reset.
  static void ResetOnClose(int fd) {
    const linger at_once = {1, 0};
    ASSERT_EQ(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)),
              0);
  }

  std::string buffer_ = std::string(10, ' ');
};

TEST_P(PeerTest, ClosedWriterEndsAWaitingRead) {
  for (const auto make : {&MakePipe, &MakeFifo, &MakeStreams, &MakeTcp}) {
    Channel channel = make();
    aiocb read = ReadBlock(channel.reader.number(), buffer_);
    ReadAndWait(read);
    channel.writer.Close();
    EXPECT_EQ(Await(read), Success(0));
  }
}

TEST_P(PeerTest, EndAppliesToEveryReadThatWaits) {
  Channel pipe = MakePipe();
  std::array<aiocb, 3> reads;
  for (aiocb& read : reads) {
    read = ReadBlock(pipe.reader.number(), buffer_);
    Read(read);
  }
  Send(pipe.writer.number(), "last");
  pipe.writer.Close();
  EXPECT_EQ(Await(reads[0]), Success(4));
  EXPECT_EQ(Await(reads[1]), Success(0));
  EXPECT_EQ(Await(reads[2]), Success(0));
}

TEST_P(PeerTest, ShutdownEndsReadsAndLeavesWrites) {
  const Channel sockets = MakeSockets();
  aiocb read = ReadBlock(sockets.reader.number(), buffer_);
  ReadAndWait(read);
  ASSERT_EQ(shutdown(sockets.writer.number(), SHUT_WR), 0);
  EXPECT_EQ(Await(read), Success(0));
  aiocb write = WriteBlock(sockets.reader.number(), "on");
  Write(write);
  EXPECT_EQ(Await(write), Success(2));
  EXPECT_EQ(Receive(sockets.writer.number(), 2), "on");
}

TEST_P(PeerTest, ClosedReaderFailsAWriteAndSignalsNobody) {
  for (const auto make : {&MakePipe, &MakeFifo, &MakeStreams}) {
    Channel channel = make();
    channel.reader.Close();
    aiocb write = WriteBlock(channel.writer.number(), "text");
    Write(write);
    EXPECT_EQ(Await(write), Failure(EPIPE));
  }
}

TEST_P(PeerTest, ClosedReaderFailsAWaitingWriteAndSignalsNobody) {
  for (const auto make : {&MakePipe, &MakeFifo, &MakeStreams}) {
    Channel channel = make();
    Fill(channel.writer.number());
    aiocb write = WriteBlock(channel.writer.number(), "text");
    WriteAndWait(write);
    // Unread bytes make it a reset for a socket, where it is one for write.
    channel.reader.Close();
    const Outcome outcome = Await(write);
    EXPECT_TRUE(outcome == Failure(EPIPE) || outcome == Failure(ECONNRESET))
        << outcome;
  }
}

// The program may be waiting for it by sigwait.
TEST_P(PeerTest, LeavesAPipeSignalThatWasPendingBefore) {
  sigset_t pipe_signal;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  sigset_t before;
  pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
  for (const bool is_pending : {false, true}) {
    if (is_pending) raise(SIGPIPE);
    for (const auto make : {&MakePipe, &MakeFifo, &MakeStreams}) {
      Channel channel = make();
      channel.reader.Close();
      aiocb write = WriteBlock(channel.writer.number(), "text");
      Write(write);
      EXPECT_EQ(Await(write), Failure(EPIPE));
    }
    const timespec at_once = {0, 0};
    EXPECT_EQ(sigtimedwait(&pipe_signal, nullptr, &at_once),
              is_pending ? SIGPIPE : -1);
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_P(PeerTest, WriteOfNonblockingDescriptorSignalsNobody) {
  Channel pipe = MakePipe();
  SetFlag(pipe.writer.number(), O_NONBLOCK, true);
  pipe.reader.Close();
  aiocb write = WriteBlock(pipe.writer.number(), "text");
  Write(write);
  EXPECT_EQ(Await(write), Failure(EPIPE));
}

TEST_P(PeerTest, ResetFailsAWaitingRead) {
  Channel tcp = MakeTcp();
  aiocb read = ReadBlock(tcp.reader.number(), buffer_);
  ReadAndWait(read);
  ResetOnClose(tcp.writer.number());
  tcp.writer.Close();
  EXPECT_EQ(Await(read), Failure(ECONNRESET));
}

// The system tells of a reset once; after it a read finds an ordinary end.  So
// a write that has moved a part says so.
TEST_P(PeerTest, ResetAmidAWriteIsItsError) {
  Channel tcp = MakeTcp();
  const std::string text(size_t{64} << 20, 'x');
  aiocb write = WriteBlock(tcp.writer.number(), text);
  WriteAndWait(write);
  ResetOnClose(tcp.reader.number());
  tcp.reader.Close();
  const Outcome written = Await(write);
  aiocb read = ReadBlock(tcp.writer.number(), buffer_);
  Read(read);
  const Outcome ended = Await(read);
  if (GetParam() == Mechanism::kDevice && written.error == 0) {
    // One call that blocks: the system ends it short, and keeps the error.
    EXPECT_EQ(ended, Failure(ECONNRESET));
    return;
  }
  EXPECT_EQ(written, Failure(ECONNRESET));
  EXPECT_EQ(ended, Success(0));
}

// Linux hangs up in two steps: a read that looks between them fails with EIO,
// as a plain one does; once it is done, there is end of file.
TEST_P(PeerTest, HungUpTerminalEndsAWaitingRead) {
  Channel terminal = MakeTerminal();
  aiocb read = ReadBlock(terminal.reader.number(), buffer_);
  ReadAndWait(read);
  terminal.writer.Close();
  const Outcome amid = Await(read);
  EXPECT_TRUE(amid == Success(0) || amid == Failure(EIO)) << amid;
  char byte = 0;
  const ssize_t plain = ::read(terminal.reader.number(), &byte, 1);
  const Outcome expected = plain < 0 ? Failure(errno) : Success(plain);
  Read(read);
  EXPECT_EQ(Await(read), expected);
}

TEST_P(PeerTest, FlagsStayAsTheyAre) {
  for (const int flag : {0, O_NONBLOCK, O_APPEND}) {
    for (const auto make :
         {&MakePipe, &MakeFifo, &MakeStreams, &MakeTerminal}) {
      const Channel channel = make();
      SetFlag(channel.reader.number(), flag, true);
      SetFlag(channel.writer.number(), flag, true);
      const int reader_flags = FlagsOf(channel.reader.number());
      const int writer_flags = FlagsOf(channel.writer.number());
      aiocb read = ReadBlock(channel.reader.number(), buffer_);
      aiocb write = WriteBlock(channel.writer.number(), "line\n");
      Write(write);
      EXPECT_EQ(Await(write), Success(5));
      EXPECT_EQ(FlagsOf(channel.writer.number()), writer_flags);
      Read(read);
      EXPECT_EQ(FlagsOf(channel.reader.number()), reader_flags);
      EXPECT_EQ(Await(read), Success(5));
      EXPECT_EQ(FlagsOf(channel.reader.number()), reader_flags);
    }
  }
}

TEST_P(PeerTest, FlagsStayAsTheyAreWhileARequestWaits) {
  const Channel sockets = MakeSockets();
  const int fd = sockets.reader.number();
  const int flags = FlagsOf(fd);
  aiocb read = ReadBlock(fd, buffer_);
  ReadAndWait(read);
  EXPECT_EQ(FlagsOf(fd), flags);
  Send(sockets.writer.number(), "x");
  EXPECT_EQ(Await(read), Success(1));
  EXPECT_EQ(FlagsOf(fd), flags);
}

// A8: the bad buffer fails its own request and takes nothing from others.
TEST_P(PeerTest, BadBufferFailsItsOwnRequestAlone) {
  const Channel pipe = MakePipe();
  Send(pipe.writer.number(), "data");
  aiocb bad = ReadBlock(pipe.reader.number(), buffer_);
  bad.aio_buf = reinterpret_cast<void*>(1);
  aiocb good = ReadBlock(pipe.reader.number(), buffer_);
  Read(bad);
  Read(good);
  EXPECT_EQ(Await(bad), Failure(EFAULT));
  EXPECT_EQ(Await(good), Success(4));
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, PeerTest, EveryMechanism(), &NameOf);

}  // namespace
}  // namespace aioemul::testing
