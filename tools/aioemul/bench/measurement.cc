#include "tools/aioemul/bench/measurement.h"

#include <stdint.h>

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/json.h"

namespace aioemul::tools::bench {
namespace {

Json Parse(absl::string_view text) {
  return Json::parse(text.begin(), text.end(), nullptr, false);
}

// The member of an object; whether it is there and of a fitting type.
template <typename T>
bool Take(const Json& object, const char* name, T* value) {
  const auto found = object.find(name);
  if (found == object.end()) return false;
  if (std::is_same_v<T, std::string> ? !found->is_string()
                                     : !found->is_number()) {
    return false;
  }
  *value = found->get<T>();
  return true;
}

Json LatenciesAsJson(const std::optional<Latencies>& latencies) {
  if (!latencies.has_value()) return nullptr;
  return {{"p50", latencies->p50},
          {"p90", latencies->p90},
          {"p99", latencies->p99},
          {"p99_9", latencies->p99_9},
          {"max", latencies->max}};
}

bool TakeLatencies(const Json& object, std::optional<Latencies>* latencies) {
  const auto found = object.find("latency_ns");
  if (found == object.end()) return false;
  if (found->is_null()) return true;
  Latencies all;
  *latencies = all;
  return found->is_object() && Take(*found, "p50", &(*latencies)->p50) &&
         Take(*found, "p90", &(*latencies)->p90) &&
         Take(*found, "p99", &(*latencies)->p99) &&
         Take(*found, "p99_9", &(*latencies)->p99_9) &&
         Take(*found, "max", &(*latencies)->max);
}

}  // namespace

std::optional<Latencies> LatenciesOf(const Histogram& histogram) {
  if (histogram.count() == 0) return std::nullopt;
  return Latencies{histogram.Quantile(0.5), histogram.Quantile(0.9),
                   histogram.Quantile(0.99), histogram.Quantile(0.999),
                   histogram.max()};
}

std::string MeasurementToJson(const Measurement& measurement) {
  const Json json = {{"workload", measurement.workload},
                     {"peer", measurement.peer},
                     {"x", measurement.x},
                     {"block_bytes", measurement.block_bytes},
                     {"file", measurement.file},
                     {"file_bytes", measurement.file_bytes},
                     {"seconds", measurement.seconds},
                     {"operations", measurement.operations}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<Measurement> MeasurementFromJson(absl::string_view text) {
  const Json json = Parse(text);
  Measurement measurement;
  if (!json.is_object() || !Take(json, "workload", &measurement.workload) ||
      !Take(json, "peer", &measurement.peer) ||
      !Take(json, "x", &measurement.x) ||
      !Take(json, "block_bytes", &measurement.block_bytes) ||
      !Take(json, "file", &measurement.file) ||
      !Take(json, "file_bytes", &measurement.file_bytes) ||
      !Take(json, "seconds", &measurement.seconds) ||
      !Take(json, "operations", &measurement.operations)) {
    return absl::InvalidArgumentError(
        absl::StrCat("no measurement is described by ", text));
  }
  return measurement;
}

Json RunAsJson(const MeasuredRun& run) {
  return {{"operations", run.operations},
          {"seconds", run.seconds},
          {"rate", run.rate()},
          {"latency_ns", LatenciesAsJson(run.latencies)},
          {"user_seconds", run.user_seconds},
          {"system_seconds", run.system_seconds},
          {"voluntary_switches", run.voluntary_switches},
          {"involuntary_switches", run.involuntary_switches}};
}

std::string RunToJson(const absl::StatusOr<MeasuredRun>& run) {
  Json json;
  if (run.ok()) {
    json = RunAsJson(*run);
  } else {
    json["error"] = std::string(run.status().message());
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

absl::StatusOr<MeasuredRun> RunFromJson(absl::string_view text) {
  const Json json = Parse(text);
  std::string error;
  if (json.is_object() && Take(json, "error", &error)) {
    return absl::UnknownError(error);
  }
  MeasuredRun run;
  if (!json.is_object() || !Take(json, "operations", &run.operations) ||
      !Take(json, "seconds", &run.seconds) ||
      !TakeLatencies(json, &run.latencies) ||
      !Take(json, "user_seconds", &run.user_seconds) ||
      !Take(json, "system_seconds", &run.system_seconds) ||
      !Take(json, "voluntary_switches", &run.voluntary_switches) ||
      !Take(json, "involuntary_switches", &run.involuntary_switches)) {
    return absl::UnknownError("its process ended without a result");
  }
  return run;
}

}  // namespace aioemul::tools::bench
