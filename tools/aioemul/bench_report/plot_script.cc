#include "tools/aioemul/bench_report/plot_script.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/amount.h"
#include "tools/aioemul/bench_report/axis_marks.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/peer_style.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {
namespace {

// How a measure is plotted.
struct View {
  Measure measure;
  const char* suffix;
  const char* title;
  const char* unit_title;  // of its axis
  double unit;             // one of these is so much of the measure's own
};

constexpr View kRateView = {Measure::kRate, "rate", "Throughput",
                            "Operations per second", 1};
constexpr View kCostView = {Measure::kCost, "cost", "Cost of an operation",
                            "Nanoseconds per operation", 1};
constexpr View kMedianView = {Measure::kMedianLatency, "median-latency",
                              "Median latency", "Microseconds", 1000};
constexpr View kTailView = {Measure::kTailLatency, "tail-latency",
                            "Latency, 99th percentile", "Microseconds", 1000};

std::vector<View> ViewsOf(const Group& group) {
  if (MainMeasure(group) == Measure::kCost) return {kCostView};
  if (group.axis == "threads") return {kRateView};
  return {kRateView, kMedianView, kTailView};
}

struct Point {
  double x;
  Spread y;
};

struct Line {
  std::string peer;
  PeerStyle style;
  std::vector<Point> points;  // not empty
};

// A number as gnuplot reads it, with all digits that matter.
std::string Number(double number) { return absl::StrFormat("%.12g", number); }

// "set xtics ('1 k' 1000, ...)".
class Marks {
 public:
  explicit Marks(const char* axis) : axis_(axis) {}
  void Add(absl::string_view label, double position) {
    marks_.push_back(absl::StrCat(GnuplotQuoted(label), " ", Number(position)));
  }
  std::string Text() const {
    return absl::StrCat("set ", axis_, "tics (", absl::StrJoin(marks_, ", "),
                        ")\n");
  }

 private:
  const char* const axis_;
  std::vector<std::string> marks_;
};

std::string MarkLabel(double mark, const View& view) {
  if (view.measure != Measure::kRate) return Number(mark);
  constexpr const char* kUnits[] = {"", " k", " M", " G"};
  size_t unit = 0;
  while (mark >= 1000 && unit < 3) {
    mark /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.7g%s", mark, kUnits[unit]);
}

class ScriptWriter {
 public:
  ScriptWriter(const Group& group, const View& view,
               const std::vector<std::string>& order)
      : group_(group),
        view_(view),
        bars_(group.xs.size() == 1),
        logarithmic_(!bars_ &&
                     (group.axis == "depth" || group.axis == "queued")) {
    for (const std::string& peer : group.peers) AddLine(peer, order);
  }

  bool empty() const { return lines_.empty(); }

  std::string Write() const {
    std::string script = Head();
    absl::StrAppend(&script, bars_ ? BarAxes() : LineAxes());
    absl::StrAppend(&script, Data(), bars_ ? PlotBars() : PlotLines());
    return script;
  }

 private:
  void AddLine(const std::string& peer, const std::vector<std::string>& order) {
    Line line = {peer, StyleOf(peer, order), {}};
    for (const int64_t x : group_.xs) {
      const Measurement* measurement = group_.Find(x, peer);
      if (measurement == nullptr) continue;
      const std::optional<Spread> y = SpreadOf(*measurement, view_.measure);
      if (!y.has_value() || (logarithmic_ && y->median <= 0)) {
        continue;
      }
      line.points.push_back({static_cast<double>(x),
                             {y->median / view_.unit, y->lowest / view_.unit,
                              y->highest / view_.unit}});
    }
    if (!line.points.empty()) lines_.push_back(line);
  }

  // Where the axis of x begins and ends.
  struct XRange {
    bool logarithmic = false;
    double first = 0;
    double last = 0;
  };
  XRange RangeOfX() const;
  // What gnuplot makes of a point's x, so that the spreads of lines stand
  // beside each other.
  std::string ShiftedX(size_t line) const;

  std::string Head() const;
  std::string LineAxes() const;
  std::string BarAxes() const;
  std::string Data() const;
  std::string PlotLines() const;
  std::string PlotBars() const;
  // Sets the range and the marks of the axis of values, called `axis`.
  std::string ValueAxis(const char* axis) const;
  AxisMarks ValueMarks() const;

  const Group& group_;
  const View& view_;
  const bool bars_;
  const bool logarithmic_;
  std::vector<Line> lines_;
};

std::string ScriptWriter::Head() const {
  constexpr int kWidth = 520;
  // The names of the peers stand below the plot, two in a line.
  constexpr int kPlotHeight = 340;
  constexpr int kNameHeight = 19;
  // Title, axis, and each of the bars.
  constexpr int kAroundBars = 125;
  constexpr int kBarHeight = 30;
  const int lines = static_cast<int>(lines_.size());
  const int height = bars_ ? kAroundBars + kBarHeight * lines
                           : kPlotHeight + kNameHeight * ((lines + 1) / 2);
  return absl::StrFormat(
      "set encoding utf8\n"
      "set terminal svg size %d,%d noenhanced font 'sans-serif,13' "
      "background rgb 'white'\n"
      "set title %s\n"
      "set border 3 linecolor rgb '#444444'\n"
      "set tics nomirror textcolor rgb '#222222'\n"
      "set grid linecolor rgb '#dddddd' linetype 1\n"
      "set key below Left reverse samplen 2 maxcols 2\n",
      kWidth, height, GnuplotQuoted(view_.title));
}

AxisMarks ScriptWriter::ValueMarks() const {
  double highest = 0;
  double lowest = 0;  // above 0, once there is one
  for (const Line& line : lines_) {
    for (const Point& point : line.points) {
      highest = std::max(highest, point.y.highest);
      for (const double y : {point.y.lowest, point.y.median}) {
        if (y > 0 && (lowest == 0 || y < lowest)) lowest = y;
      }
    }
  }
  return logarithmic_ ? LogarithmicMarks(lowest, highest)
                      : LinearMarks(highest);
}

std::string ScriptWriter::ValueAxis(const char* axis) const {
  const AxisMarks values = ValueMarks();
  Marks marks(axis);
  for (const double mark : values.marks) {
    marks.Add(MarkLabel(mark, view_), mark);
  }
  return absl::StrCat("set ", axis, "label ", GnuplotQuoted(view_.unit_title),
                      "\nset ", axis, "range [", Number(values.lowest), ":",
                      Number(values.highest), "]\n", marks.Text());
}

ScriptWriter::XRange ScriptWriter::RangeOfX() const {
  XRange range;
  const double first = static_cast<double>(group_.xs.front());
  const double last = static_cast<double>(group_.xs.back());
  range.logarithmic = group_.xs.front() != 0;
  // Room for lines that are shifted; see ShiftedX.
  const double margin = 0.03 + 0.006 * static_cast<double>(lines_.size());
  if (range.logarithmic) {
    const double factor = std::pow(last / first, margin);
    range.first = first / factor;
    range.last = last * factor;
  } else {
    range.first = first - (last - first) * margin;
    range.last = last + (last - first) * margin;
  }
  return range;
}

std::string ScriptWriter::LineAxes() const {
  std::string script;
  const XRange range = RangeOfX();
  // Depths and threads come in powers of two.
  if (range.logarithmic) absl::StrAppend(&script, "set logscale x 2\n");
  if (logarithmic_) absl::StrAppend(&script, "set logscale y 10\n");
  Marks marks("x");
  for (const int64_t x : group_.xs) {
    marks.Add(absl::StrCat(x), static_cast<double>(x));
  }
  absl::StrAppend(&script, "set xlabel ", GnuplotQuoted(AxisTitle(group_.axis)),
                  " offset 0,0.5\nset xrange [", Number(range.first), ":",
                  Number(range.last), "]\n", marks.Text(), ValueAxis("y"));
  return script;
}

// The bars lie, so that long names can be read.
std::string ScriptWriter::BarAxes() const {
  Marks marks("y");
  for (size_t i = 0; i < lines_.size(); ++i) {
    marks.Add(lines_[i].peer, static_cast<double>(i + 1));
  }
  return absl::StrCat("unset key\nset style fill solid\nset yrange [",
                      lines_.size(), ".6:0.4]\n", marks.Text(), ValueAxis("x"));
}

std::string ScriptWriter::Data() const {
  const double bottom = ValueMarks().lowest;
  std::string script;
  for (size_t i = 0; i < lines_.size(); ++i) {
    absl::StrAppend(&script, "$data", i, " << END\n");
    for (const Point& point : lines_[i].points) {
      // A spread down to 0 goes to the bottom of a logarithmic axis.
      const double lowest = std::max(point.y.lowest, bottom);
      absl::StrAppend(&script, Number(point.x), " ", Number(point.y.median),
                      " ", Number(lowest), " ", Number(point.y.highest), "\n");
    }
    absl::StrAppend(&script, "END\n");
  }
  return script;
}

std::string ScriptWriter::ShiftedX(size_t line) const {
  constexpr double kShift = 0.01;  // of the axis, from one line to the next
  const double middle = static_cast<double>(lines_.size() - 1) / 2;
  const double shift = kShift * (static_cast<double>(line) - middle);
  const XRange range = RangeOfX();
  return range.logarithmic
             ? absl::StrFormat("($1*%.4g)",
                               std::pow(range.last / range.first, shift))
             : absl::StrFormat("($1%+.4g)", (range.last - range.first) * shift);
}

std::string ScriptWriter::PlotLines() const {
  std::vector<std::string> plots;
  for (size_t i = 0; i < lines_.size(); ++i) {
    const PeerStyle& style = lines_[i].style;
    plots.push_back(absl::StrFormat(
        "$data%d using %s:2:3:4 with yerrorlines title %s linecolor rgb '%s' "
        "linewidth 1.6 dashtype %d pointtype %d pointsize 0.7",
        i, ShiftedX(i), GnuplotQuoted(lines_[i].peer), style.colour, style.dash,
        style.point));
  }
  return absl::StrCat("plot ", absl::StrJoin(plots, ", \\\n  "), "\n");
}

std::string ScriptWriter::PlotBars() const {
  std::vector<std::string> plots;
  for (size_t i = 0; i < lines_.size(); ++i) {
    plots.push_back(absl::StrFormat(
        "$data%1$d using (0):(%2$d):(0):2:(%2$d-0.32):(%2$d+0.32) with "
        "boxxyerror linecolor rgb '%3$s', "
        "$data%1$d using 2:(%2$d):3:4 with xerrorbars linecolor rgb '#222222' "
        "pointtype 0",
        i, i + 1, lines_[i].style.colour));
  }
  return absl::StrCat("plot ", absl::StrJoin(plots, ", \\\n  "), "\n");
}

}  // namespace

std::vector<Plot> PlotsOf(const Group& group,
                          const std::vector<std::string>& order) {
  std::vector<Plot> plots;
  for (const View& view : ViewsOf(group)) {
    const ScriptWriter writer(group, view, order);
    if (writer.empty()) continue;
    plots.push_back({absl::StrCat(StemOf(group), "-", view.suffix), view.title,
                     writer.Write()});
  }
  return plots;
}

std::string GnuplotQuoted(absl::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    // A line's end would end the text.
    quoted += absl::ascii_iscntrl(static_cast<unsigned char>(c)) ? ' ' : c;
    if (c == '\'') quoted += c;
  }
  return quoted + "'";
}

}  // namespace aioemul::bench_report
