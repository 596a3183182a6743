#include "tests/devices/tun.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace aioemul::testing {
namespace {

constexpr char kName[] = "tun0";
constexpr char kAddress[] = "10.99.0.1";
constexpr char kNeighbour[] = "10.99.0.2";  // who is behind the device
constexpr char kNetmask[] = "255.255.255.0";
constexpr uint16_t kPort = 9;

constexpr size_t kHeaders = sizeof(iphdr) + sizeof(udphdr);

std::string Failed(const char* what) {
  return std::string(what) + ": " + strerror(errno);
}

sockaddr_in Address(const char* text) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  inet_pton(AF_INET, text, &address.sin_addr);
  return address;
}

// A network that has come up sends packets of its own by IPv6.
bool LeaveOutIpv6() {
  constexpr char kPath[] = "/proc/sys/net/ipv6/conf/default/disable_ipv6";
  const int setting = open(kPath, O_WRONLY | O_CLOEXEC);
  if (setting < 0) return errno == ENOENT;
  const bool done = write(setting, "1", 1) == 1;
  close(setting);
  return done;
}

ifreq RequestFor(const char* address) {
  ifreq request = {};
  strcpy(request.ifr_name, kName);
  const sockaddr_in value = Address(address);
  memcpy(&request.ifr_addr, &value, sizeof(value));
  return request;
}

}  // namespace

Tun::~Tun() {
  if (fd_ >= 0) close(fd_);
  if (sender_ >= 0) close(sender_);
}

std::string Tun::SetUp() {
  if (geteuid() != 0) return "not root";
  if (unshare(CLONE_NEWNET) != 0) return Failed("unshare");
  if (!LeaveOutIpv6()) return Failed("a network without IPv6");
  fd_ = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd_ < 0) return Failed("/dev/net/tun");
  ifreq device = {};
  strcpy(device.ifr_name, kName);
  device.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (ioctl(fd_, TUNSETIFF, &device) != 0) return Failed("a tun device");
  sender_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  ifreq address = RequestFor(kAddress);
  ifreq netmask = RequestFor(kNetmask);
  device.ifr_flags = IFF_UP | IFF_RUNNING;
  const sockaddr_in neighbour = Address(kNeighbour);
  if (ioctl(sender_, SIOCSIFADDR, &address) != 0 ||
      ioctl(sender_, SIOCSIFNETMASK, &netmask) != 0 ||
      ioctl(sender_, SIOCSIFFLAGS, &device) != 0 ||
      connect(sender_, reinterpret_cast<const sockaddr*>(&neighbour),
              sizeof(neighbour)) != 0) {
    return Failed("a network on the tun device");
  }
  return "";
}

void Tun::Send(uint8_t number) const { send(sender_, &number, 1, 0); }

size_t Tun::SizeOfPacket() { return kHeaders + 1; }

int Tun::NumberOf(const std::string& packet) {
  return packet.size() < SizeOfPacket() || packet[0] != '\x45'
             ? -1
             : static_cast<uint8_t>(packet[kHeaders]);
}

}  // namespace aioemul::testing
