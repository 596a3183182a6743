#include "tools/aioemul/check/scratch.h"

#include <errno.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::check {

absl::StatusOr<Scratch> Scratch::Make() {
  const char* const directory = getenv("TMPDIR");
  return MakeIn(directory != nullptr && *directory != '\0' ? directory
                                                           : "/tmp");
}

absl::StatusOr<Scratch> Scratch::MakeIn(const std::string& parent) {
  std::string path = absl::StrCat(parent, "/aioemul-check-XXXXXX");
  if (mkdtemp(path.data()) == nullptr) {
    return SystemError(errno, "making a directory in", parent);
  }
  return Scratch(std::move(path));
}

Scratch::Scratch(Scratch&& other) noexcept
    : path_(std::exchange(other.path_, "")) {}

Scratch::~Scratch() {
  if (path_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace aioemul::tools::check
