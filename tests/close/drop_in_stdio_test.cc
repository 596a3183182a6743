// fclose, freopen, pclose and closedir of the drop-in library: what is
// outstanding on what they close is cancelled, and they are what the C
// library's are (contract H2).

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/close/waiting_read.h"

namespace aioemul::testing {
namespace {

bool IsOpen(int fd) { return fcntl(fd, F_GETFD) >= 0; }

class DropInStdioTest : public ::testing::Test {
 protected:
  // A stream that reads an empty pipe.
  FILE* Stream() const {
    FILE* stream = fdopen(dup(pipe_.first()), "r");
    EXPECT_NE(stream, nullptr);
    return stream;
  }

  const Channel pipe_ = Channel::Pipe();
};

TEST_F(DropInStdioTest, FcloseCancels) {
  FILE* stream = Stream();
  const int fd = fileno(stream);
  const WaitingRead read(fd);
  const WaitingRead other(pipe_.first());
  EXPECT_EQ(fclose(stream), 0);
  EXPECT_TRUE(read.cancelled());
  EXPECT_TRUE(other.waits());
  EXPECT_FALSE(IsOpen(fd));
}

TEST_F(DropInStdioTest, FreopenCancels) {
  for (auto* reopen : {&freopen, &freopen64}) {
    FILE* stream = Stream();
    const int fd = fileno(stream);
    const WaitingRead read(fd);
    EXPECT_EQ(reopen("/dev/null", "r", stream), stream);
    EXPECT_TRUE(read.cancelled());
    EXPECT_EQ(fgetc(stream), EOF);
    EXPECT_EQ(fclose(stream), 0);
  }
}

TEST_F(DropInStdioTest, ClosedirCancels) {
  DIR* directory = opendir("/");
  ASSERT_NE(directory, nullptr);
  const int fd = dirfd(directory);
  // Nothing waits on a directory, so there is a pipe at its number.
  ASSERT_EQ(syscall(SYS_dup3, pipe_.first(), fd, 0), fd);
  const WaitingRead read(fd);
  EXPECT_EQ(closedir(directory), 0);
  EXPECT_TRUE(read.cancelled());
  EXPECT_FALSE(IsOpen(fd));
  // By its declaration it is never called so.
  int (*const close_directory)(DIR*) = &closedir;
  errno = 0;
  EXPECT_EQ(close_directory(nullptr), -1);
  EXPECT_EQ(errno, EINVAL);
}

TEST_F(DropInStdioTest, StreamsWithoutADescriptorCloseAsEver) {
  std::array<char, 8> memory = {};
  FILE* stream = fmemopen(memory.data(), memory.size(), "w");
  ASSERT_NE(stream, nullptr);
  fputs("text", stream);
  errno = 0;
  EXPECT_EQ(fclose(stream), 0);
  EXPECT_EQ(errno, 0);
  EXPECT_STREQ(memory.data(), "text");
}

TEST_F(DropInStdioTest, PcloseCancelsAndWaitsForTheProcessAlone) {
  const Channel gate = Channel::Pipe();
  const std::string command =
      "read line <&" + std::to_string(gate.first()) + "; exit 3";
  FILE* stream = popen(command.c_str(), "r");
  ASSERT_NE(stream, nullptr);
  const int fd = fileno(stream);
  const WaitingRead read(fd);
  int status = -1;
  std::thread closer([&] { status = pclose(stream); });
  // The number's next file, while the process lives.
  int next = -1;
  while (next != fd) {
    if (next >= 0) close(next);
    next = fcntl(pipe_.first(), F_DUPFD, fd);
    std::this_thread::yield();
  }
  EXPECT_TRUE(read.cancelled());
  {
    const WaitingRead on_next(fd);
    EXPECT_TRUE(on_next.waits());
    EXPECT_EQ(write(gate.second(), "\n", 1), 1);
    closer.join();
    EXPECT_TRUE(on_next.waits());
  }
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  EXPECT_EQ(close(fd), 0);
}

// What is buffered is written first.
TEST_F(DropInStdioTest, PcloseWritesWhatIsLeft) {
  const Channel out = Channel::Pipe();
  const std::string command = "cat >&" + std::to_string(out.second());
  FILE* stream = popen(command.c_str(), "w");
  ASSERT_NE(stream, nullptr);
  fputs("text", stream);
  EXPECT_EQ(pclose(stream), 0);
  std::array<char, 8> text = {};
  EXPECT_EQ(::read(out.first(), text.data(), text.size()), 4);
  EXPECT_STREQ(text.data(), "text");
}

}  // namespace
}  // namespace aioemul::testing
