#include "tools/aioemul/bench_report/page.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/amount.h"
#include "tools/aioemul/bench_report/facts.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/page_style.h"
#include "tools/aioemul/bench_report/peer_style.h"
#include "tools/aioemul/bench_report/plot_script.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {
namespace {

constexpr absl::string_view kSubject = "aioemul";

// "<td class="kind">text</td>".
std::string Cell(absl::string_view text, absl::string_view kind = "") {
  return absl::StrCat(
      kind.empty() ? "<td>" : absl::StrCat("<td class=\"", kind, "\">"),
      HtmlEscaped(text), "</td>");
}

std::string AmountText(double amount, Measure measure) {
  return measure == Measure::kRate ? CountText(amount) : TimeText(amount);
}

std::string OptionalText(const std::optional<double>& amount,
                         std::string (*text)(double)) {
  return amount.has_value() ? text(*amount) : kNoAmount;
}

// Writes the table of a group: a body for each x, in it a row for each peer.
class TableWriter {
 public:
  TableWriter(const Group& group, const std::vector<std::string>& order)
      : group_(group),
        order_(order),
        has_latency_(Any([](const Measurement& m) {
          return SpreadOf(m, Measure::kMedianLatency).has_value();
        })),
        has_system_calls_(Any(
            [](const Measurement& m) { return m.system_calls.has_value(); })) {}

  std::string Write() const {
    std::string table = absl::StrCat("<div class=\"scroll\"><table>\n", Head());
    for (const int64_t x : group_.xs) absl::StrAppend(&table, Body(x));
    return absl::StrCat(table, "</table></div>\n");
  }

 private:
  template <typename Test>
  bool Any(const Test& test) const {
    return std::any_of(group_.measurements.begin(), group_.measurements.end(),
                       [&](const Measurement* m) { return test(*m); });
  }

  std::string Head() const;
  std::string Body(int64_t x) const;
  std::string Row(const Measurement& measurement) const;
  std::string RatioCell(const Measurement& measurement,
                        absl::string_view rival) const;

  const Group& group_;
  const std::vector<std::string>& order_;
  const bool has_latency_;
  const bool has_system_calls_;
};

std::string TableWriter::Head() const {
  const bool is_cost = MainMeasure(group_) == Measure::kCost;
  std::string head = absl::StrCat(
      "<thead><tr><th scope=\"col\">", HtmlEscaped(AxisTitle(group_.axis)),
      "</th><th class=\"peer\" scope=\"col\">Implementation</th>"
      "<th scope=\"col\">",
      is_cost ? "Time of one operation" : "Operations per second",
      "</th><th scope=\"col\">Lowest – highest</th>"
      "<th scope=\"col\">×&nbsp;libc</th><th "
      "scope=\"col\">×&nbsp;io_uring</th>");
  if (has_latency_) {
    absl::StrAppend(&head,
                    "<th scope=\"col\">Median latency</th>"
                    "<th scope=\"col\">99th percentile</th>");
  }
  absl::StrAppend(&head, "<th scope=\"col\">Processor time</th>");
  if (has_system_calls_) {
    absl::StrAppend(&head, "<th scope=\"col\">System calls</th>");
  }
  return absl::StrCat(head, "</tr></thead>\n");
}

std::string TableWriter::Body(int64_t x) const {
  std::vector<const Measurement*> measurements;
  for (const std::string& peer : group_.peers) {
    const Measurement* measurement = group_.Find(x, peer);
    if (measurement != nullptr) measurements.push_back(measurement);
  }
  std::string body = "<tbody>\n";
  for (const Measurement* measurement : measurements) {
    const bool is_ours = BaseOf(measurement->peer) == kSubject;
    absl::StrAppend(&body, is_ours ? "<tr class=\"ours\">" : "<tr>");
    if (measurement == measurements.front()) {
      absl::StrAppendFormat(&body,
                            "<th scope=\"rowgroup\" rowspan=\"%d\">%d</th>",
                            measurements.size(), x);
    }
    absl::StrAppend(&body, Row(*measurement), "</tr>\n");
  }
  return absl::StrCat(body, "</tbody>\n");
}

std::string TableWriter::Row(const Measurement& measurement) const {
  const Measure main = MainMeasure(group_);
  std::string row = absl::StrFormat(
      "<td class=\"peer\"><span class=\"swatch\" style=\"background:%s\">"
      "</span>%s</td>",
      StyleOf(measurement.peer, order_).colour, HtmlEscaped(measurement.peer));
  const std::optional<Spread> spread = SpreadOf(measurement, main);
  if (spread.has_value()) {
    absl::StrAppend(&row, Cell(AmountText(spread->median, main)),
                    Cell(absl::StrCat(AmountText(spread->lowest, main), " – ",
                                      AmountText(spread->highest, main)),
                         "spread"));
  } else {
    absl::StrAppend(&row, Cell(kNoAmount), Cell(kNoAmount, "spread"));
  }
  absl::StrAppend(&row, RatioCell(measurement, "libc"),
                  RatioCell(measurement, "io_uring"));
  if (has_latency_) {
    for (const Measure measure :
         {Measure::kMedianLatency, Measure::kTailLatency}) {
      const std::optional<Spread> latency = SpreadOf(measurement, measure);
      absl::StrAppend(&row,
                      Cell(latency ? TimeText(latency->median) : kNoAmount));
    }
  }
  absl::StrAppend(&row,
                  Cell(OptionalText(CpuPerOperation(measurement), TimeText)));
  if (has_system_calls_) {
    absl::StrAppend(&row,
                    Cell(OptionalText(measurement.system_calls, ThreeDigits)));
  }
  return row;
}

std::string TableWriter::RatioCell(const Measurement& measurement,
                                   absl::string_view rival) const {
  const Measurement* theirs = group_.Find(measurement.x, rival);
  if (theirs == nullptr) return Cell(kNoAmount);
  return Cell(RatioText(measurement.rate.median, theirs->rate.median));
}

// "Not measured here: ...", with the reasons that are known.
std::string AbsentPeers(const Results& results, const Group& group) {
  std::vector<std::string> absent;
  for (const Peer& peer : results.peers) {
    const bool measured = std::find(group.peers.begin(), group.peers.end(),
                                    peer.name) != group.peers.end();
    if (measured) continue;
    absent.push_back(peer.missing.empty()
                         ? peer.name
                         : absl::StrCat(peer.name, " (", peer.missing, ")"));
  }
  if (absent.empty()) return "";
  return absl::StrCat("<p class=\"quiet\">Not measured here: ",
                      HtmlEscaped(absl::StrJoin(absent, ", ")), ".</p>\n");
}

std::string Section(const Results& results, const PlottedGroup& plotted,
                    const std::vector<std::string>& order) {
  const Group& group = plotted.group;
  const std::string heading = HtmlEscaped(HeadingOf(group));
  std::string section =
      absl::StrCat("<section id=\"", StemOf(group), "\">\n<h2>", heading,
                   "</h2>\n<p class=\"quiet\"><code>", group.workload,
                   "</code></p>\n<div class=\"plots\">\n");
  for (const Plot& plot : plotted.plots) {
    absl::StrAppend(&section, "<img src=\"", plot.name, ".svg\" alt=\"",
                    heading, ": ", HtmlEscaped(plot.title),
                    "\" loading=\"lazy\">\n");
  }
  return absl::StrCat(section, "</div>\n", TableWriter(group, order).Write(),
                      AbsentPeers(results, group), "</section>\n");
}

std::string Term(absl::string_view name, absl::string_view html) {
  return absl::StrCat("<div><dt>", HtmlEscaped(name), "</dt><dd>", html,
                      "</dd></div>\n");
}

std::string PeerList(const Results& results) {
  std::string list = "<dl>\n";
  for (const Peer& peer : results.peers) {
    const std::string missing =
        peer.missing.empty()
            ? ""
            : absl::StrCat("<br>missing: ", HtmlEscaped(peer.missing));
    absl::StrAppend(&list, Term(peer.name, HtmlEscaped(peer.what) + missing));
  }
  return absl::StrCat(list, "</dl>\n");
}

std::string FactList(const Results& results) {
  std::string list = "<dl>\n";
  for (const Fact& fact : FactsOf(results)) {
    absl::StrAppend(&list, Term(fact.name, HtmlEscaped(fact.value)));
  }
  return absl::StrCat(list, "</dl>\n");
}

std::string Contents(const std::vector<PlottedGroup>& groups) {
  std::string list = "<nav><ul>\n";
  for (const PlottedGroup& plotted : groups) {
    absl::StrAppend(&list, "<li><a href=\"#", StemOf(plotted.group), "\">",
                    HtmlEscaped(HeadingOf(plotted.group)), "</a></li>\n");
  }
  return absl::StrCat(list, "</ul></nav>\n");
}

constexpr char kReadingAid[] =
    "<p class=\"quiet\">Each figure is the median of the runs; bars in plots, "
    "and “lowest – highest”, are their spread. “×” is how many times as many "
    "operations per second as libc or io_uring make in the same row; above 1 "
    "is faster. Processor time is that of the whole process for each "
    "operation, kernel included.</p>\n";

}  // namespace

std::string PageOf(const Results& results,
                   const std::vector<PlottedGroup>& groups) {
  const std::vector<std::string> order = PeerOrder(results);
  std::string page = absl::StrCat(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, "
      "initial-scale=1\">\n<title>aioemul bench</title>\n<style>",
      kPageStyle, "</style>\n</head>\n<body>\n<h1>aioemul bench</h1>\n",
      "<p class=\"quiet\">", HtmlEscaped(results.machine.date), "</p>\n",
      "<pre>", HtmlEscaped(results.settings.command), "</pre>\n",
      FactList(results), "<h2>Implementations</h2>\n", PeerList(results),
      kReadingAid, Contents(groups));
  for (const PlottedGroup& plotted : groups) {
    absl::StrAppend(&page, Section(results, plotted, order));
  }
  return absl::StrCat(page, "</body>\n</html>\n");
}

std::string HtmlEscaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"},
                                    {"<", "&lt;"},
                                    {">", "&gt;"},
                                    {"\"", "&quot;"},
                                    {"'", "&#39;"}});
}

}  // namespace aioemul::bench_report
