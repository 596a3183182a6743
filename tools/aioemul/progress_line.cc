#include "tools/aioemul/progress_line.h"

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tools/aioemul/byte_count.h"

namespace aioemul::tools {
namespace {

// Narrower bars say nothing that the percentage does not.
constexpr size_t kSmallestBar = 8;
constexpr double kLongestTime = 100 * 3600;

double Fraction(const ProgressState& state) {
  if (state.total == 0) return 0;
  return std::min(1.0, static_cast<double>(state.passed) /
                           static_cast<double>(state.total));
}

std::string Amounts(const ProgressState& state) {
  return absl::StrCat(FormatBytes(static_cast<double>(state.passed)), " of ",
                      FormatBytes(static_cast<double>(state.total)));
}

std::string RateAndTimeLeft(const ProgressState& state) {
  std::vector<std::string> parts;
  if (state.seconds > 0 && state.moved > 0) {
    const double rate = static_cast<double>(state.moved) / state.seconds;
    parts.push_back(absl::StrCat(FormatBytes(rate), "/s"));
  }
  const double fraction = Fraction(state);
  if (fraction > 0) {
    const double left = state.seconds * (1 - fraction) / fraction;
    if (left < kLongestTime) {
      parts.push_back(absl::StrCat(FormatDuration(left), " left"));
    }
  }
  return absl::StrJoin(parts, ", ");
}

std::string Bar(double fraction, size_t columns) {
  const size_t filled =
      static_cast<size_t>(fraction * static_cast<double>(columns));
  std::string bar(filled, '=');
  if (filled < columns) {
    bar += '>';
    bar.append(columns - filled - 1, ' ');
  }
  return absl::StrCat(" [", bar, "]");
}

}  // namespace

std::string FormatDuration(double seconds) {
  const int64_t whole = static_cast<int64_t>(seconds + 0.5);
  const int64_t hours = whole / 3600;
  const int64_t minutes = whole / 60 % 60;
  if (hours == 0) return absl::StrFormat("%d:%02d", minutes, whole % 60);
  return absl::StrFormat("%d:%02d:%02d", hours, minutes, whole % 60);
}

std::string RenderProgressLine(const ProgressState& state, int width) {
  const size_t columns = static_cast<size_t>(std::max(width, 0));
  std::string line(state.label);
  if (state.total > 0) {
    absl::StrAppendFormat(&line, " %3d%%",
                          static_cast<int>(100 * Fraction(state)));
    const std::string rate = RateAndTimeLeft(state);
    std::string text =
        absl::StrCat(" ", Amounts(state), rate.empty() ? "" : ", ", rate);
    if (line.size() + text.size() > columns) text = absl::StrCat(" ", rate);
    const size_t used = line.size() + text.size() + Bar(0, 0).size();
    if (used + kSmallestBar <= columns) {
      line += Bar(Fraction(state), columns - used);
    }
    line += text;
  }
  line.resize(columns, ' ');
  return line;
}

}  // namespace aioemul::tools
