// Descriptors that close themselves, and the kinds of them that tests are
// about.

#ifndef AIOEMUL_TESTS_UNIT_DESCRIPTOR_H_
#define AIOEMUL_TESTS_UNIT_DESCRIPTOR_H_

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace aioemul {

// Owns a descriptor.  Fails the test when made from -1.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) { EXPECT_GE(fd, 0); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }

  int get() const { return fd_; }

 private:
  int fd_;
};

// A new file without a name, open with `flags`.
inline Descriptor OpenTemporary(int flags) {
  std::string path = ::testing::TempDir() + "/unit_XXXXXX";
  const Descriptor made(mkstemp(path.data()));
  Descriptor opened(open(path.c_str(), flags));
  EXPECT_EQ(unlink(path.c_str()), 0);
  return opened;
}

struct Pipe {
  Descriptor reader;
  Descriptor writer;
};

inline Pipe MakePipe() {
  int ends[2] = {-1, -1};
  EXPECT_EQ(pipe(ends), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// The number of a descriptor that was open and is not any more.
inline int ClosedNumber() {
  return Descriptor(open("/dev/null", O_RDWR)).get();
}

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_DESCRIPTOR_H_
