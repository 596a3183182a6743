// What the command is asked to measure.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_OPTIONS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_OPTIONS_H_

#include <stdint.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"

namespace aioemul::tools::bench {

// This library once more, with an environment of its own.
struct Variant {
  std::string name;
  std::vector<std::string> environment;  // "NAME=VALUE".
};

struct BenchOptions {
  std::vector<const Workload*> workloads;
  std::vector<const Peer*> peers;
  std::vector<Variant> variants;
  std::vector<int> xs;  // Empty: those of each workload.
  int block_bytes = 4096;
  int64_t file_bytes = int64_t{256} << 20;
  int seconds = 2;
  int64_t operations = 0;
  int repeats = 3;
  std::string directory = ".";
  std::string json;
  bool system_calls = false;
};

// Lists as on the command line, separated by commas.  Empty means all that
// there are.
absl::StatusOr<std::vector<const Workload*>> ParseWorkloads(
    absl::string_view text);
absl::StatusOr<std::vector<const Peer*>> ParsePeers(absl::string_view text);
// Empty: none.
absl::StatusOr<std::vector<int>> ParseXs(absl::string_view text);
// "NAME:ENV=VALUE[,ENV=VALUE]", several separated by semicolons, appended to
// `variants`.
absl::Status ParseVariants(absl::string_view text,
                           std::vector<Variant>* variants);

// kInvalidArgument when a number is out of range, or they do not fit together.
absl::Status CheckBenchOptions(const BenchOptions& options);

// The points of the axis that are to be measured.
std::vector<int> XsOf(const BenchOptions& options, const Workload& workload);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_OPTIONS_H_
