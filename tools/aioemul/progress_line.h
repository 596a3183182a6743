// The text of the progress bar.

#ifndef AIOEMUL_TOOLS_AIOEMUL_PROGRESS_LINE_H_
#define AIOEMUL_TOOLS_AIOEMUL_PROGRESS_LINE_H_

#include <stdint.h>

#include <string>

#include "absl/strings/string_view.h"

namespace aioemul::tools {

struct ProgressState {
  absl::string_view label;  // "copying"
  uint64_t total;           // Bytes; 0 when there is nothing to count.
  uint64_t passed;          // Bytes done or skipped.
  uint64_t moved;           // Bytes done, of which the rate is made.
  double seconds;           // Since the beginning.
};

// One line of exactly `width` columns, blanks included:
//   copying  42% [=======>          ] 1.23 GiB of 2.93 GiB, 445 MiB/s, 0:04
//   left
// A narrow terminal loses the bar first, then the amounts, which may make room
// for a bar again, then the rest from the right.  Pure ASCII if the label is.
std::string RenderProgressLine(const ProgressState& state, int width);

// "0:04", "12:34", "1:02:03".
std::string FormatDuration(double seconds);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_PROGRESS_LINE_H_
