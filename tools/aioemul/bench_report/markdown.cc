#include "tools/aioemul/bench_report/markdown.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/amount.h"
#include "tools/aioemul/bench_report/facts.h"
#include "tools/aioemul/bench_report/group.h"
#include "tools/aioemul/bench_report/results.h"
#include "tools/aioemul/bench_report/text_table.h"

namespace aioemul::bench_report {
namespace {

constexpr absl::string_view kSubject = "aioemul";
constexpr absl::string_view kRivals[] = {"libc", "io_uring"};

// "412 k (405 k – 420 k)": the median and the spread.
std::string CellOf(const Measurement* measurement, Measure measure) {
  if (measurement == nullptr) return kNoAmount;
  const std::optional<Spread> spread = SpreadOf(*measurement, measure);
  if (!spread.has_value()) return kNoAmount;
  const auto text = measure == Measure::kCost ? TimeText : CountText;
  return absl::StrCat(text(spread->median), " (", text(spread->lowest), " – ",
                      text(spread->highest), ")");
}

// How many times as fast as the rival ours is.
std::string RatioCell(const Group& group, int64_t x, absl::string_view rival) {
  const Measurement* ours = group.Find(x, kSubject);
  const Measurement* theirs = group.Find(x, rival);
  if (ours == nullptr || theirs == nullptr) return kNoAmount;
  return RatioText(ours->rate.median, theirs->rate.median);
}

std::string TableOf(const Group& group) {
  std::vector<TextTable::Column> columns = {{AxisTitle(group.axis), true}};
  for (const std::string& peer : group.peers) columns.push_back({peer, true});
  for (const absl::string_view rival : kRivals) {
    columns.push_back({absl::StrCat(kSubject, " / ", rival), true});
  }
  TextTable table(columns);
  for (const int64_t x : group.xs) {
    std::vector<std::string> row = {absl::StrCat(x)};
    for (const std::string& peer : group.peers) {
      row.push_back(CellOf(group.Find(x, peer), MainMeasure(group)));
    }
    for (const absl::string_view rival : kRivals) {
      row.push_back(RatioCell(group, x, rival));
    }
    table.AddRow(row);
  }
  return table.Markdown();
}

std::string UnitOf(const Group& group) {
  return MainMeasure(group) == Measure::kCost ? "Time of one operation"
                                              : "Operations per second";
}

}  // namespace

std::string MarkdownOf(const Results& results) {
  std::string text;
  TextTable facts({{"Measured"}, {results.machine.date}});
  for (const Fact& fact : FactsOf(results)) {
    facts.AddRow({fact.name, fact.value});
  }
  absl::StrAppend(&text, facts.Markdown(), "\n    ", results.settings.command,
                  "\n");
  for (const Group& group : GroupsOf(results)) {
    absl::StrAppend(&text, "\n### ", HeadingOf(group), "\n\n", UnitOf(group),
                    ": median (lowest – highest) of the runs.\n\n",
                    TableOf(group));
  }
  std::vector<std::string> missing;
  for (const Peer& peer : results.peers) {
    if (peer.missing.empty()) continue;
    missing.push_back(absl::StrCat("- `", peer.name, "`: ", peer.missing));
  }
  if (!missing.empty()) {
    absl::StrAppend(&text, "\nNot measured:\n\n", absl::StrJoin(missing, "\n"),
                    "\n");
  }
  return text;
}

}  // namespace aioemul::bench_report
