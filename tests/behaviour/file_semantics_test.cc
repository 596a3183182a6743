// Transfers on files give what pread and pwrite would (contract A8).

#include <aio.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

// A page of memory with a protection of its own.
class Page {
 public:
  explicit Page(int protection)
      : memory_(mmap(nullptr, kSize, protection, MAP_PRIVATE | MAP_ANONYMOUS,
                     -1, 0)) {}
  ~Page() { munmap(memory_, kSize); }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;

  void* get() const { return memory_; }
  static constexpr size_t kSize = 4096;

 private:
  void* const memory_;
};

class FileSemanticsTest : public EngineTest {
 protected:
  Outcome Read(int fd, void* buffer, size_t count, off_t offset = 0) {
    aiocb block = ReadBlock(fd, buffer, count, offset);
    EXPECT_EQ(engine().Read(&block), 0);
    return Await(block);
  }
  Outcome Write(int fd, const void* buffer, size_t count, off_t offset = 0) {
    aiocb block = ReadBlock(fd, const_cast<void*>(buffer), count, offset);
    EXPECT_EQ(engine().Write(&block), 0);
    return Await(block);
  }

  const TempFile file_{"hello world"};
  std::string buffer_ = std::string(20, '.');
};

TEST_F(FileSemanticsTest, AReadAcrossTheEndIsShort) {
  EXPECT_EQ(Read(file_.fd(), buffer_.data(), 20, 6), Success(5));
  EXPECT_EQ(buffer_, "world...............");
}

TEST_F(FileSemanticsTest, AReadAtOrBeyondTheEndGivesNothing) {
  for (const off_t offset : {off_t{11}, off_t{12}, off_t{1} << 40}) {
    EXPECT_EQ(Read(file_.fd(), buffer_.data(), 20, offset), Success(0));
  }
  EXPECT_EQ(buffer_, std::string(20, '.'));
}

TEST_F(FileSemanticsTest, OffsetsBeyondTwoGibibytesWork) {
  constexpr off_t kFar = (off_t{5} << 30) + 3;
  EXPECT_EQ(Write(file_.fd(), "far", 3, kFar), Success(3));
  EXPECT_EQ(Read(file_.fd(), buffer_.data(), 20, kFar - 1), Success(4));
  EXPECT_EQ(buffer_.substr(0, 4), std::string("\0far", 4));
  EXPECT_EQ(lseek(file_.fd(), 0, SEEK_END), kFar + 3);
}

// Whatever the file system makes of it.
TEST_F(FileSemanticsTest, AMisalignedDirectTransferGivesWhatPreadGives) {
  const int flags = fcntl(file_.fd(), F_GETFL);
  static_cast<void>(fcntl(file_.fd(), F_SETFL, flags | O_DIRECT));
  errno = 0;
  const ssize_t expected = pread(file_.fd(), buffer_.data() + 1, 3, 1);
  const Outcome outcome = {expected < 0 ? errno : 0, expected};
  EXPECT_EQ(Read(file_.fd(), buffer_.data() + 1, 3, 1), outcome);
}

TEST_F(FileSemanticsTest, ABadBufferFailsItsRequestAlone) {
  const Page none(PROT_NONE);
  const Page read_only(PROT_READ);
  EXPECT_EQ(Read(file_.fd(), nullptr, 5), Failure(EFAULT));
  EXPECT_EQ(Read(file_.fd(), none.get(), 5), Failure(EFAULT));
  EXPECT_EQ(Read(file_.fd(), read_only.get(), 5), Failure(EFAULT));
  EXPECT_EQ(Write(file_.fd(), none.get(), 5), Failure(EFAULT));
  EXPECT_EQ(Write(file_.fd(), read_only.get(), 5, 6), Success(5));
  EXPECT_EQ(Read(file_.fd(), buffer_.data(), 5), Success(5));
  EXPECT_EQ(buffer_.substr(0, 5), "hello");
}

TEST_F(FileSemanticsTest, ABadBufferAmongGoodOnesFailsAlone) {
  options.threads.value = 1;
  platform.HoldTransfers();
  std::string first(4, '.');
  std::string third(4, '.');
  aiocb blocks[] = {ReadBlock(file_.fd(), first, 0),
                    ReadBlock(file_.fd(), nullptr, 4, 4),
                    ReadBlock(file_.fd(), third, 7)};
  for (aiocb& block : blocks) ASSERT_EQ(engine().Read(&block), 0);
  platform.ReleaseAll();
  EXPECT_EQ(Await(blocks[0]), Success(4));
  EXPECT_EQ(Await(blocks[1]), Failure(EFAULT));
  EXPECT_EQ(Await(blocks[2]), Success(4));
  EXPECT_EQ(first + third, "hellorld");
}

TEST_F(FileSemanticsTest, AFullDeviceSaysSo) {
  const OpenedFile full("/dev/full", O_RDWR);
  EXPECT_EQ(Write(full.fd(), "text", 4), Failure(ENOSPC));
  EXPECT_EQ(Read(full.fd(), buffer_.data(), 4), Success(4));
  EXPECT_EQ(buffer_.substr(0, 4), std::string(4, '\0'));
}

TEST_F(FileSemanticsTest, ADirectoryCannotBeRead) {
  const OpenedFile directory("/", O_RDONLY);
  EXPECT_EQ(Read(directory.fd(), buffer_.data(), 4), Failure(EISDIR));
}

TEST_F(FileSemanticsTest, AnInterruptedCallIsMadeAgain) {
  int interruptions = 3;
  platform.AnswerTransfers([&](const TransferCall&) {
    return interruptions-- > 0 ? std::optional<ssize_t>(-EINTR) : std::nullopt;
  });
  EXPECT_EQ(Read(file_.fd(), buffer_.data(), 5), Success(5));
  interruptions = 3;
  EXPECT_EQ(Write(file_.fd(), "HELLO", 5), Success(5));
  interruptions = 3;
  aiocb sync = SyncBlock(file_.fd());
  ASSERT_EQ(engine().Sync(O_SYNC, &sync), 0);
  EXPECT_EQ(Await(sync), Success(0));
  EXPECT_EQ(platform.transfers().size(), 12U);
}

TEST_F(FileSemanticsTest, AShortTransferIsReportedAsItIs) {
  platform.AnswerTransfers([](const TransferCall&) { return 2; });
  EXPECT_EQ(Read(file_.fd(), buffer_.data(), 5), Success(2));
  EXPECT_EQ(Write(file_.fd(), "HELLO", 5), Success(2));
  EXPECT_EQ(platform.transfers().size(), 2U);
}

// H5: SIGXFSZ, whose default is to end the process, has no thread to act on.
void WriteAtTheSizeLimit() {
  Options options;
  FakePlatform platform;
  Engine engine(options, platform);
  const TempFile file;
  const rlimit limit = {4096, 4096};
  aiocb part = WriteBlock(file.fd(), "text", 4094);
  aiocb beyond = WriteBlock(file.fd(), "text", 4096);
  const bool ok = setrlimit(RLIMIT_FSIZE, &limit) == 0 &&
                  engine.Write(&part) == 0 &&
                  testing::Await(engine, part) == Success(2) &&
                  engine.Write(&beyond) == 0 &&
                  testing::Await(engine, beyond) == Failure(EFBIG);
  _exit(ok ? 0 : 1);
}

TEST(FileSizeLimitDeathTest, FailsTheWriteAndKillsNobody) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(WriteAtTheSizeLimit(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace aioemul::testing
