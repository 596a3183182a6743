// Linux: transfers with what is in memory, of real files, as platform.h
// promises them (contract A8).  Whether a file system has them is its own
// affair, and is asked of the system each time.

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "emul/platform/platform.h"
#include "gtest/gtest.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

constexpr std::string_view kText = "hello world";

class CachedReadsTest : public ::testing::Test {
 protected:
  CachedReadsTest() {
    EXPECT_EQ(pwrite(file_.get(), kText.data(), kText.size(), 0),
              static_cast<ssize_t>(kText.size()));
    // What was written is in memory, so this needs no device.
    char byte = 0;
    const iovec vector = {&byte, 1};
    errno = 0;
    has_cached_reads_ = preadv2(file_.get(), &vector, 1, 0, RWF_NOWAIT) == 1;
    EXPECT_TRUE(has_cached_reads_ || errno == EOPNOTSUPP) << errno;
  }

  ssize_t Read(int fd, size_t count, off_t offset) {
    buffer_.assign(count, '.');
    return SystemPlatform().ReadCached(fd, buffer_.data(), count, offset);
  }
  // Where there are no such reads, all are refused.
  ssize_t OrRefusal(ssize_t result) const {
    return has_cached_reads_ ? result : -EOPNOTSUPP;
  }

  const Descriptor file_{OpenTemporary(O_RDWR)};
  bool has_cached_reads_ = false;
  std::string buffer_;
};

TEST_F(CachedReadsTest, GivesWhatIsInMemory) {
  EXPECT_EQ(Read(file_.get(), 5, 6), OrRefusal(5));
  EXPECT_EQ(buffer_, has_cached_reads_ ? "world" : ".....");
  EXPECT_EQ(lseek(file_.get(), 0, SEEK_CUR), 0) << "the file offset moved";
}

TEST_F(CachedReadsTest, GivesTheShortCountAtTheEndOfTheFile) {
  EXPECT_EQ(Read(file_.get(), 20, 6), OrRefusal(5));
  EXPECT_EQ(buffer_.substr(5), std::string(15, '.'));
}

TEST_F(CachedReadsTest, GivesZeroAtTheEndOfTheFileAndBeyond) {
  for (const off_t offset : {off_t{11}, off_t{12}, off_t{1} << 40}) {
    EXPECT_EQ(Read(file_.get(), 5, offset), OrRefusal(0)) << offset;
  }
}

TEST_F(CachedReadsTest, OffsetsBeyondFourGibibytesAreNotCutShort) {
  constexpr off_t kFar = (off_t{5} << 30) + 3;
  ASSERT_EQ(pwrite(file_.get(), "far", 3, kFar), 3);
  EXPECT_EQ(Read(file_.get(), 3, kFar), OrRefusal(3));
  EXPECT_EQ(buffer_, has_cached_reads_ ? "far" : "...");
}

TEST_F(CachedReadsTest, RefusesWhatIsOpenForDirectTransfers) {
  const int flags = fcntl(file_.get(), F_GETFL);
  if (fcntl(file_.get(), F_SETFL, flags | O_DIRECT) != 0) {
    EXPECT_EQ(errno, EINVAL) << "no direct transfers on this file system";
    return;
  }
  // Aligned as any device could wish, so that nothing else is wrong with it.
  constexpr size_t kBlock = 4096;
  alignas(kBlock) static char block[kBlock];
  EXPECT_EQ(SystemPlatform().ReadCached(file_.get(), block, kBlock, 0),
            -EOPNOTSUPP);
  ASSERT_EQ(fcntl(file_.get(), F_SETFL, flags), 0);
  EXPECT_EQ(Read(file_.get(), 5, 0), OrRefusal(5)) << "this once alone";
}

TEST_F(CachedReadsTest, RefusesPipesAndTakesNothingFromThem) {
  const Pipe pipe = MakePipe();
  ASSERT_EQ(write(pipe.writer.get(), "data", 4), 4);
  EXPECT_EQ(Read(pipe.reader.get(), 4, 0), -EOPNOTSUPP);
  EXPECT_EQ(buffer_, "....");
  EXPECT_EQ(read(pipe.reader.get(), buffer_.data(), 4), 4);
}

TEST_F(CachedReadsTest, RefusesWhatCannotBeReadFrom) {
  const Descriptor write_only(open("/dev/null", O_WRONLY));
  EXPECT_EQ(Read(write_only.get(), 4, 0), -EOPNOTSUPP);
  EXPECT_EQ(Read(ClosedNumber(), 4, 0), -EOPNOTSUPP);
  EXPECT_EQ(Read(-1, 4, 0), -EOPNOTSUPP);
  EXPECT_EQ(Read(file_.get(), 5, 0), OrRefusal(5)) << "these alone";
}

// Which says nothing of the file.
TEST_F(CachedReadsTest, FindsNothingForABadBuffer) {
  EXPECT_EQ(SystemPlatform().ReadCached(file_.get(), nullptr, 5, 0),
            OrRefusal(-EAGAIN));
}

// --- Writes

class CachedWritesTest : public ::testing::Test {
 protected:
  CachedWritesTest() {
    EXPECT_EQ(pwrite(file_.get(), kText.data(), kText.size(), 0),
              static_cast<ssize_t>(kText.size()));
  }
  static ssize_t Write(int fd, std::string_view text, off_t offset) {
    return SystemPlatform().WriteCached(fd, text.data(), text.size(), offset);
  }
  std::string Content() const {
    std::string content(100, '.');
    const ssize_t count = pread(file_.get(), content.data(), content.size(), 0);
    content.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return content;
  }

  const Descriptor file_{OpenTemporary(O_RDWR)};
};

// All of it, or nothing of it: so short a text is not divided.
TEST_F(CachedWritesTest, WritesWhatItSays) {
  const ssize_t result = Write(file_.get(), "WORLD", 6);
  if (result == 5) {
    EXPECT_EQ(Content(), "hello WORLD");
  } else {
    EXPECT_TRUE(result == -EOPNOTSUPP || result == -EAGAIN) << result;
    EXPECT_EQ(Content(), kText);
  }
  EXPECT_EQ(lseek(file_.get(), 0, SEEK_CUR), 0) << "the file offset moved";
}

TEST_F(CachedWritesTest, RefusesWhatMustGoToTheDeviceOrTheEnd) {
  const std::string path = absl::StrCat("/proc/self/fd/", file_.get());
  for (const int flag : {O_APPEND, O_SYNC, O_DSYNC}) {
    const Descriptor other(open(path.c_str(), O_WRONLY | flag));
    ASSERT_GE(other.get(), 0);
    EXPECT_EQ(Write(other.get(), "x", 0), -EOPNOTSUPP) << flag;
  }
  EXPECT_EQ(Content(), kText);
}

// Else SIGXFSZ would end the process.
TEST_F(CachedWritesTest, WritesNothingBeyondTheLimitOnFileSizes) {
  rlimit old;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit low = {11, old.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &low), 0);
  const ssize_t beyond = Write(file_.get(), "WORLDS", 6);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_EQ(beyond, -EAGAIN);
  EXPECT_EQ(Content(), kText);
}

TEST_F(CachedWritesTest, RefusesWhatCannotBeWrittenAt) {
  const Descriptor read_only(open("/dev/null", O_RDONLY));
  EXPECT_EQ(Write(read_only.get(), "x", 0), -EOPNOTSUPP);
  EXPECT_EQ(Write(ClosedNumber(), "x", 0), -EOPNOTSUPP);
  const Pipe pipe = MakePipe();
  EXPECT_EQ(Write(pipe.writer.get(), "x", 0), -EOPNOTSUPP);
}

}  // namespace
}  // namespace aioemul
