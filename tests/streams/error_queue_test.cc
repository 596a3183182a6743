// A socket whose error queue nobody reads is reported as ready for ever.  A
// request that waits on it costs nothing, and goes on when it can (contract
// I7).

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

// A UDP socket on the loopback interface, and its address.
struct Udp {
  Udp() : socket(::socket(AF_INET, SOCK_DGRAM, 0)) {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket.number(), reinterpret_cast<sockaddr*>(&address),
                   sizeof(address)),
              0);
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(socket.number(),
                          reinterpret_cast<sockaddr*>(&address), &size),
              0);
  }
  void SendTo(const Udp& other, const std::string& text) const {
    EXPECT_EQ(sendto(socket.number(), text.data(), text.size(), 0,
                     reinterpret_cast<const sockaddr*>(&other.address),
                     sizeof(other.address)),
              static_cast<ssize_t>(text.size()));
  }

  Descriptor socket;
  sockaddr_in address = {};
};

class ErrorQueueTest : public EveryMechanismTest {
 protected:
  // Puts an error into the queue of udp_, and takes what the next call reports.
  void MakeError() {
    const int on = 1;
    ASSERT_EQ(setsockopt(udp_.socket.number(), IPPROTO_IP, IP_RECVERR, &on,
                         sizeof(on)),
              0);
    Udp gone;
    gone.socket.Close();
    udp_.SendTo(gone, "x");
    char byte = 0;
    ASSERT_EQ(recv(udp_.socket.number(), &byte, 1, 0), -1);
    ASSERT_EQ(errno, ECONNREFUSED);
  }

  const Udp udp_;
  const Udp friend_;
};

TEST_P(ErrorQueueTest, AReadBesideItIsReportedAFewTimes) {
  constexpr int kRounds = 100;
  MakeError();
  std::string datagram(10, '.');
  aiocb read = ReadBlock(udp_.socket.number(), datagram);
  Read(read);
  // As many waits of the poller, each of which could report it.
  const Channel other = MakeSockets();
  std::string byte = ".";
  for (int i = 0; i < kRounds; ++i) {
    aiocb beside = ReadBlock(other.reader.number(), byte);
    ReadAndWait(beside);
    Send(other.writer.number(), "x");
    EXPECT_EQ(Await(beside), Success(1));
  }
  // poll, which knows no news, looks again and again, and ever less often.
  EXPECT_LE(arms.reports(), kRounds + kRounds / 4);
  EXPECT_EQ(ErrorOf(read), EINPROGRESS);
  friend_.SendTo(udp_, "datagram");
  EXPECT_EQ(Await(read), Success(8));
  EXPECT_EQ(datagram.substr(0, 8), "datagram");
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, ErrorQueueTest, EveryMechanism(), &NameOf);

}  // namespace
}  // namespace aioemul::testing
