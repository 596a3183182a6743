// Shows on stderr how far the work has come: one line, redrawn in place.

#ifndef AIOEMUL_TOOLS_AIOEMUL_PROGRESS_DISPLAY_H_
#define AIOEMUL_TOOLS_AIOEMUL_PROGRESS_DISPLAY_H_

#include <stdint.h>

#include <chrono>
#include <string>

#include "absl/strings/string_view.h"
#include "tools/aioemul/block_ring.h"

namespace aioemul::tools {

// When to show progress; the type of a flag.
enum class ProgressMode { kAuto, kAlways, kNever };

bool AbslParseFlag(absl::string_view text, ProgressMode* mode,
                   std::string* error);
std::string AbslUnparseFlag(ProgressMode mode);

// Not thread-safe: it belongs to the thread that works.
class ProgressDisplay {
 public:
  // With kAuto, shows only when stderr is a terminal.
  explicit ProgressDisplay(ProgressMode mode);

  // Nothing is left of the line.
  ~ProgressDisplay();

  // Begins to count `total` bytes and draws at once.
  void Begin(absl::string_view label, uint64_t total);

  // Draws at most ten times a second.
  void Update(const BlockProgress& progress);

  // Replaces the line by `text` for good.
  void Finish(absl::string_view text);

 private:
  using Clock = std::chrono::steady_clock;

  void Draw(Clock::time_point now);
  void Erase();

  const bool shown_;
  std::string label_;
  uint64_t total_ = 0;
  BlockProgress progress_ = {0, 0};
  Clock::time_point begun_;
  Clock::time_point drawn_;
  int drawn_width_ = 0;  // 0: there is no line on the screen.
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_PROGRESS_DISPLAY_H_
