// What was measured on.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_MACHINE_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_MACHINE_H_

#include <stdint.h>

#include <string>

namespace aioemul::tools::bench {

struct Machine {
  std::string date;  // Now, in UTC.
  std::string kernel;
  std::string libc;
  std::string processor;
  int processors = 0;
  int64_t memory_bytes = 0;
  std::string file_system;  // Of the file; empty when it is not known.
};

// "glibc 2.36"; empty when the C library does not tell.
std::string LibcVersion();

Machine ThisMachine(int fd);

// The type of the file system of that device in the text of
// /proc/self/mountinfo.
std::string FileSystemIn(const std::string& mounts, unsigned major,
                         unsigned minor);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_MACHINE_H_
