#include "tools/aioemul/bench_report/group.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench_report/amount.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {
namespace {

constexpr double kNanoseconds = 1e9;

// How long an operation takes is the rate upside down.
std::optional<Spread> CostOf(const Spread& rate) {
  if (rate.lowest <= 0) return std::nullopt;
  return Spread{kNanoseconds / rate.median, kNanoseconds / rate.highest,
                kNanoseconds / rate.lowest};
}

std::optional<Spread> LatencyOf(const std::vector<Run>& runs,
                                double Latency::*percentile) {
  std::vector<double> values;
  for (const Run& run : runs) {
    if (run.latency.has_value()) {
      values.push_back((*run.latency).*percentile);
    }
  }
  if (values.empty()) return std::nullopt;
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  const double median = values.size() % 2 == 1
                            ? values[half]
                            : (values[half - 1] + values[half]) / 2;
  return Spread{median, values.front(), values.back()};
}

template <typename T, typename U>
bool Contains(const std::vector<T>& list, const U& element) {
  return std::find(list.begin(), list.end(), element) != list.end();
}

Group& GroupOf(const Measurement& measurement, std::vector<Group>& groups) {
  for (Group& group : groups) {
    if (group.workload == measurement.workload &&
        group.block_bytes == measurement.block_bytes) {
      return group;
    }
  }
  Group& group = groups.emplace_back();
  group.workload = measurement.workload;
  group.what = measurement.what;
  group.axis = measurement.axis;
  group.block_bytes = measurement.block_bytes;
  return group;
}

}  // namespace

std::optional<Spread> SpreadOf(const Measurement& measurement,
                               Measure measure) {
  switch (measure) {
    case Measure::kCost:
      return CostOf(measurement.rate);
    case Measure::kMedianLatency:
      return LatencyOf(measurement.runs, &Latency::p50);
    case Measure::kTailLatency:
      return LatencyOf(measurement.runs, &Latency::p99);
    case Measure::kRate:
      break;
  }
  return measurement.rate;
}

std::optional<double> CpuPerOperation(const Measurement& measurement) {
  double seconds = 0;
  int64_t operations = 0;
  for (const Run& run : measurement.runs) {
    seconds += run.cpu_seconds;
    operations += run.operations;
  }
  if (operations == 0) return std::nullopt;
  return seconds * kNanoseconds / static_cast<double>(operations);
}

const Measurement* Group::Find(int64_t x, absl::string_view peer) const {
  for (const Measurement* measurement : measurements) {
    if (measurement->x == x && measurement->peer == peer) return measurement;
  }
  return nullptr;
}

std::vector<Group> GroupsOf(const Results& results) {
  std::vector<Group> groups;
  for (const Measurement& measurement : results.measurements) {
    Group& group = GroupOf(measurement, groups);
    if (!Contains(group.xs, measurement.x)) group.xs.push_back(measurement.x);
    group.measurements.push_back(&measurement);
  }
  const std::vector<std::string> order = PeerOrder(results);
  for (Group& group : groups) {
    std::sort(group.xs.begin(), group.xs.end());
    for (const std::string& peer : order) {
      const bool measured =
          std::any_of(group.measurements.begin(), group.measurements.end(),
                      [&](const Measurement* m) { return m->peer == peer; });
      if (measured) group.peers.push_back(peer);
    }
  }
  return groups;
}

std::string HeadingOf(const Group& group) {
  const std::string& name = group.what.empty() ? group.workload : group.what;
  if (group.block_bytes == 0) return name;
  return absl::StrCat(name, ", ", BytesText(group.block_bytes));
}

std::string StemOf(const Group& group) {
  return absl::StrCat(group.workload, "-", group.block_bytes);
}

std::string AxisTitle(absl::string_view axis) {
  if (axis == "depth") return "Requests in flight";
  if (axis == "queued") return "Requests queued";
  if (axis == "threads") return "Threads that submit";
  if (axis == "pipes") return "Idle pipes";
  return std::string(axis);
}

Measure MainMeasure(const Group& group) {
  return group.axis == "queued" ? Measure::kCost : Measure::kRate;
}

std::vector<std::string> PeerOrder(const Results& results) {
  std::vector<std::string> names;
  const auto add = [&](const std::string& name) {
    if (!Contains(names, name)) names.push_back(name);
  };
  const auto add_variants = [&](const std::string& base) {
    for (const Peer& peer : results.peers) {
      if (BaseOf(peer.name) == base) add(peer.name);
    }
    for (const Measurement& measurement : results.measurements) {
      if (BaseOf(measurement.peer) == base) add(measurement.peer);
    }
  };
  for (const Peer& peer : results.peers) {
    add_variants(std::string(BaseOf(peer.name)));
  }
  for (const Measurement& measurement : results.measurements) {
    add_variants(std::string(BaseOf(measurement.peer)));
  }
  return names;
}

absl::string_view BaseOf(absl::string_view peer) {
  return peer.substr(0, peer.find(':'));
}

}  // namespace aioemul::bench_report
