#include "tools/aioemul/bench_report/results.h"

#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"
#include "tools/aioemul/system_error.h"

namespace aioemul::bench_report {
namespace {

using Json = nlohmann::json;

// The first thing found wrong with a document, and the document's name.
class Fault {
 public:
  explicit Fault(absl::string_view name) : name_(name) {}

  void Note(absl::string_view place, absl::string_view what) {
    if (!status_.ok()) return;
    status_ = absl::UnknownError(
        absl::StrCat(tools::Quoted(name_), ": ", place, ": ", what));
  }
  const absl::Status& status() const { return status_; }

 private:
  const std::string name_;
  absl::Status status_;
};

// A value of the document with the path to it.  What is asked of a value that
// is not what it should be is noted as a fault and answered with nothing, so
// that reading goes on without a check at each step.
class Node {
 public:
  Node(const Json& value, std::string place, Fault& fault)
      : value_(&value), place_(std::move(place)), fault_(&fault) {}

  void Note(absl::string_view what) const { fault_->Note(place_, what); }

  Node Member(absl::string_view name) const {
    static const Json nothing;
    const std::string key(name);
    const std::string place =
        place_.empty() ? key : absl::StrCat(place_, ".", key);
    if (!value_->is_object()) {
      Note("an object expected");
    } else if (!value_->contains(key)) {
      fault_->Note(place, "missing");
    } else {
      return Node((*value_)[key], place, *fault_);
    }
    return Node(nothing, place, *fault_);
  }

  std::vector<Node> Elements() const {
    std::vector<Node> elements;
    if (!value_->is_array()) {
      Note("an array expected");
      return elements;
    }
    for (size_t i = 0; i < value_->size(); ++i) {
      elements.emplace_back((*value_)[i], absl::StrCat(place_, "[", i, "]"),
                            *fault_);
    }
    return elements;
  }

  bool IsNull() const { return value_->is_null(); }

  std::string Text() const {
    if (value_->is_string()) return value_->get<std::string>();
    Note("a text expected");
    return "";
  }
  std::string Name() const {
    std::string name = Text();
    if (name.empty()) Note("a name expected");
    return name;
  }
  // A name that can be part of a file's.
  std::string Identifier() const {
    std::string name = Name();
    for (const char c : name) {
      if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-') {
        continue;
      }
      Note("letters, digits and - expected");
      return "";
    }
    return name;
  }
  double Number() const {
    const double number = value_->is_number() ? value_->get<double>() : -1;
    if (number >= 0 && std::isfinite(number)) return number;
    Note("a number expected, 0 or more");
    return 0;
  }
  // Of what is counted.  Beyond the limit two neighbours would be one double.
  int64_t Count() const {
    constexpr double kLimit = 9007199254740992;
    const double number = Number();
    if (number == std::floor(number) && number < kLimit) {
      return static_cast<int64_t>(number);
    }
    Note("a whole number expected");
    return 0;
  }

 private:
  const Json* value_;
  std::string place_;
  Fault* fault_;
};

Machine ReadMachine(const Node& node) {
  Machine machine;
  machine.date = node.Member("date").Text();
  machine.kernel = node.Member("kernel").Text();
  machine.libc = node.Member("libc").Text();
  machine.processor = node.Member("processor").Text();
  machine.processors = node.Member("processors").Count();
  machine.memory_bytes = node.Member("memory_bytes").Count();
  machine.file_system = node.Member("file_system").Text();
  return machine;
}

Settings ReadSettings(const Node& node) {
  Settings settings;
  settings.directory = node.Member("directory").Text();
  settings.file_bytes = node.Member("file_bytes").Count();
  settings.seconds = node.Member("seconds").Number();
  settings.repeats = node.Member("repeats").Count();
  settings.command = node.Member("command").Text();
  return settings;
}

Peer ReadPeer(const Node& node) {
  Peer peer;
  peer.name = node.Member("name").Name();
  peer.what = node.Member("what").Text();
  peer.missing = node.Member("missing").Text();
  return peer;
}

// Null as a whole, or in its parts, where it was not measured.
std::optional<Latency> ReadLatency(const Node& node) {
  if (node.IsNull()) return std::nullopt;
  const Node p50 = node.Member("p50");
  const Node p99 = node.Member("p99");
  if (p50.IsNull() && p99.IsNull()) return std::nullopt;
  return Latency{p50.Number(), p99.Number()};
}

Run ReadRun(const Node& node) {
  Run run;
  run.operations = node.Member("operations").Count();
  run.rate = node.Member("rate").Number();
  run.latency = ReadLatency(node.Member("latency_ns"));
  run.cpu_seconds = node.Member("user_seconds").Number() +
                    node.Member("system_seconds").Number();
  return run;
}

Spread ReadSpread(const Node& node) {
  Spread spread;
  spread.median = node.Member("median").Number();
  spread.lowest = node.Member("lowest").Number();
  spread.highest = node.Member("highest").Number();
  if (spread.lowest > spread.median || spread.median > spread.highest) {
    node.Note("the median is not between lowest and highest");
  }
  return spread;
}

Measurement ReadMeasurement(const Node& node) {
  Measurement measurement;
  measurement.workload = node.Member("workload").Identifier();
  measurement.what = node.Member("what").Text();
  measurement.axis = node.Member("axis").Name();
  measurement.x = node.Member("x").Count();
  measurement.block_bytes = node.Member("block_bytes").Count();
  measurement.peer = node.Member("peer").Name();
  const Node runs = node.Member("runs");
  for (const Node& run : runs.Elements()) {
    measurement.runs.push_back(ReadRun(run));
  }
  if (measurement.runs.empty()) runs.Note("no run");
  measurement.rate = ReadSpread(node.Member("rate"));
  const Node calls = node.Member("system_calls_per_operation");
  if (!calls.IsNull()) measurement.system_calls = calls.Number();
  return measurement;
}

// What must hold between the measurements.
class Whole {
 public:
  void Add(const Measurement& measurement, const Node& node) {
    const auto [axis, is_new] =
        axes_.try_emplace(measurement.workload, measurement.axis);
    if (!is_new && axis->second != measurement.axis) {
      node.Member("axis").Note("another than before for this workload");
    }
    const auto key = std::make_tuple(measurement.workload, measurement.x,
                                     measurement.block_bytes, measurement.peer);
    if (!seen_.insert(key).second) node.Note("the same case and peer again");
  }

 private:
  std::map<std::string, std::string> axes_;  // by workload
  std::set<std::tuple<std::string, int64_t, int64_t, std::string>> seen_;
};

// "line 3, column 7" of the byte at `offset`.
std::string PlaceOf(absl::string_view text, size_t offset) {
  const absl::string_view before = text.substr(0, offset);
  size_t line = 1;
  for (const char c : before) line += c == '\n' ? 1 : 0;
  const size_t start = before.rfind('\n');
  const size_t column =
      start == absl::string_view::npos ? offset + 1 : offset - start;
  return absl::StrCat("line ", line, ", column ", column);
}

Json ParseJson(absl::string_view text, Fault& fault) {
  try {
    return Json::parse(text.begin(), text.end());
  } catch (const Json::parse_error& error) {
    // Its position counts from 1.
    const size_t offset = error.byte == 0 ? 0 : error.byte - 1;
    fault.Note(PlaceOf(text, offset), "not JSON from here on");
    return nullptr;
  }
}

using Stream = std::unique_ptr<FILE, int (*)(FILE*)>;

}  // namespace

absl::StatusOr<Results> ParseResults(absl::string_view text,
                                     absl::string_view name) {
  Fault fault(name);
  const Json document = ParseJson(text, fault);
  if (!fault.status().ok()) return fault.status();
  const Node root(document, "", fault);

  if (!document.is_object() || !document.contains("format") ||
      document["format"] != std::string(kFormat)) {
    fault.Note("not results of aioemul bench",
               absl::StrCat("\"format\": \"", kFormat, "\" expected"));
    return fault.status();
  }
  Results results;
  results.machine = ReadMachine(root.Member("machine"));
  results.settings = ReadSettings(root.Member("settings"));
  for (const Node& peer : root.Member("peers").Elements()) {
    results.peers.push_back(ReadPeer(peer));
  }
  Whole whole;
  for (const Node& node : root.Member("results").Elements()) {
    results.measurements.push_back(ReadMeasurement(node));
    whole.Add(results.measurements.back(), node);
  }
  if (!fault.status().ok()) return fault.status();
  return results;
}

absl::StatusOr<Results> ReadResults(const std::string& path) {
  const Stream stream(fopen(path.c_str(), "re"), fclose);
  if (stream == nullptr) return tools::SystemError(errno, "opening", path);
  std::string text;
  char buffer[65536];
  size_t count;
  while ((count = fread(buffer, 1, sizeof(buffer), stream.get())) > 0) {
    text.append(buffer, count);
  }
  if (ferror(stream.get()) != 0) {
    return tools::SystemError(errno, "reading", path);
  }
  return ParseResults(text, path);
}

}  // namespace aioemul::bench_report
