#include "tools/aioemul/bench/options.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

constexpr int kLargestBlock = 64 << 20;
constexpr int kGreatestX = 1'000'000;
constexpr int kMostThreads = 256;
constexpr int kMostRepeats = 1000;

absl::Status Misuse(absl::string_view what, absl::string_view word) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, " ", Quoted(word),
                   "; 'aioemul bench --list' lists "
                   "workloads and peers"));
}

// Each word once, in the order given.
template <typename T>
void AddOnce(T value, std::vector<T>* all) {
  if (std::find(all->begin(), all->end(), value) == all->end()) {
    all->push_back(value);
  }
}

absl::StatusOr<Variant> ParseVariant(absl::string_view text) {
  const std::vector<std::string> halves =
      absl::StrSplit(text, absl::MaxSplits(':', 1));
  Variant variant;
  variant.name = halves[0];
  if (halves.size() == 2) {
    variant.environment = absl::StrSplit(halves[1], ',');
  }
  bool right = !variant.name.empty() && !variant.environment.empty();
  for (const std::string& setting : variant.environment) {
    const size_t equals = setting.find('=');
    right = right && equals != std::string::npos && equals > 0;
  }
  if (right) return variant;
  return absl::InvalidArgumentError(absl::StrCat(
      "--variant is NAME:ENV=VALUE[,ENV=VALUE], not ", Quoted(text)));
}

// Whether `x` can be measured.
absl::Status CheckX(const BenchOptions& options, const Workload& workload,
                    int x) {
  const int64_t blocks = options.file_bytes / options.block_bytes;
  const bool pipes = workload.kind == WorkloadKind::kIdlePipes;
  const bool threads = workload.kind == WorkloadKind::kThreads;
  const bool depth = workload.kind == WorkloadKind::kTransfers;
  int64_t most = threads ? kMostThreads : kGreatestX;
  if (depth) most = std::min<int64_t>(blocks, most);
  if (x >= (pipes ? 0 : 1) && x <= most) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("--x for ", workload.name, " must be from ", pipes ? 0 : 1,
                   " to ", most, ", not ", x));
}

}  // namespace

absl::StatusOr<std::vector<const Workload*>> ParseWorkloads(
    absl::string_view text) {
  std::vector<const Workload*> workloads;
  if (text.empty()) {
    for (const Workload& workload : Menu()) workloads.push_back(&workload);
    return workloads;
  }
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    const Workload* const workload = FindWorkload(word);
    if (workload == nullptr) return Misuse("unknown workload", word);
    AddOnce(workload, &workloads);
  }
  return workloads;
}

absl::StatusOr<std::vector<const Peer*>> ParsePeers(absl::string_view text) {
  std::vector<const Peer*> peers;
  if (text.empty()) {
    for (const Peer& peer : AllPeers()) peers.push_back(&peer);
    return peers;
  }
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    const Peer* const peer = FindPeer(word);
    if (peer == nullptr) return Misuse("unknown peer", word);
    AddOnce(peer, &peers);
  }
  return peers;
}

absl::StatusOr<std::vector<int>> ParseXs(absl::string_view text) {
  std::vector<int> xs;
  if (text.empty()) return xs;
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    int x = 0;
    if (!absl::SimpleAtoi(word, &x)) {
      return absl::InvalidArgumentError(
          absl::StrCat("--x takes whole numbers, not ", Quoted(word)));
    }
    AddOnce(x, &xs);
  }
  return xs;
}

absl::Status ParseVariants(absl::string_view text,
                           std::vector<Variant>* variants) {
  for (absl::string_view part : absl::StrSplit(text, ';', absl::SkipEmpty())) {
    absl::StatusOr<Variant> variant = ParseVariant(part);
    if (!variant.ok()) return variant.status();
    for (const Variant& other : *variants) {
      if (other.name != variant->name) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("two variants are called ", Quoted(other.name)));
    }
    variants->push_back(*std::move(variant));
  }
  return absl::OkStatus();
}

absl::Status CheckBenchOptions(const BenchOptions& options) {
  const auto refuse = [](absl::string_view text) {
    return absl::InvalidArgumentError(text);
  };
  if (options.block_bytes < 1 || options.block_bytes > kLargestBlock) {
    return refuse("--block_bytes must be from 1 to 64M");
  }
  if (options.file_bytes / options.block_bytes < kDepthBesidePipes) {
    return refuse("--file_bytes must be at least 32 blocks");
  }
  if (options.seconds < 1 || options.seconds > 3600) {
    return refuse("--seconds must be from 1 to 3600");
  }
  if (options.operations < 0) return refuse("--operations must not be below 0");
  if (options.repeats < 1 || options.repeats > kMostRepeats) {
    return refuse("--repeats must be from 1 to 1000");
  }
  for (const Workload* workload : options.workloads) {
    for (int x : XsOf(options, *workload)) {
      if (absl::Status status = CheckX(options, *workload, x); !status.ok()) {
        return status;
      }
    }
  }
  return absl::OkStatus();
}

std::vector<int> XsOf(const BenchOptions& options, const Workload& workload) {
  if (!options.xs.empty()) return options.xs;
  return std::vector<int>(workload.xs.begin(), workload.xs.end());
}

}  // namespace aioemul::tools::bench
