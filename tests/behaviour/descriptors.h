// Files, pipes and sockets that close themselves.

#ifndef AIOEMUL_TESTS_BEHAVIOUR_DESCRIPTORS_H_
#define AIOEMUL_TESTS_BEHAVIOUR_DESCRIPTORS_H_

#include <fcntl.h>

#include <string>
#include <string_view>

namespace aioemul::testing {

// An open descriptor, closed at the end.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  const int number_;
};

// A regular file without a name.
class TempFile {
 public:
  explicit TempFile(std::string_view content = "", int flags = 0);

  int fd() const { return descriptor_.number(); }
  std::string Content() const;

 private:
  Descriptor descriptor_;
};

// A descriptor of `path` in one direction; O_RDONLY, O_WRONLY or O_PATH.
class OpenedFile {
 public:
  OpenedFile(const char* path, int flags);
  int fd() const { return descriptor_.number(); }

 private:
  Descriptor descriptor_;
};

// Two descriptors that lead to each other: a pipe (what is written to the
// second is read from the first) or a pair of connected stream sockets.
class Channel {
 public:
  static Channel Pipe();
  static Channel Sockets();
  // What is given is owned from now on.
  Channel(int first, int second) : first_(first), second_(second) {}

  int first() const { return first_.number(); }
  int second() const { return second_.number(); }

 private:
  Descriptor first_;
  Descriptor second_;
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_BEHAVIOUR_DESCRIPTORS_H_
