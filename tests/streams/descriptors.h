// Pipes, sockets, terminals and FIFOs that close themselves, and plain
// synchronous ways to use the far end of one.

#ifndef AIOEMUL_TESTS_STREAMS_DESCRIPTORS_H_
#define AIOEMUL_TESTS_STREAMS_DESCRIPTORS_H_

#include <sys/socket.h>

#include <string>
#include <string_view>
#include <utility>

namespace aioemul::testing {

// An open descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept
      : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { Close(); }

  int number() const { return number_; }
  void Close();

 private:
  int number_;
};

// Two descriptors that lead to each other.  What is written to `writer` is read
// from `reader`; with sockets and terminals the other way round as well.
struct Channel {
  Descriptor reader;
  Descriptor writer;
};

Channel MakePipe();
Channel MakeSockets(int type = SOCK_STREAM);
// Connected through the loopback interface.
Channel MakeTcp();
// The reader is the terminal, in canonical mode and without echo; the writer is
// its master.
Channel MakeTerminal();
// A named pipe.
Channel MakeFifo();
// A named pipe that nobody has opened for writing; only the reader is open.
Channel MakeFifoWithoutWriter();
// A listening socket, as the reader.
Channel MakeListener();

// Sets or clears O_NONBLOCK, or another flag of F_SETFL.
void SetFlag(int fd, int flag, bool on);
int FlagsOf(int fd);

// Writes until no byte more is taken; how many were.
size_t Fill(int fd);

// Writes all, or reads just so much, blocking.
void Send(int fd, std::string_view text);
std::string Receive(int fd, size_t count);

// Text that is different at every place.
std::string LongText(size_t size);

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_STREAMS_DESCRIPTORS_H_
