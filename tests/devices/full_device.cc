#include "tests/devices/full_device.h"

#include <fcntl.h>
#include <linux/loop.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace aioemul::testing {
namespace {

constexpr off_t kDeviceSize = 64 << 20;
constexpr char kOuterSize[] = "size=12m";

std::string Failed(const char* what) {
  return std::string(what) + ": " + strerror(errno);
}

// A loop device over `path`, which goes when nobody has it open or mounted;
// its descriptor, or -1.
int AttachLoopDevice(const std::string& path, std::string* device) {
  const int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
  if (control < 0) return -1;
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  loop_config config = {};
  config.fd = static_cast<uint32_t>(file);
  config.info.lo_flags = LO_FLAGS_AUTOCLEAR;
  int loop = -1;
  // Another process may be given the same number first.
  for (int attempt = 0; attempt < 20 && loop < 0; ++attempt) {
    *device = "/dev/loop" + std::to_string(ioctl(control, LOOP_CTL_GET_FREE));
    loop = open(device->c_str(), O_RDWR | O_CLOEXEC);
    if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config) != 0) {
      close(loop);
      loop = -1;
    }
  }
  close(file);
  close(control);
  return loop;
}

}  // namespace

FullDevice::FullDevice() : lacks_(SetUp()) {}

FullDevice::~FullDevice() {
  umount2((directory_ + "/inner").c_str(), MNT_DETACH);
  umount2(directory_.c_str(), MNT_DETACH);
  if (!directory_.empty()) rmdir(directory_.c_str());
}

std::string FullDevice::SetUp() {
  if (geteuid() != 0) return "not root";
  if (unshare(CLONE_NEWNS) != 0) return Failed("unshare");
  if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
    return Failed("a private /");
  }
  char name[] = "/tmp/full_device.XXXXXX";
  if (mkdtemp(name) == nullptr) return Failed("mkdtemp");
  directory_ = name;
  if (mount("outer", name, "tmpfs", 0, kOuterSize) != 0) {
    return Failed("a tmpfs");
  }
  const std::string image = directory_ + "/image";
  const int file = open(image.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, kDeviceSize) != 0) return Failed("an image");
  close(file);
  const std::string make =
      "PATH=$PATH:/sbin:/usr/sbin; mkfs.ext2 -q -b 4096 -E nodiscard " + image;
  if (system(make.c_str()) != 0) return "no mkfs.ext2";
  std::string device;
  const int loop = AttachLoopDevice(image, &device);
  if (loop < 0) return Failed("a loop device");
  const std::string inner = directory_ + "/inner";
  mkdir(inner.c_str(), 0700);
  const int mounted = mount(device.c_str(), inner.c_str(), "ext2", 0, nullptr);
  const std::string failed = mounted != 0 ? Failed("an ext2") : "";
  close(loop);
  return failed;
}

std::string FullDevice::PathOf(const std::string& name) const {
  return directory_ + "/inner/" + name;
}

void FullDevice::Fill() {
  const std::string filler = directory_ + "/filler";
  const int file = open(filler.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const std::vector<char> bytes(size_t{64} << 10, 'f');
  while (write(file, bytes.data(), bytes.size()) > 0) {
  }
  close(file);
}

void FullDevice::MakeRoom() { unlink((directory_ + "/filler").c_str()); }

}  // namespace aioemul::testing
