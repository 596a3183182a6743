// Transfers that can only block hold no worker, and a bounded number of threads
// of their own (contract I1, I6, I7).

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

class BoundedWorkersTest : public StreamTest {
 protected:
  using StreamTest::StreamTest;

  // Can only return when a worker is free.
  void ExpectFilesGoOn() {
    std::string buffer(4, 'x');
    aiocb read = ReadBlock(file_.number(), buffer);
    Read(read);
    EXPECT_EQ(Await(read), Success(4));
  }

  const Descriptor file_{open("/proc/self/exe", O_RDONLY)};
};

class DeviceTest : public BoundedWorkersTest {
 protected:
  DeviceTest() : BoundedWorkersTest(Mechanism::kDevice) {}
};

TEST_F(DeviceTest, StalledWritesLeaveTheWorkersToFiles) {
  constexpr size_t kPipes = 8;
  options.threads.value = 2;
  const std::string text = LongText(300'000);
  std::array<Channel, kPipes> pipes;
  std::array<aiocb, kPipes> writes;
  for (size_t i = 0; i < kPipes; ++i) {
    pipes[i] = MakePipe();
    writes[i] = WriteBlock(pipes[i].writer.number(), text);
    Write(writes[i]);
  }
  for (int i = 0; i < 20; ++i) ExpectFilesGoOn();
  EXPECT_LE(engine().thread_count(), 2);
  for (size_t i = 0; i < kPipes; ++i) {
    EXPECT_EQ(ErrorOf(writes[i]), EINPROGRESS);
  }
  std::array<std::thread, kPipes> readers;
  for (size_t i = 0; i < kPipes; ++i) {
    readers[i] = std::thread([&, i] {
      EXPECT_TRUE(Receive(pipes[i].reader.number(), text.size()) == text);
    });
  }
  for (aiocb& write : writes) EXPECT_EQ(Await(write), Success(text.size()));
  for (std::thread& reader : readers) reader.join();
}

TEST_F(DeviceTest, OneThatWaitsForAThreadIsCancelledAtOnce) {
  options.threads.value = 1;
  const Channel stalled = MakePipe();
  const Channel waiting = MakePipe();
  const std::string text = LongText(300'000);
  platform.HoldTransfers();
  aiocb first = WriteBlock(stalled.writer.number(), text);
  Write(first);
  platform.AwaitHeld(1);
  aiocb second = WriteBlock(waiting.writer.number(), "text");
  Write(second);
  EXPECT_EQ(engine().Cancel(waiting.writer.number(), &second), AIO_CANCELED);
  EXPECT_EQ(Take(second), Failure(ECANCELED));
  EXPECT_EQ(engine().Cancel(stalled.writer.number(), &first), AIO_NOTCANCELED);
  platform.ReleaseAll();
  EXPECT_TRUE(Receive(stalled.reader.number(), text.size()) == text);
  EXPECT_EQ(Await(first), Success(text.size()));
}

TEST_F(DeviceTest, WithoutAPollerRequestsStillComplete) {
  platform.ChooseReadiness([] { return nullptr; });
  options.threads.value = 2;
  const Channel pipe = MakePipe();
  std::string buffer(4, ' ');
  aiocb read = ReadBlock(pipe.reader.number(), buffer);
  Read(read);
  ExpectFilesGoOn();
  Send(pipe.writer.number(), "data");
  EXPECT_EQ(Await(read), Success(4));
}

// --- What needs no thread goes on while every worker is held (I7).

Channel MakeStreams() { return MakeSockets(); }

class HeldWorkersTest : public BoundedWorkersTest,
                        public ::testing::WithParamInterface<Mechanism> {
 protected:
  HeldWorkersTest() : BoundedWorkersTest(GetParam()) {
    options.threads.value = 1;
    held_ = ReadBlock(file_.number(), held_buffer_);
    platform.HoldTransfers();
    Read(held_);
    platform.AwaitHeld(1);
  }
  ~HeldWorkersTest() override {
    EXPECT_EQ(ErrorOf(held_), EINPROGRESS);
    platform.ReleaseAll();
    EXPECT_EQ(Await(held_), Success(4));
  }

  std::string buffer_ = "....";

 private:
  std::string held_buffer_ = "....";
  aiocb held_;
};

TEST_P(HeldWorkersTest, TransfersOfStreamsComplete) {
  for (const auto make : {&MakePipe, &MakeFifo, &MakeStreams, &MakeTcp}) {
    const Channel channel = make();
    aiocb read = ReadBlock(channel.reader.number(), buffer_);
    ReadAndWait(read);
    aiocb write = WriteBlock(channel.writer.number(), "text");
    Write(write);
    EXPECT_EQ(Await(write), Success(4));
    EXPECT_EQ(Await(read), Success(4));
    Send(channel.writer.number(), "more");
    Read(read);
    EXPECT_EQ(Await(read), Success(4));
    EXPECT_EQ(buffer_, "more");
  }
}

TEST_P(HeldWorkersTest, WaitingWritesAreFinished) {
  for (const auto make : {&MakePipe, &MakeFifo, &MakeStreams}) {
    const Channel channel = make();
    const std::string text = LongText(1 << 20);
    aiocb write = WriteBlock(channel.writer.number(), text);
    WriteAndWait(write);
    EXPECT_TRUE(Receive(channel.reader.number(), text.size()) == text);
    EXPECT_EQ(Await(write), Success(text.size()));
  }
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, HeldWorkersTest,
                         ::testing::Values(Mechanism::kNative,
                                           Mechanism::kPoll),
                         &NameOf);

// --- What the system's best must not hold a worker for.

class ZeroLengthTest : public BoundedWorkersTest {
 protected:
  ZeroLengthTest() { options.threads.value = 2; }
};

// write of no bytes sends a datagram, for which there may be no room.
TEST_F(ZeroLengthTest, DatagramsThatFindNoRoomLeaveAWorkerToFiles) {
  constexpr size_t kSockets = 3;
  std::array<Channel, kSockets> sockets;
  std::array<aiocb, kSockets> writes;
  for (size_t i = 0; i < kSockets; ++i) {
    sockets[i] = MakeSockets(SOCK_DGRAM);
    const int fd = sockets[i].writer.number();
    while (send(fd, "", 0, MSG_DONTWAIT) == 0) {
    }
    writes[i] = WriteBlock(fd, "");
    Write(writes[i]);
  }
  ExpectFilesGoOn();
  char byte;
  for (size_t i = 0; i < kSockets; ++i) {
    while (ErrorOf(writes[i]) == EINPROGRESS) {
      recv(sockets[i].reader.number(), &byte, 1, MSG_DONTWAIT);
    }
    EXPECT_EQ(Take(writes[i]), Success(0));
  }
}

}  // namespace
}  // namespace aioemul::testing
