// Changing the user of the process with requests outstanding and between calls
// (contract H4, H5).  The C library sends all threads a signal of its own for
// that, and waits for their answers.

#include <aio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <string>

#include "aio/aio.h"
#include "tests/process/own_process.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// A user and group of nobody.
constexpr uid_t kUser = 2'000'000'001;
constexpr gid_t kGroup = 2'000'000'002;

using CredentialsDeathTest = OwnProcessDeathTest;

// Workers that are idle, one that is busy, and the poller answer.
TEST_F(CredentialsDeathTest, ChangeWithRequestsOutstanding) {
  ASSERT_EQ(geteuid(), 0U) << "this test must be run by root";
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    const Channel terminal = MakeTerminal();
    std::array<std::string, 2> buffers;
    buffers.fill(std::string(6, ' '));
    std::array<aiocb, 2> reads = {
        ReadBlock(pipe.reader.number(), buffers[0]),
        ReadBlock(terminal.reader.number(), buffers[1])};
    for (aiocb& read : reads) Read(read);
    const Descriptor file = MakeFile("words");
    UseFile();
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(seteuid(kUser), 0);
      std::string buffer(5, ' ');
      aiocb read = ReadBlock(file.number(), buffer);
      Read(read);
      EXPECT_EQ(seteuid(0), 0);
      EXPECT_EQ(AwaitSuccess(read), 5);
    }
    EXPECT_EQ(setgid(kGroup), 0);
    EXPECT_EQ(setuid(kUser), 0);
    Send(pipe.writer.number(), "words\n");
    Send(terminal.writer.number(), "words\n");
    for (aiocb& read : reads) EXPECT_EQ(AwaitSuccess(read), 6);
  });
}

// The user of the moment it is sent.
TEST_F(CredentialsDeathTest, SignalNamesTheUser) {
  ASSERT_EQ(geteuid(), 0U) << "this test must be run by root";
  InOwnProcess([] {
    const auto before = UseSignal(1);
    ASSERT_TRUE(before.has_value());
    EXPECT_EQ(before->si_uid, 0U);
    EXPECT_EQ(setresuid(kUser, 0, 0), 0);
    const auto after = UseSignal(2);
    ASSERT_TRUE(after.has_value());
    EXPECT_EQ(after->si_uid, kUser);
    EXPECT_EQ(after->si_value.sival_int, 2);
  });
}

// What matters is who opened the file: a file that could not be opened any more
// is read and written on, a FIFO included, which the library would open again.
TEST_F(CredentialsDeathTest, TransfersUseThoseOfTheOpenFile) {
  ASSERT_EQ(geteuid(), 0U) << "this test must be run by root";
  InOwnProcess([] {
    const Descriptor file = MakeFile("words");
    const Channel fifo = MakeFifo();
    ASSERT_EQ(fchmod(file.number(), 0), 0);
    ASSERT_EQ(fchmod(fifo.reader.number(), 0), 0);
    UseChannel(fifo);
    EXPECT_EQ(setuid(kUser), 0);
    std::string buffer(5, ' ');
    aiocb read = ReadBlock(file.number(), buffer);
    Read(read);
    EXPECT_EQ(AwaitSuccess(read), 5);
    aiocb write = WriteBlock(file.number(), "WORDS");
    Write(write);
    EXPECT_EQ(AwaitSuccess(write), 5);
    UseChannel(fifo, 20);
  });
}

}  // namespace
}  // namespace aioemul::testing
