// An ext2 file system whose device is a file on a full one: what is there
// already can be written again, what is new cannot reach the device.

#ifndef AIOEMUL_TESTS_DEVICES_FULL_DEVICE_H_
#define AIOEMUL_TESTS_DEVICES_FULL_DEVICE_H_

#include <string>

namespace aioemul::testing {

// Seen by this process and its children alone, and gone when the process ends,
// however it does.  One in a process, since the process moves to a mount
// namespace of its own.
class FullDevice {
 public:
  FullDevice();
  ~FullDevice();
  FullDevice(const FullDevice&) = delete;
  FullDevice& operator=(const FullDevice&) = delete;

  // Why there is none on this machine; empty when there is.
  const std::string& lacks() const { return lacks_; }

  // A file of the file system.
  std::string PathOf(const std::string& name) const;

  // Leaves the device no room for anything new, or gives it room again.
  void Fill();
  void MakeRoom();

 private:
  // What failed; empty when nothing did.
  std::string SetUp();

  std::string directory_;
  std::string lacks_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_DEVICES_FULL_DEVICE_H_
