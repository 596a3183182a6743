#include "tools/aioemul/testing/scratch_directory.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace aioemul::tools {
namespace {

[[noreturn]] void Die(const std::string& what) {
  perror(what.c_str());
  abort();
}

std::string ContentOf(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

std::string Describe(const std::string& path) {
  struct stat status;
  if (lstat(path.c_str(), &status) != 0) Die(path);
  if (S_ISLNK(status.st_mode)) {
    return absl::StrCat("-> ", std::filesystem::read_symlink(path).string());
  }
  if (!S_ISREG(status.st_mode)) return absl::StrCat(status.st_mode);
  return absl::StrCat(status.st_mode, " ", status.st_size, " ",
                      status.st_mtim.tv_sec, ".", status.st_mtim.tv_nsec, " ",
                      ContentOf(path));
}

}  // namespace

ScratchDirectory::ScratchDirectory() {
  const char* parent = getenv("TEST_TMPDIR");
  if (parent == nullptr) parent = getenv("TMPDIR");
  if (parent == nullptr) parent = "/tmp";
  path_ = absl::StrCat(parent, "/aioemul_test_XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) Die(path_);
}

ScratchDirectory::~ScratchDirectory() { std::filesystem::remove_all(path_); }

std::string ScratchDirectory::operator/(const std::string& name) const {
  return absl::StrCat(path_, "/", name);
}

void ScratchDirectory::Write(const std::string& name,
                             const std::string& content) const {
  std::ofstream stream(*this / name, std::ios::binary | std::ios::trunc);
  stream << content;
  if (!stream.flush()) Die(*this / name);
}

std::string ScratchDirectory::Read(const std::string& name) const {
  return ContentOf(*this / name);
}

struct stat ScratchDirectory::Stat(const std::string& name) const {
  struct stat status;
  if (stat((*this / name).c_str(), &status) != 0) Die(*this / name);
  return status;
}

std::map<std::string, std::string> ScratchDirectory::Snapshot() const {
  std::map<std::string, std::string> entries;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(path_)) {
    const std::string path = entry.path().string();
    entries[path.substr(path_.size() + 1)] = Describe(path);
  }
  return entries;
}

std::string RandomContent(size_t size, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string content((size + 7) / 8 * 8, '\0');
  for (size_t i = 0; i < content.size(); i += 8) {
    const uint64_t word = random();
    memcpy(&content[i], &word, 8);
  }
  content.resize(size);
  return content;
}

}  // namespace aioemul::tools
