#include "tools/aioemul/bench_report/comparison.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/amount.h"
#include "tools/aioemul/bench_report/facts.h"
#include "tools/aioemul/bench_report/results.h"
#include "tools/aioemul/bench_report/text_table.h"

namespace aioemul::bench_report {
namespace {

bool AreOfOneCase(const Measurement& a, const Measurement& b) {
  return a.workload == b.workload && a.axis == b.axis && a.x == b.x &&
         a.block_bytes == b.block_bytes && a.peer == b.peer;
}

// Null when there is none.
const Measurement* FindLike(const Measurement& wanted, const Results& results) {
  const auto found =
      std::find_if(results.measurements.begin(), results.measurements.end(),
                   [&](const Measurement& candidate) {
                     return AreOfOneCase(candidate, wanted);
                   });
  return found == results.measurements.end() ? nullptr : &*found;
}

std::string BlockText(const Measurement& measurement) {
  return measurement.block_bytes == 0 ? "" : BytesText(measurement.block_bytes);
}

std::string CaseText(const Measurement& measurement) {
  return absl::StrCat(measurement.axis, " ", measurement.x);
}

std::string PerSecond(double rate) { return CountText(rate) + "/s"; }

struct Tally {
  int within = 0;
  int faster = 0;
  int slower = 0;

  absl::string_view Count(Verdict verdict) {
    switch (verdict) {
      case Verdict::kFaster:
        ++faster;
        return "faster";
      case Verdict::kSlower:
        ++slower;
        return "slower";
      case Verdict::kWithinTheSpread:
        break;
    }
    ++within;
    return "within the spread";
  }
};

std::string CommonTable(const Results& before, const Results& now) {
  TextTable table({{"workload"},
                   {"x"},
                   {"block", true},
                   {"peer"},
                   {"old", true},
                   {"new", true},
                   {"change", true},
                   {""}});
  Tally tally;
  for (const Measurement& measurement : now.measurements) {
    const Measurement* old = FindLike(measurement, before);
    if (old == nullptr) continue;
    table.AddRow(
        {measurement.workload, CaseText(measurement), BlockText(measurement),
         measurement.peer, PerSecond(old->rate.median),
         PerSecond(measurement.rate.median),
         ChangeText(old->rate.median, measurement.rate.median),
         std::string(tally.Count(Judge(old->rate, measurement.rate)))});
  }
  if (table.empty()) return "Nothing is in both.\n";
  return absl::StrFormat(
      "%s\n%d compared: %d faster, %d slower, %d within the spread\n",
      table.Aligned(), tally.faster + tally.slower + tally.within, tally.faster,
      tally.slower, tally.within);
}

// What `one` has and `other` has not; empty when there is nothing.
std::string OnlyIn(absl::string_view name, const Results& one,
                   const Results& other) {
  TextTable table({{"workload"},
                   {"x"},
                   {"block", true},
                   {"peer"},
                   {std::string(name), true}});
  for (const Measurement& measurement : one.measurements) {
    if (FindLike(measurement, other) != nullptr) continue;
    table.AddRow({measurement.workload, CaseText(measurement),
                  BlockText(measurement), measurement.peer,
                  PerSecond(measurement.rate.median)});
  }
  if (table.empty()) return "";
  return absl::StrCat("\nOnly in the ", name, " results:\n\n", table.Aligned());
}

std::string MissingPeers(absl::string_view name, const Results& results) {
  std::string text;
  for (const Peer& peer : results.peers) {
    if (peer.missing.empty()) continue;
    absl::StrAppend(&text, "\nMissing in the ", name, " results: ", peer.name,
                    ": ", peer.missing);
  }
  return text.empty() ? text : text + "\n";
}

std::string Differences(const Results& before, const Results& now) {
  TextTable table({{"differs"}, {"old"}, {"new"}});
  const std::vector<Fact> old_facts = FactsOf(before);
  const std::vector<Fact> new_facts = FactsOf(now);
  for (size_t i = 0; i < new_facts.size(); ++i) {
    if (old_facts[i].value == new_facts[i].value) continue;
    table.AddRow({new_facts[i].name, old_facts[i].value, new_facts[i].value});
  }
  return table.empty() ? "" : absl::StrCat("\n", table.Aligned());
}

}  // namespace

Verdict Judge(const Spread& before, const Spread& now) {
  if (now.lowest > before.highest) return Verdict::kFaster;
  if (now.highest < before.lowest) return Verdict::kSlower;
  return Verdict::kWithinTheSpread;
}

std::string CompareResults(const Results& before, const Results& now) {
  return absl::StrCat("old: ", before.machine.date, "\nnew: ", now.machine.date,
                      "\n\n", CommonTable(before, now),
                      OnlyIn("old", before, now), OnlyIn("new", now, before),
                      MissingPeers("old", before), MissingPeers("new", now),
                      Differences(before, now));
}

}  // namespace aioemul::bench_report
