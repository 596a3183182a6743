#include "tools/aioemul/bench/table.h"

#include <cmath>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/bench/results.h"

namespace aioemul::tools::bench {
namespace {

std::string OrDash(const std::optional<double>& value) {
  return value.has_value() ? FormatFigure(*value) : "-";
}

std::string Microseconds(const std::optional<double>& nanoseconds) {
  return nanoseconds.has_value() ? FormatFigure(*nanoseconds * 1e-3) : "-";
}

// How many times as fast as `peer` at the same x.
std::string RatioTo(absl::string_view peer, const Result& result,
                    absl::Span<const Result> results) {
  for (const Result& other : results) {
    if (other.peer != peer || other.x != result.x || other.runs.empty()) {
      continue;
    }
    return FormatFigure(FiguresOf(result).rate.median /
                        FiguresOf(other).rate.median);
  }
  return "-";
}

constexpr char kRow[] = "%8s  %-18s %9s  %-17s %7s %10s %9s %9s %9s %9s %9s\n";

void AddRow(const Result& result, absl::Span<const Result> results,
            std::string* text) {
  const Figures figures = FiguresOf(result);
  if (!result.runs.empty()) {
    absl::StrAppendFormat(
        text, kRow, absl::StrCat(result.x), result.peer,
        FormatFigure(figures.rate.median),
        absl::StrCat(FormatFigure(figures.rate.lowest), " - ",
                     FormatFigure(figures.rate.highest)),
        RatioTo("libc", result, results), RatioTo("io_uring", result, results),
        Microseconds(figures.p50), Microseconds(figures.p99),
        FormatFigure(figures.cpu_seconds * 1e6), FormatFigure(figures.switches),
        OrDash(result.system_calls));
  }
  if (!result.trouble.empty()) {
    absl::StrAppendFormat(text, "%8d  %-18s %s\n", result.x, result.peer,
                          result.trouble);
  }
}

}  // namespace

std::string FormatFigure(double value) {
  absl::string_view unit = "";
  if (value >= 999.5e3) {
    value *= 1e-6;
    unit = "M";
  } else if (value >= 9995) {
    value *= 1e-3;
    unit = "k";
  }
  const double size = std::fabs(value);
  const int decimals = size >= 99.95    ? 0
                       : size >= 9.995  ? 1
                       : size >= 0.9995 ? 2
                                        : 3;
  return absl::StrFormat("%.*f%s", decimals, value, unit);
}

std::string RenderTable(absl::Span<const Result> results) {
  if (results.empty()) return "";
  const Result& first = results[0];
  std::string text = absl::StrCat(first.workload, ": ", first.what);
  if (first.block_bytes > 0) {
    absl::StrAppend(&text, "; ", first.block_bytes,
                    first.block_bytes == 1 ? " byte each" : " bytes each");
  }
  absl::StrAppend(&text, "\n");
  absl::StrAppendFormat(&text, kRow, first.axis, "peer", "rate/s",
                        "lowest - highest", "x libc", "x io_uring", "p50 us",
                        "p99 us", "CPU us", "switches", "calls");
  for (const Result& result : results) AddRow(result, results, &text);
  return text;
}

}  // namespace aioemul::tools::bench
