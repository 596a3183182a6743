// Descriptors for benchmarks.

#ifndef AIOEMUL_TESTS_MICROBENCH_TEST_FILE_H_
#define AIOEMUL_TESTS_MICROBENCH_TEST_FILE_H_

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <vector>

namespace aioemul {

// A small file without a name, in the page cache.
class TestFile {
 public:
  static constexpr size_t kBlock = 512;

  TestFile() : stream_(tmpfile()) {
    const std::vector<char> content(kBlock * 64, 'x');
    if (stream_ == nullptr ||
        pwrite(fd(), content.data(), content.size(), 0) < 0) {
      perror("a temporary file");
      abort();
    }
  }
  ~TestFile() { fclose(stream_); }
  TestFile(const TestFile&) = delete;
  TestFile& operator=(const TestFile&) = delete;

  int fd() const { return fileno(stream_); }

 private:
  FILE* const stream_;
};

// A pipe that nobody writes to.
class SilentPipe {
 public:
  SilentPipe() {
    if (pipe(ends_) != 0) {
      perror("a pipe");
      abort();
    }
  }
  ~SilentPipe() {
    close(ends_[0]);
    close(ends_[1]);
  }
  SilentPipe(const SilentPipe&) = delete;
  SilentPipe& operator=(const SilentPipe&) = delete;

  int fd() const { return ends_[0]; }

 private:
  int ends_[2];
};

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_MICROBENCH_TEST_FILE_H_
