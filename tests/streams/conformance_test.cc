// Every kind of descriptor: a request gives what read and write give on a twin
// in the same state (contract A8, I3, I4, I5).

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "tests/streams/conformance_cases.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

class ConformanceTest
    : public StreamTest,
      public ::testing::WithParamInterface<std::tuple<Mechanism, Case>> {
 protected:
  ConformanceTest() : StreamTest(std::get<0>(GetParam())) {
    signal(SIGPIPE, SIG_IGN);  // which the twin raises
  }
  ~ConformanceTest() override { signal(SIGPIPE, SIG_DFL); }

  // What the plain call gives.
  static Outcome CallOnTwin(const Case& c, Channel& twin, std::string& buffer) {
    const ssize_t result =
        c.is_read ? read(twin.reader.number(), buffer.data(), buffer.size())
                  : write(twin.writer.number(), buffer.data(), buffer.size());
    return result < 0 ? Failure(errno) : Outcome{0, result};
  }

  // How much the next reader would find; below 0 where that is not certain.
  static int Unread(const Channel& channel) {
    const int fd = channel.reader.number();
    struct stat status = {};
    int domain = AF_UNIX;
    socklen_t size = sizeof(domain);
    if (fstat(fd, &status) != 0 ||
        (!S_ISFIFO(status.st_mode) && !S_ISSOCK(status.st_mode)) ||
        (S_ISSOCK(status.st_mode) &&
         getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) ||
        domain != AF_UNIX) {
      return -1;
    }
    int count = -1;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
  }
};

TEST_P(ConformanceTest, GivesWhatThePlainCallGives) {
  const Case& c = std::get<1>(GetParam());
  Channel twin = c.make();
  if (c.let_go) c.let_go(twin);
  std::string expected_buffer(c.count, ' ');
  const Outcome expected = CallOnTwin(c, twin, expected_buffer);

  Channel channel = c.make();
  std::string buffer(c.count, ' ');
  const int fd = c.is_read ? channel.reader.number() : channel.writer.number();
  const int flags = FlagsOf(fd);
  aiocb block = c.is_read ? ReadBlock(fd, buffer) : WriteBlock(fd, buffer);
  if (c.is_read) {
    Read(block);
  } else {
    Write(block);
  }
  if (c.let_go) {
    EXPECT_EQ(ErrorOf(block), EINPROGRESS);
    c.let_go(channel);
  }
  EXPECT_EQ(Await(block), expected);
  EXPECT_EQ(buffer, expected_buffer);
  EXPECT_EQ(Unread(channel), Unread(twin));
  EXPECT_EQ(FlagsOf(fd), flags);
}

std::string NameOfCase(
    const ::testing::TestParamInfo<std::tuple<Mechanism, Case>>& info) {
  return NameOf({std::get<0>(info.param), 0}) + std::get<1>(info.param).name;
}

INSTANTIATE_TEST_SUITE_P(All, ConformanceTest,
                         ::testing::Combine(EveryMechanism(),
                                            ::testing::ValuesIn(AllCases())),
                         &NameOfCase);
INSTANTIATE_TEST_SUITE_P(
    Refused, ConformanceTest,
    ::testing::Combine(::testing::Values(Mechanism::kNative, Mechanism::kPoll),
                       ::testing::ValuesIn(RefusedCases())),
    &NameOfCase);
INSTANTIATE_TEST_SUITE_P(
    NeverReady, ConformanceTest,
    ::testing::Combine(::testing::Values(Mechanism::kNative, Mechanism::kPoll),
                       ::testing::ValuesIn(NeverReadyCases())),
    &NameOfCase);

}  // namespace
}  // namespace aioemul::testing
