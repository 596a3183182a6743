// Makes one text of the bytes of several sources, in which lines stay whole.

#ifndef AIOEMUL_TOOLS_AIOEMUL_LINE_MERGER_H_
#define AIOEMUL_TOOLS_AIOEMUL_LINE_MERGER_H_

#include <stddef.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace aioemul::tools {

// Lines stand in the text in the order in which their ends arrive.  No byte is
// added, but for the prefixes, and for a newline after a line that never ended,
// or is longer than is held back, where a line of another source follows it.
class LineMerger {
 public:
  // So much of an unfinished line is held back.
  static constexpr size_t kLongestHeld = size_t{1} << 20;

  // One prefix for each source, with which its lines begin; it may be empty.
  explicit LineMerger(const std::vector<std::string>& prefixes);

  // More bytes of the source of that number.
  void Add(size_t source, absl::string_view bytes);

  // No more follows: what is held back of the source becomes text.
  void End(size_t source);

  // The text since the last call.
  std::string Take() { return std::exchange(text_, std::string()); }

 private:
  struct Source {
    std::string prefix;
    std::string held;  // The beginning of a line.
  };

  void Append(size_t source, absl::string_view bytes);

  std::vector<Source> sources_;
  std::string text_;
  // The source whose unfinished line ends the text, be it taken already.
  size_t unfinished_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_LINE_MERGER_H_
