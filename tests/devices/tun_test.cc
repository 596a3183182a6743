// A character device that takes pread and gives packets: none is lost, they
// come in call order, and one that waits is cancelled (contract I6, H2).

#include "tests/devices/tun.h"

#include <aio.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"
#include "tests/close/closer.h"

namespace aioemul::testing {
namespace {

constexpr size_t kRoom = 2048;

class TunTest : public EngineTest {
 protected:
  static void SetUpTestSuite() { tun = new Tun; }
  static void TearDownTestSuite() { delete tun; }

  // With one worker, and with what a caller may do by itself.
  TunTest() {
    options.threads.value = 1;
    platform.AnswerCachedReads([](const TransferCall& call) {
      return SystemPlatform().ReadCached(call.fd, call.buffer, call.count,
                                         call.offset);
    });
  }
  void SetUp() override {
    if (!tun->lacks().empty()) {
      GTEST_SKIP() << "nothing was tested: " << tun->lacks();
    }
  }

  void Submit(aiocb& block) { ASSERT_EQ(engine().Read(&block), 0); }

  // The number of the packet that a read got.
  int AwaitPacket(aiocb& block, const std::string& buffer) {
    EXPECT_EQ(Await(block), Success(Tun::SizeOfPacket()));
    return Tun::NumberOf(buffer);
  }

  void ExpectFilesGoOn() {
    const TempFile file("data");
    std::string text = "....";
    aiocb read = ReadBlock(file.fd(), text);
    Submit(read);
    EXPECT_EQ(Await(read), Success(4));
  }

  static Tun* tun;
  std::string buffer_ = std::string(kRoom, '.');
};

Tun* TunTest::tun = nullptr;

TEST_F(TunTest, EachReadTakesOnePacketAndNoneIsLost) {
  constexpr int kPackets = 6;
  for (int i = 0; i < kPackets; ++i) tun->Send(static_cast<uint8_t>(i));
  for (int i = 0; i < kPackets; ++i) {
    aiocb read = ReadBlock(tun->fd(), buffer_);
    Submit(read);
    EXPECT_EQ(AwaitPacket(read, buffer_), i);
  }
}

// At running offsets, as reads of a file that go together have them.
TEST_F(TunTest, QueuedReadsTakeThePacketsInCallOrder) {
  constexpr size_t kReads = 32;
  std::vector<std::string> buffers(kReads, std::string(kRoom, '.'));
  std::array<aiocb, kReads> reads;
  for (uint8_t i = 0; i < kReads / 2; ++i) tun->Send(i);
  for (size_t i = 0; i < kReads; ++i) {
    reads[i] = ReadBlock(tun->fd(), buffers[i], static_cast<off_t>(i * kRoom));
    Submit(reads[i]);
  }
  for (uint8_t i = kReads / 2; i < kReads; ++i) tun->Send(i);
  for (size_t i = 0; i < kReads; ++i) {
    EXPECT_EQ(AwaitPacket(reads[i], buffers[i]), static_cast<int>(i));
  }
}

TEST_F(TunTest, AReadThatWaitsHoldsNoWorkerAndLosesNothingWhenCancelled) {
  aiocb read = ReadBlock(tun->fd(), buffer_);
  Submit(read);
  ExpectFilesGoOn();
  EXPECT_EQ(engine().Cancel(tun->fd(), &read), AIO_CANCELED);
  EXPECT_EQ(Take(read), Failure(ECANCELED));
  tun->Send(7);
  Submit(read);
  EXPECT_EQ(AwaitPacket(read, buffer_), 7);
}

TEST_F(TunTest, CloseReturnsWhileAReadWaits) {
  const int fd = dup(tun->fd());
  aiocb first = ReadBlock(fd, buffer_);
  aiocb second = ReadBlock(fd, buffer_);
  Submit(first);
  Submit(second);
  ExpectFilesGoOn();
  EXPECT_EQ(CloseNow(engine(), fd), 0);
  EXPECT_EQ(Take(first), Failure(ECANCELED));
  EXPECT_EQ(Take(second), Failure(ECANCELED));
}

}  // namespace
}  // namespace aioemul::testing
