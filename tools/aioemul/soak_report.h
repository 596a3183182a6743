// What soak prints.

#ifndef AIOEMUL_TOOLS_AIOEMUL_SOAK_REPORT_H_
#define AIOEMUL_TOOLS_AIOEMUL_SOAK_REPORT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "tests/stress/run.h"

namespace aioemul::tools {

// What all programs together came to, as a table.
std::string RenderSoakTable(const stress::Report& total, int programs,
                            double seconds);

// One line on stderr, redrawn in place, where that is a terminal.
// Not thread-safe: it belongs to the thread that reports.
class SoakDisplay {
 public:
  SoakDisplay();
  // Nothing is left of the line.
  ~SoakDisplay() { Erase(); }
  SoakDisplay(const SoakDisplay&) = delete;
  SoakDisplay& operator=(const SoakDisplay&) = delete;

  void Show(absl::string_view text);
  void Erase();

 private:
  const bool shown_;
  size_t width_ = 0;  // Of the line on the screen.
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_SOAK_REPORT_H_
