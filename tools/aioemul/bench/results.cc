#include "tools/aioemul/bench/results.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/json.h"
#include "tools/aioemul/bench/machine.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/statistics.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

Json MachineAsJson(const Machine& machine) {
  return {{"date", machine.date},
          {"kernel", machine.kernel},
          {"libc", machine.libc},
          {"processor", machine.processor},
          {"processors", machine.processors},
          {"memory_bytes", machine.memory_bytes},
          {"file_system", machine.file_system}};
}

Json SettingsAsJson(const Results& results) {
  return {{"directory", results.directory},
          {"file_bytes", results.file_bytes},
          {"seconds", results.seconds},
          {"repeats", results.repeats},
          {"command", results.command}};
}

Json ResultAsJson(const Result& result) {
  Json runs = Json::array();
  for (const MeasuredRun& run : result.runs) runs.push_back(RunAsJson(run));
  const Spread rate = FiguresOf(result).rate;
  Json json = {{"workload", result.workload},
               {"what", result.what},
               {"axis", result.axis},
               {"x", result.x},
               {"block_bytes", result.block_bytes},
               {"peer", result.peer},
               {"runs", runs},
               {"rate",
                {{"median", rate.median},
                 {"lowest", rate.lowest},
                 {"highest", rate.highest}}},
               {"system_calls_per_operation", nullptr}};
  if (result.system_calls.has_value()) {
    json["system_calls_per_operation"] = *result.system_calls;
  }
  return json;
}

}  // namespace

Figures FiguresOf(const Result& result) {
  std::vector<double> rates;
  std::vector<double> p50;
  std::vector<double> p99;
  std::vector<double> cpu;
  std::vector<double> switches;
  for (const MeasuredRun& run : result.runs) {
    const double operations = static_cast<double>(run.operations);
    rates.push_back(run.rate());
    cpu.push_back((run.user_seconds + run.system_seconds) / operations);
    switches.push_back(
        static_cast<double>(run.voluntary_switches + run.involuntary_switches) /
        operations);
    if (!run.latencies.has_value()) continue;
    p50.push_back(static_cast<double>(run.latencies->p50));
    p99.push_back(static_cast<double>(run.latencies->p99));
  }
  Figures figures;
  figures.rate = SpreadOf(rates);
  figures.cpu_seconds = SpreadOf(cpu).median;
  figures.switches = SpreadOf(switches).median;
  if (!p50.empty()) {
    figures.p50 = SpreadOf(p50).median;
    figures.p99 = SpreadOf(p99).median;
  }
  return figures;
}

std::string ResultsToJson(const Results& results) {
  Json peers = Json::array();
  for (const PeerNote& peer : results.peers) {
    peers.push_back(
        {{"name", peer.name}, {"what", peer.what}, {"missing", peer.missing}});
  }
  Json all = Json::array();
  for (const Result& result : results.results) {
    if (!result.runs.empty()) all.push_back(ResultAsJson(result));
  }
  const Json json = {{"format", "aioemul-bench/1"},
                     {"machine", MachineAsJson(results.machine)},
                     {"settings", SettingsAsJson(results)},
                     {"peers", peers},
                     {"results", all}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::Status CheckWritable(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const bool exists = access(path.c_str(), F_OK) == 0;
  if (access(exists ? path.c_str() : directory.c_str(), W_OK) == 0) {
    return absl::OkStatus();
  }
  return SystemError(errno, "writing", path);
}

absl::Status WriteTextFile(const std::string& path, const std::string& text) {
  FILE* const file = fopen(path.c_str(), "w");
  if (file == nullptr) return SystemError(errno, "writing", path);
  const bool written = fwrite(text.data(), 1, text.size(), file) == text.size();
  const int error = errno;
  if (fclose(file) != 0) return SystemError(errno, "writing", path);
  return written ? absl::OkStatus() : SystemError(error, "writing", path);
}

}  // namespace aioemul::tools::bench
