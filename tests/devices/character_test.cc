// Character devices and their like that can be waited for and not tried, or
// only be read: each gives what read gives, holds no worker, and is cancelled
// or closed at once (contract I5, I6, H2).

#include <fcntl.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "tests/close/closer.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

class CharacterTest : public StreamTest {
 protected:
  CharacterTest() { options.threads.value = 1; }

  // Can only return when the worker is free.
  void ExpectFilesGoOn() {
    std::string name = ::testing::TempDir() + "/file.XXXXXX";
    const Descriptor file(mkstemp(name.data()));
    unlink(name.c_str());
    aiocb write = WriteBlock(file.number(), "text");
    Write(write);
    EXPECT_EQ(Await(write), Success(4));
  }

  std::string buffer_ = std::string(8192, '.');
};

// --- The kernel's log: whatever is said meanwhile, its end is reached again.

class LogTest : public CharacterTest {
 protected:
  void SetUp() override {
    log_ = Descriptor(open("/dev/kmsg", O_RDONLY));
    if (log_.number() < 0) {
      GTEST_SKIP() << "nothing was tested: /dev/kmsg: " << strerror(errno);
    }
  }
  void ReadTheEnd(aiocb& read) {
    ASSERT_EQ(lseek(log_.number(), 0, SEEK_END), 0);
    read = ReadBlock(log_.number(), buffer_);
    Read(read);
  }

  Descriptor log_;
};

TEST_F(LogTest, AReadAtItsEndWaitsWithoutAWorkerAndIsCancelled) {
  aiocb read;
  do {
    ReadTheEnd(read);
    ExpectFilesGoOn();
    engine().Cancel(log_.number(), &read);
  } while (!(Await(read) == Failure(ECANCELED)));
}

TEST_F(LogTest, CloseReturnsWhileAReadWaits) {
  aiocb read;
  ReadTheEnd(read);
  ExpectFilesGoOn();
  const int fd = dup(log_.number());
  aiocb other = ReadBlock(fd, buffer_);
  Read(other);
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  EXPECT_NE(Await(other).error, EBADF);
  engine().Cancel(log_.number(), &read);
  Await(read);
}

// --- Terminals.

class TerminalTest : public CharacterTest {
 protected:
  TerminalTest() {
    termios settings = {};
    EXPECT_EQ(tcgetattr(fd_, &settings), 0);
    cfmakeraw(&settings);
    EXPECT_EQ(tcsetattr(fd_, TCSANOW, &settings), 0);
  }

  const Channel terminal_ = MakeTerminal();
  const int fd_ = terminal_.reader.number();
  const int master_ = terminal_.writer.number();
};

TEST_F(TerminalTest, AStoppedOneHoldsNoWorker) {
  ASSERT_EQ(tcflow(fd_, TCOOFF), 0);
  aiocb write = WriteBlock(fd_, "text");
  Write(write);
  ExpectFilesGoOn();
  EXPECT_EQ(ErrorOf(write), EINPROGRESS);
  ASSERT_EQ(tcflow(fd_, TCOON), 0);
  EXPECT_EQ(Await(write), Success(4));
  EXPECT_EQ(Receive(master_, 4), "text");
}

TEST_F(TerminalTest, OneThatNobodyReadsHoldsNoWorkerAndNoCloser) {
  const std::string text = LongText(size_t{1} << 20);
  const int fd = dup(fd_);
  aiocb write = WriteBlock(fd, text);
  aiocb behind = WriteBlock(fd, "behind");
  Write(write);
  // Now it is full, and a call that may block is under way.
  while (engine().Cancel(fd, &write) != AIO_NOTCANCELED) {
    ASSERT_EQ(Await(write), Failure(ECANCELED));
    Write(write);
  }
  Write(behind);
  ExpectFilesGoOn();
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  EXPECT_EQ(Await(behind), Failure(ECANCELED));
  EXPECT_TRUE(Receive(master_, text.size()) == text);
  EXPECT_EQ(Await(write), Success(text.size()));
}

// --- Others.

TEST_F(CharacterTest, EventsOfInotifyComeInOrderOneForEachRead) {
  std::string directory = ::testing::TempDir() + "/watched.XXXXXX";
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const Descriptor watch(inotify_init());
  ASSERT_GE(inotify_add_watch(watch.number(), directory.c_str(), IN_CREATE), 0);
  // Room for one with a short name.
  constexpr size_t kEvent = sizeof(inotify_event) + 16;
  std::array<std::string, 2> events;
  std::array<aiocb, 2> reads;
  for (size_t i = 0; i < 2; ++i) {
    events[i].resize(kEvent);
    reads[i] = ReadBlock(watch.number(), events[i]);
    Read(reads[i]);
  }
  ExpectFilesGoOn();
  for (const char* name : {"/first", "/second"}) {
    const std::string path = directory + name;
    const Descriptor file(creat(path.c_str(), 0600));
    unlink(path.c_str());
  }
  rmdir(directory.c_str());
  for (aiocb& read : reads) EXPECT_EQ(Await(read), Success(kEvent));
  EXPECT_STREQ(events[0].data() + sizeof(inotify_event), "first");
  EXPECT_STREQ(events[1].data() + sizeof(inotify_event), "second");
}

TEST_F(CharacterTest, RandomBytesAreThere) {
  for (const char* path : {"/dev/random", "/dev/urandom"}) {
    const Descriptor device(open(path, O_RDONLY));
    const std::string before(256, '.');
    std::string bytes = before;
    aiocb read = ReadBlock(device.number(), bytes);
    Read(read);
    EXPECT_EQ(Await(read), Success(bytes.size()));
    EXPECT_NE(bytes, before);
  }
}

}  // namespace
}  // namespace aioemul::testing
