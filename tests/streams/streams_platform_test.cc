// Transfers that never block, over every kind of descriptor.  Run for the
// file of this system and for the portable one (contract I4, I5).

#include <fcntl.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "emul/platform/own_descriptors.h"
#include "emul/platform/streams.h"
#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// A kind of descriptor on which nothing can be moved at first.
struct Kind {
  const char* name;
  std::function<Channel()> make;
  bool is_socket;
};

class TryTransferTest : public ::testing::TestWithParam<Kind> {
 protected:
  // What a try may say instead of `expected`: that it knows no way.
  void ExpectOr(ssize_t returned, ssize_t expected) {
    if (GetParam().is_socket || returned != -EOPNOTSUPP) {
      EXPECT_EQ(returned, expected);
    }
  }

  ssize_t TryRead(int fd) {
    return streams::TryRead(fd, buffer_.data(), buffer_.size());
  }

  const Channel channel_ = GetParam().make();
  const int reader_ = channel_.reader.number();
  const int writer_ = channel_.writer.number();
  std::string buffer_ = std::string(10, ' ');
};

TEST_P(TryTransferTest, ReadOfNothingDoesNotBlock) {
  ExpectOr(TryRead(reader_), -EAGAIN);
}

TEST_P(TryTransferTest, ReadTakesWhatIsThere) {
  Send(writer_, "word\n");
  const ssize_t returned = TryRead(reader_);
  ExpectOr(returned, 5);
  EXPECT_EQ(buffer_.substr(0, 5), returned == 5 ? "word\n" : "     ");
  // What was not taken is left to the next reader.
  if (returned != 5) {
    EXPECT_EQ(Receive(reader_, 5), "word\n");
  } else {
    ExpectOr(TryRead(reader_), -EAGAIN);
  }
}

TEST_P(TryTransferTest, WriteGoesOutOrNotAtAll) {
  const ssize_t returned = streams::TryWrite(writer_, "word\n", 5);
  ExpectOr(returned, 5);
  if (returned != 5) Send(writer_, "later");
  if (returned != 5 && GetParam().name == std::string("Terminal")) {
    Send(writer_, "\n");
  }
  EXPECT_EQ(Receive(reader_, 5), returned == 5 ? "word\n" : "later");
}

TEST_P(TryTransferTest, WriteWithoutRoomDoesNotBlock) {
  if (GetParam().name == std::string("Terminal")) {
    // Its room depends on whether anybody reads; only the flags matter.
    EXPECT_EQ(streams::TryWrite(writer_, "x", 1), -EOPNOTSUPP);
    return;
  }
  EXPECT_GT(Fill(writer_), 0U);
  ssize_t returned = 0;
  do {
    // Room comes once more, when TCP has acknowledged what it took last.
    returned = streams::TryWrite(writer_, buffer_.data(), buffer_.size());
  } while (returned > 0);
  ExpectOr(returned, -EAGAIN);
}

TEST_P(TryTransferTest, FlagsStayAsTheyAre) {
  const std::array<int, 2> before = {FlagsOf(reader_), FlagsOf(writer_)};
  TryRead(reader_);
  streams::TryWrite(writer_, "x\n", 2);
  TryRead(reader_);
  EXPECT_EQ(FlagsOf(reader_), before[0]);
  EXPECT_EQ(FlagsOf(writer_), before[1]);
}

TEST_P(TryTransferTest, BadBufferIsFaultOrUnknown) {
  Send(writer_, "word\n");
  void* nowhere = reinterpret_cast<void*>(1);
  ExpectOr(streams::TryRead(reader_, nowhere, 10), -EFAULT);
  ExpectOr(streams::TryWrite(writer_, nowhere, 10), -EFAULT);
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, TryTransferTest,
    ::testing::Values(
        Kind{"Pipe", &MakePipe, false},
        Kind{"StreamSocket", [] { return MakeSockets(SOCK_STREAM); }, true},
        Kind{"DatagramSocket", [] { return MakeSockets(SOCK_DGRAM); }, true},
        Kind{"PacketSocket", [] { return MakeSockets(SOCK_SEQPACKET); }, true},
        Kind{"Tcp", &MakeTcp, true}, Kind{"Fifo", &MakeFifo, false},
        Kind{"Terminal", &MakeTerminal, false}),
    [](const auto& param_info) { return std::string(param_info.param.name); });

// --- What gives an answer of its own.

TEST(TryTransferKindsTest, SignalBlockedByTheWriterIsAllThatComesOfNoReader) {
  sigset_t pipe_signal;
  sigset_t before;
  sigemptyset(&pipe_signal);
  sigaddset(&pipe_signal, SIGPIPE);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &pipe_signal, &before), 0);
  Channel sockets = MakeSockets();
  sockets.reader.Close();
  EXPECT_EQ(streams::TryWrite(sockets.writer.number(), "x", 1), -EPIPE);
  Channel pipe = MakePipe();
  pipe.reader.Close();
  const ssize_t returned = streams::TryWrite(pipe.writer.number(), "x", 1);
  EXPECT_TRUE(returned == -EPIPE || returned == -EOPNOTSUPP) << returned;
  const timespec now = {};
  while (sigtimedwait(&pipe_signal, nullptr, &now) > 0) {
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST(TryTransferKindsTest, EndOfInputIsNoBytes) {
  char byte = 0;
  Channel sockets = MakeSockets();
  sockets.writer.Close();
  EXPECT_EQ(streams::TryRead(sockets.reader.number(), &byte, 1), 0);
  Channel pipe = MakePipe();
  pipe.writer.Close();
  const ssize_t returned = streams::TryRead(pipe.reader.number(), &byte, 1);
  EXPECT_TRUE(returned == 0 || returned == -EOPNOTSUPP) << returned;
}

TEST(TryTransferKindsTest, ListenerIsNotConnected) {
  const Channel listener = MakeListener();
  char byte = 0;
  EXPECT_EQ(streams::TryRead(listener.reader.number(), &byte, 1), -ENOTCONN);
}

TEST(TryTransferKindsTest, ClosedNumberIsBad) {
  char byte = 0;
  EXPECT_EQ(streams::TryRead(-1, &byte, 1), -EBADF);
  EXPECT_EQ(streams::TryWrite(-1, &byte, 1), -EBADF);
}

TEST(TryTransferKindsTest, DevicesOfEventsHaveNothingOrNoWay) {
  std::array<char, 512> buffer;
  for (const int number :
       {eventfd(0, 0), timerfd_create(CLOCK_MONOTONIC, 0), inotify_init()}) {
    const Descriptor device(number);
    ASSERT_GE(device.number(), 0);
    const ssize_t returned =
        streams::TryRead(device.number(), buffer.data(), buffer.size());
    EXPECT_TRUE(returned == -EAGAIN || returned == -EOPNOTSUPP) << returned;
  }
}

// A socket takes a datagram of no bytes, and gives one.
TEST(TryTransferKindsTest, DatagramOfNoBytesIsOne) {
  const Channel sockets = MakeSockets(SOCK_DGRAM);
  std::array<char, 8> buffer;
  EXPECT_EQ(
      streams::TryRead(sockets.reader.number(), buffer.data(), buffer.size()),
      -EAGAIN);
  ASSERT_EQ(send(sockets.writer.number(), "", 0, 0), 0);
  EXPECT_EQ(
      streams::TryRead(sockets.reader.number(), buffer.data(), buffer.size()),
      0);
}

TEST(TryTransferKindsTest, RestOfALongDatagramIsLost) {
  const Channel sockets = MakeSockets(SOCK_DGRAM);
  Send(sockets.writer.number(), "0123456789");
  std::array<char, 4> buffer;
  EXPECT_EQ(
      streams::TryRead(sockets.reader.number(), buffer.data(), buffer.size()),
      4);
  EXPECT_EQ(
      streams::TryRead(sockets.reader.number(), buffer.data(), buffer.size()),
      -EAGAIN);
}

// I5: also when other threads want the processor, for which the kernel ends a
// transfer that is not to wait.
TEST(TryTransferKindsTest, AReadOfWhatHasNoEndIsWhole) {
  const Descriptor zero(open("/dev/zero", O_RDONLY));
  const unsigned count = 2 * std::thread::hardware_concurrency();
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < count; ++i) {
    threads.emplace_back([&] {
      std::string bytes(65536, 'x');
      for (int read = 0; read < 2000; ++read) {
        const ssize_t moved =
            streams::TryRead(zero.number(), bytes.data(), bytes.size());
        if (moved == -EOPNOTSUPP) return;
        ASSERT_EQ(moved, static_cast<ssize_t>(bytes.size()));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// --- Around a fork

int CountOpen() {
  int count = 0;
  for (int fd = 0; fd < 1024; ++fd) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

// H1: a child would inherit it.
TEST(HoldForForkTest, NothingIsOpenForTheMomentOfATransfer) {
  const Channel fifo = MakeFifo();
  std::atomic<bool> stop{false};
  std::atomic<int> tries{0};
  // What the first of each kind opens to learn of the system is nobody else's.
  char first = 'x';
  streams::TryRead(fifo.reader.number(), &first, 1);
  streams::TryWrite(fifo.writer.number(), &first, 1);
  const int before = CountOpen();
  std::thread other([&] {
    char byte = 'x';
    for (; !stop; ++tries) {
      streams::TryRead(fifo.reader.number(), &byte, 1);
      streams::TryWrite(fifo.writer.number(), &byte, 1);
    }
  });
  for (int i = 0; i < 1000 || tries < 1000; ++i) {
    own_descriptors::HoldForFork();
    const int held = CountOpen();
    own_descriptors::ReleaseAfterFork();
    if (held != before) {
      ADD_FAILURE() << held - before << " more than before";
      break;
    }
  }
  stop = true;
  other.join();
}

}  // namespace
}  // namespace aioemul::testing
