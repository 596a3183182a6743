#include "tools/aioemul/bench/bench.h"

#include <stdint.h>
#include <stdio.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/bench/bench_file.h"
#include "tools/aioemul/bench/machine.h"
#include "tools/aioemul/bench/measuring_process.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/options.h"
#include "tools/aioemul/bench/results.h"
#include "tools/aioemul/bench/suite.h"
#include "tools/aioemul/bench/table.h"
#include "tools/aioemul/byte_count.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/own_command.h"
#include "tools/aioemul/shared_flags.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

// The values of --variant, which may be given several times.
std::vector<std::string>& GivenVariants() {
  static auto& variants = *new std::vector<std::string>;
  return variants;
}

}  // namespace
}  // namespace aioemul::tools::bench

ABSL_FLAG(std::string, workloads, "",
          "What to measure, separated by commas; by default all.");
ABSL_FLAG(std::string, peers, "",
          "What to measure it with, separated by commas; by default all.");
ABSL_FLAG(std::string, x, "",
          "Depths, lengths or numbers of threads, separated by commas, in\n"
          "place of those in the menu.");
ABSL_FLAG(aioemul::tools::ByteCount, block_bytes,
          (aioemul::tools::ByteCount{4096}), "Bytes moved by one transfer.");
ABSL_FLAG(aioemul::tools::ByteCount, file_bytes,
          (aioemul::tools::ByteCount{256 << 20}),
          "The size of the file that is made in --directory.");
ABSL_FLAG(int, repeats, 3, "How often to measure each.");
ABSL_FLAG(std::string, json, "", "The file to write the results to.");
ABSL_FLAG(std::string, variant, "",
          "NAME:ENV=VALUE[,ENV=VALUE]: measure this library once more, with\n"
          "that environment.  May be given several times.")
    .OnUpdate([] {
      aioemul::tools::bench::GivenVariants().push_back(
          absl::GetFlag(FLAGS_variant));
    });
ABSL_FLAG(bool, system_calls, false,
          "Count system calls too, in runs of their own under strace.");

namespace aioemul::tools::bench {
namespace {

constexpr absl::string_view kFlags[] = {
    "workloads", "peers",   "x",           "block_bytes", "file_bytes",
    "directory", "seconds", "operations",  "repeats",     "json",
    "variant",   "list",    "system_calls"};

absl::StatusOr<BenchOptions> OptionsFromFlags() {
  BenchOptions options;
  auto workloads = ParseWorkloads(absl::GetFlag(FLAGS_workloads));
  if (!workloads.ok()) return workloads.status();
  options.workloads = *std::move(workloads);
  auto peers = ParsePeers(absl::GetFlag(FLAGS_peers));
  if (!peers.ok()) return peers.status();
  options.peers = *std::move(peers);
  auto xs = ParseXs(absl::GetFlag(FLAGS_x));
  if (!xs.ok()) return xs.status();
  options.xs = *std::move(xs);
  for (const std::string& text : GivenVariants()) {
    absl::Status status = ParseVariants(text, &options.variants);
    if (!status.ok()) return status;
  }
  const uint64_t block_bytes = absl::GetFlag(FLAGS_block_bytes).bytes;
  // What is too large stays so.
  options.block_bytes =
      static_cast<int>(std::min<uint64_t>(block_bytes, INT32_MAX));
  options.file_bytes = static_cast<int64_t>(
      std::min<uint64_t>(absl::GetFlag(FLAGS_file_bytes).bytes, INT64_MAX));
  const int seconds = absl::GetFlag(FLAGS_seconds);
  if (seconds != 0) options.seconds = seconds;
  options.operations = absl::GetFlag(FLAGS_operations);
  options.repeats = absl::GetFlag(FLAGS_repeats);
  const std::string directory = absl::GetFlag(FLAGS_directory);
  if (!directory.empty()) options.directory = directory;
  options.json = absl::GetFlag(FLAGS_json);
  options.system_calls = absl::GetFlag(FLAGS_system_calls);
  if (absl::Status status = CheckBenchOptions(options); !status.ok()) {
    return status;
  }
  return options;
}

void TellMissing(const std::vector<PeerNote>& notes) {
  for (const PeerNote& note : notes) {
    if (note.missing.empty()) continue;
    printf("missing: %s, %s\n", note.name.c_str(), note.missing.c_str());
  }
}

void TellTrouble(const std::vector<Result>& results) {
  for (const Result& result : results) {
    if (result.trouble.empty()) continue;
    PrintError(kBenchSubcommand.name,
               absl::StrCat(result.workload, ", ", result.axis, " ", result.x,
                            ", ", result.peer, ": ", result.trouble));
  }
}

absl::Status MeasureAll(const BenchOptions& options, bool* failed) {
  if (!options.json.empty()) {
    if (absl::Status status = CheckWritable(options.json); !status.ok()) {
      return status;
    }
  }
  const absl::StatusOr<File> file =
      MakeBenchFile(options.directory, options.file_bytes);
  if (!file.ok()) return file.status();
  Suite suite(options, PathForOthers(*file));
  Results all;
  all.machine = ThisMachine(file->fd());
  all.directory = options.directory;
  all.file_bytes = options.file_bytes;
  all.seconds = options.seconds;
  all.repeats = options.repeats;
  all.command = OwnCommandText();
  all.peers = suite.Notes();
  TellMissing(all.peers);
  fflush(stdout);
  absl::Status status = suite.Run([&all](std::vector<Result> results) {
    TellTrouble(results);
    printf("%s\n", RenderTable(results).c_str());
    fflush(stdout);
    all.results.insert(all.results.end(), results.begin(), results.end());
  });
  *failed = suite.failed();
  if (!status.ok() || options.json.empty()) return status;
  return WriteTextFile(options.json, ResultsToJson(all));
}

int RunBench(absl::Span<const std::string> arguments) {
  if (arguments.size() == 1 && DescribesMeasurement(arguments[0])) {
    MeasureAndExit(arguments[0]);
  }
  if (!arguments.empty()) {
    PrintError(kBenchSubcommand.name,
               absl::StrCat("unexpected argument ", Quoted(arguments[0]),
                            "; 'aioemul help bench' tells more"));
    return kExitUsage;
  }
  if (absl::GetFlag(FLAGS_list)) {
    fputs(RenderMenu().c_str(), stdout);
    return kExitSuccess;
  }
  CatchStopSignals();
  const absl::StatusOr<BenchOptions> options = OptionsFromFlags();
  bool failed = false;
  const absl::Status status =
      options.ok() ? MeasureAll(*options, &failed) : options.status();
  if (absl::IsCancelled(status)) DieOfSignal(StopSignalReceived());
  if (!status.ok()) {
    PrintError(kBenchSubcommand.name, status.message());
    return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
  }
  return failed ? kExitFailure : kExitSuccess;
}

}  // namespace

const Subcommand kBenchSubcommand = {
    "bench",
    "",
    "Measures this library beside others, and what its calls cost.",
    0,
    kFlags,
    RunBench,
    // The process that measures is told by an argument what.
    true,
};

}  // namespace aioemul::tools::bench
