#include "tools/aioemul/progress_display.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/progress_line.h"

namespace aioemul::tools {
namespace {

constexpr auto kRedrawInterval = std::chrono::milliseconds(100);
constexpr int kUsualWidth = 80;
constexpr int kGreatestWidth = 100;  // A longer bar is no better.

int LineWidth() {
  struct winsize size;
  const bool known =
      ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  // The last column is left free: some terminals wrap as it is filled.
  return std::min(known ? size.ws_col : kUsualWidth, kGreatestWidth) - 1;
}

}  // namespace

bool AbslParseFlag(absl::string_view text, ProgressMode* mode,
                   std::string* error) {
  for (ProgressMode candidate :
       {ProgressMode::kAuto, ProgressMode::kAlways, ProgressMode::kNever}) {
    if (text != AbslUnparseFlag(candidate)) continue;
    *mode = candidate;
    return true;
  }
  *error = "auto, always or never is expected";
  return false;
}

std::string AbslUnparseFlag(ProgressMode mode) {
  switch (mode) {
    case ProgressMode::kAlways:
      return "always";
    case ProgressMode::kNever:
      return "never";
    case ProgressMode::kAuto:
      break;
  }
  return "auto";
}

ProgressDisplay::ProgressDisplay(ProgressMode mode)
    : shown_(mode == ProgressMode::kAlways ||
             (mode == ProgressMode::kAuto && isatty(STDERR_FILENO) != 0)) {}

ProgressDisplay::~ProgressDisplay() { Erase(); }

void ProgressDisplay::Begin(absl::string_view label, uint64_t total) {
  label_ = std::string(label);
  total_ = total;
  progress_ = {0, 0};
  begun_ = Clock::now();
  Draw(begun_);
}

void ProgressDisplay::Update(const BlockProgress& progress) {
  progress_ = progress;
  const Clock::time_point now = Clock::now();
  if (now - drawn_ >= kRedrawInterval) Draw(now);
}

void ProgressDisplay::Finish(absl::string_view text) {
  if (!shown_) return;
  Erase();
  fputs(absl::StrCat(text, "\n").c_str(), stderr);
}

void ProgressDisplay::Draw(Clock::time_point now) {
  if (!shown_) return;
  drawn_ = now;
  const int width = LineWidth();
  const std::chrono::duration<double> elapsed = now - begun_;
  const std::string line = RenderProgressLine(
      {label_, total_, progress_.passed, progress_.moved, elapsed.count()},
      width);
  fputs(absl::StrCat("\r", line).c_str(), stderr);
  drawn_width_ = width;
}

void ProgressDisplay::Erase() {
  if (drawn_width_ <= 0) return;
  const std::string blanks(static_cast<size_t>(drawn_width_), ' ');
  fputs(absl::StrCat("\r", blanks, "\r").c_str(), stderr);
  drawn_width_ = 0;
}

}  // namespace aioemul::tools
