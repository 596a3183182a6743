// A directory of a test's own, and what it holds.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TESTING_SCRATCH_DIRECTORY_H_
#define AIOEMUL_TOOLS_AIOEMUL_TESTING_SCRATCH_DIRECTORY_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include <map>
#include <string>

namespace aioemul::tools {

// Created under TEST_TMPDIR or TMPDIR, removed with all it holds in the end.
// Anything that goes wrong here ends the test program.
class ScratchDirectory {
 public:
  ScratchDirectory();
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;
  ~ScratchDirectory();

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const;

  // Creates or overwrites a file in it.
  void Write(const std::string& name, const std::string& content) const;
  std::string Read(const std::string& name) const;
  struct stat Stat(const std::string& name) const;

  // Everything under the directory: for each path the type, mode, size, time
  // of last change and content in one text, so that two snapshots are equal
  // when nothing has happened between them.
  std::map<std::string, std::string> Snapshot() const;

 private:
  std::string path_;
};

// `size` bytes that repeat nowhere, the same for each `seed`.
std::string RandomContent(size_t size, uint64_t seed = 1);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TESTING_SCRATCH_DIRECTORY_H_
