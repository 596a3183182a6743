#include "tests/streams/descriptors.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

std::string NewFifo() {
  std::string directory = ::testing::TempDir() + "/fifo.XXXXXX";
  EXPECT_NE(mkdtemp(directory.data()), nullptr) << directory;
  std::string path = directory + "/fifo";
  EXPECT_EQ(mkfifo(path.c_str(), 0600), 0) << path;
  return path;
}

void Forget(const std::string& fifo) {
  unlink(fifo.c_str());
  rmdir(fifo.substr(0, fifo.rfind('/')).c_str());
}

sockaddr_in Loopback() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace

void Descriptor::Close() {
  if (number_ >= 0) close(std::exchange(number_, -1));
}

Channel MakePipe() {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(pipe(ends.data()), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Channel MakeSockets(int type) {
  std::array<int, 2> ends = {-1, -1};
  EXPECT_EQ(socketpair(AF_UNIX, type, 0, ends.data()), 0);
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Channel MakeListener() {
  Descriptor listener(socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address = Loopback();
  EXPECT_EQ(bind(listener.number(), reinterpret_cast<sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_EQ(listen(listener.number(), 1), 0);
  return {std::move(listener), Descriptor()};
}

Channel MakeTcp() {
  const Descriptor listener = MakeListener().reader;
  sockaddr_in address = {};
  socklen_t size = sizeof(address);
  EXPECT_EQ(getsockname(listener.number(),
                        reinterpret_cast<sockaddr*>(&address), &size),
            0);
  Descriptor writer(socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(connect(writer.number(), reinterpret_cast<sockaddr*>(&address),
                    sizeof(address)),
            0);
  Descriptor reader(accept(listener.number(), nullptr, nullptr));
  EXPECT_GE(reader.number(), 0);
  return {std::move(reader), std::move(writer)};
}

Channel MakeTerminal() {
  Descriptor master(posix_openpt(O_RDWR | O_NOCTTY));
  EXPECT_EQ(grantpt(master.number()), 0);
  EXPECT_EQ(unlockpt(master.number()), 0);
  std::array<char, 64> name = {};
  EXPECT_EQ(ptsname_r(master.number(), name.data(), name.size()), 0);
  Descriptor terminal(open(name.data(), O_RDWR | O_NOCTTY));
  EXPECT_GE(terminal.number(), 0);
  termios settings = {};
  EXPECT_EQ(tcgetattr(terminal.number(), &settings), 0);
  settings.c_lflag |= ICANON;
  settings.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  EXPECT_EQ(tcsetattr(terminal.number(), TCSANOW, &settings), 0);
  return {std::move(terminal), std::move(master)};
}

Channel MakeFifoWithoutWriter() {
  const std::string path = NewFifo();
  Descriptor reader(open(path.c_str(), O_RDONLY | O_NONBLOCK));
  SetFlag(reader.number(), O_NONBLOCK, false);
  Forget(path);
  return {std::move(reader), Descriptor()};
}

Channel MakeFifo() {
  const std::string path = NewFifo();
  Descriptor reader(open(path.c_str(), O_RDONLY | O_NONBLOCK));
  Descriptor writer(open(path.c_str(), O_WRONLY));
  EXPECT_GE(writer.number(), 0);
  SetFlag(reader.number(), O_NONBLOCK, false);
  Forget(path);
  return {std::move(reader), std::move(writer)};
}

int FlagsOf(int fd) { return fcntl(fd, F_GETFL); }

void SetFlag(int fd, int flag, bool on) {
  const int flags = FlagsOf(fd);
  EXPECT_EQ(fcntl(fd, F_SETFL, on ? flags | flag : flags & ~flag), 0);
}

size_t Fill(int fd) {
  SetFlag(fd, O_NONBLOCK, true);
  const std::string block(4096, 'f');
  size_t filled = 0;
  // Then by single bytes, for what is left beside whole blocks.
  for (const size_t step : {block.size(), size_t{1}}) {
    for (;;) {
      const ssize_t written = write(fd, block.data(), step);
      if (written <= 0) break;
      filled += static_cast<size_t>(written);
    }
  }
  SetFlag(fd, O_NONBLOCK, false);
  return filled;
}

void Send(int fd, std::string_view text) {
  ASSERT_EQ(write(fd, text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
}

std::string Receive(int fd, size_t count) {
  std::string text(count, '\0');
  size_t received = 0;
  while (received < count) {
    const ssize_t step = read(fd, text.data() + received, count - received);
    if (step <= 0) break;
    received += static_cast<size_t>(step);
  }
  text.resize(received);
  return text;
}

std::string LongText(size_t size) {
  std::string text(size, '\0');
  for (size_t i = 0; i < size; ++i) {
    text[i] = static_cast<char>((i ^ (i >> 8) ^ (i >> 16)) * 167);
  }
  return text;
}

}  // namespace aioemul::testing
