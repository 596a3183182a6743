#include "tests/behaviour/descriptors.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

int MakeNameless(int flags) {
  std::string path = ::testing::TempDir() + "/aioemul.XXXXXX";
  const int fd = mkostemp(path.data(), flags);
  EXPECT_GE(fd, 0) << path;
  unlink(path.c_str());
  return fd;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

TempFile::TempFile(std::string_view content, int flags)
    : descriptor_(MakeNameless(flags)) {
  EXPECT_EQ(write(fd(), content.data(), content.size()),
            static_cast<ssize_t>(content.size()));
}

std::string TempFile::Content() const {
  struct stat status = {};
  EXPECT_EQ(fstat(fd(), &status), 0);
  std::string content(static_cast<size_t>(status.st_size), '\0');
  EXPECT_EQ(pread(fd(), content.data(), content.size(), 0),
            static_cast<ssize_t>(content.size()));
  return content;
}

OpenedFile::OpenedFile(const char* path, int flags)
    : descriptor_(open(path, flags)) {
  EXPECT_GE(fd(), 0) << path;
}

Channel Channel::Pipe() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(pipe(ends.data()), 0);
  return Channel(ends[0], ends[1]);
}

Channel Channel::Sockets() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()), 0);
  return Channel(ends[0], ends[1]);
}

}  // namespace aioemul::testing
