// A directory for what checks leave behind.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_SCRATCH_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_SCRATCH_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace aioemul::tools::check {

// Removed with all that it holds in the end.
class Scratch {
 public:
  // Below TMPDIR or /tmp.
  static absl::StatusOr<Scratch> Make();
  // Below `parent`.
  static absl::StatusOr<Scratch> MakeIn(const std::string& parent);
  Scratch(Scratch&& other) noexcept;
  Scratch& operator=(Scratch&& other) = delete;
  ~Scratch();

  const std::string& path() const { return path_; }

 private:
  explicit Scratch(std::string path) : path_(std::move(path)) {}

  std::string path_;  // Empty when moved from.
};

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_SCRATCH_H_
