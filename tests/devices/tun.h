// A tun device: what the system sends into its network is read from a
// descriptor, packet by packet, and lost when nobody takes it.

#ifndef AIOEMUL_TESTS_DEVICES_TUN_H_
#define AIOEMUL_TESTS_DEVICES_TUN_H_

#include <cstdint>
#include <string>

namespace aioemul::testing {

// In a network of this process and its children alone.  One in a process, since
// the process moves to a network namespace of its own.
class Tun {
 public:
  Tun() : lacks_(SetUp()) {}
  ~Tun();
  Tun(const Tun&) = delete;
  Tun& operator=(const Tun&) = delete;

  // Why there is none on this machine; empty when there is.
  const std::string& lacks() const { return lacks_; }

  int fd() const { return fd_; }

  // Sends a packet into it.
  void Send(uint8_t number) const;
  // The number of a packet that was read; -1 for one that is not of Send.
  static int NumberOf(const std::string& packet);
  static size_t SizeOfPacket();

 private:
  std::string SetUp();

  int fd_ = -1;
  int sender_ = -1;
  std::string lacks_;  // what failed in SetUp
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_DEVICES_TUN_H_
