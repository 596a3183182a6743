#include "tools/aioemul/soak.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tests/stress/mixes.h"
#include "tests/stress/run.h"
#include "tests/stress/tuning.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/shared_flags.h"
#include "tools/aioemul/soak_plan.h"
#include "tools/aioemul/soak_report.h"
#include "tools/aioemul/soak_values.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"

ABSL_FLAG(int, threads, 4, "How many threads submit.");
ABSL_FLAG(aioemul::tools::FaultRate, faults, (aioemul::tools::FaultRate{10}),
          "How often each kind of fault is injected.");
ABSL_FLAG(aioemul::tools::FaultKinds, kinds,
          (aioemul::tools::FaultKinds{aioemul::stress::kAllKinds}),
          "Which kinds of faults.");
ABSL_FLAG(std::string, mix, "",
          "What the programs do; by default this changes between programs.");
ABSL_FLAG(std::string, plant, "", "A bug to be found.");
ABSL_FLAG(bool, full_disk, false,
          "The file system of the directory may be full.");

namespace aioemul::tools {
namespace {

constexpr absl::string_view kFlags[] = {
    "seconds", "operations", "seed", "threads", "faults",
    "kinds",   "directory",  "mix",  "plant",   "full_disk"};

constexpr int kUsualSeconds = 10;
constexpr uint64_t kBytesOfThread = uint64_t{16} << 20;

uint64_t NewSeed() {
  std::random_device random;
  return (uint64_t{random()} << 32) | random();
}

std::string DefaultDirectory() {
  const char* directory = getenv("TMPDIR");
  return directory != nullptr && *directory != '\0' ? directory : "/tmp";
}

SoakOptions OptionsFromFlags() {
  SoakOptions options;
  options.seed = absl::GetFlag(FLAGS_seed);
  if (options.seed == 0) options.seed = NewSeed();
  options.operations = absl::GetFlag(FLAGS_operations);
  options.seconds = absl::GetFlag(FLAGS_seconds);
  if (options.seconds == 0 && options.operations == 0) {
    options.seconds = kUsualSeconds;
  }
  options.threads = absl::GetFlag(FLAGS_threads);
  options.per_mille = absl::GetFlag(FLAGS_faults).per_mille;
  options.kinds = absl::GetFlag(FLAGS_kinds).set;
  options.directory = absl::GetFlag(FLAGS_directory);
  if (options.directory.empty()) options.directory = DefaultDirectory();
  options.mix = absl::GetFlag(FLAGS_mix);
  options.plant = absl::GetFlag(FLAGS_plant);
  options.full_disk = absl::GetFlag(FLAGS_full_disk);
  return options;
}

absl::Status CheckDirectory(const SoakOptions& options) {
  const std::string& directory = options.directory;
  struct statvfs system;
  if (statvfs(directory.c_str(), &system) != 0 ||
      access(directory.c_str(), W_OK | X_OK) != 0) {
    return absl::InvalidArgumentError(
        SystemError(errno, "using", directory).message());
  }
  const uint64_t free = uint64_t{system.f_bavail} * system.f_frsize;
  const uint64_t needed =
      kBytesOfThread * static_cast<uint64_t>(options.threads);
  if (options.full_disk || free >= needed) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("less than ", needed >> 20, " MiB are free in ",
                   Quoted(directory), "; --full_disk makes do with less"));
}

// Runs one program after the other.
class Soak {
 public:
  explicit Soak(const SoakOptions& options) : options_(options) {}

  // Until the time has passed, the operations are done, a signal stops it, or
  // something is wrong.  The exit status.
  int Run();

 private:
  using Clock = std::chrono::steady_clock;

  double seconds() const {
    return std::chrono::duration<double>(Clock::now() - begun_).count();
  }
  bool IsOver() const;
  void RunProgram(const SoakProgram& program);
  void TellFailures(const stress::Report& report, const SoakProgram& program,
                    const stress::Tuning& tuning);
  void PrintTable();

  const SoakOptions options_;
  const Clock::time_point begun_ = Clock::now();
  SoakDisplay display_;
  int programs_ = 0;
  int64_t operations_ = 0;
  stress::Report total_;
};

int Soak::Run() {
  uint64_t seed = options_.seed;
  do {
    const int64_t left = options_.operations - operations_;
    RunProgram(MakeProgram(
        options_, seed, options_.operations == 0 ? 0 : static_cast<int>(left)));
    seed = NextSeed(seed);
  } while (!IsOver());
  PrintTable();
  return total_.failures.empty() ? kExitSuccess : kExitFailure;
}

bool Soak::IsOver() const {
  if (!total_.failures.empty() || StopSignalReceived() != 0) return true;
  if (options_.seconds > 0 && seconds() >= options_.seconds) return true;
  return options_.operations > 0 && operations_ >= options_.operations;
}

void Soak::RunProgram(const SoakProgram& program) {
  stress::Setting setting;
  setting.directory = options_.directory;
  setting.bug = BugOf(options_);
  const stress::Tuning tuning =
      stress::TuningOf(program.mix, program.seed, setting);
  // Its threads cannot be ended any more.
  setting.stuck = [&](const stress::Report& report) {
    TellFailures(report, program, tuning);
    total_.Add(report);
    PrintTable();
    _exit(kExitFailure);
  };
  ++programs_;
  operations_ += program.operations;
  const stress::Report report =
      stress::RunMix(program.mix, program.seed, setting);
  total_.Add(report);
  if (!report.failures.empty()) TellFailures(report, program, tuning);
  display_.Show(absl::StrFormat("soak: %.0f s, %d programs, %d requests",
                                seconds(), programs_, total_.counts.accepted));
}

void Soak::TellFailures(const stress::Report& report,
                        const SoakProgram& program,
                        const stress::Tuning& tuning) {
  display_.Erase();
  for (const std::string& failure : report.failures) {
    PrintError(kSoakSubcommand.name, failure);
  }
  PrintError(kSoakSubcommand.name,
             absl::StrCat("again: ", ReplayCommand(options_, program, tuning)));
}

void Soak::PrintTable() {
  display_.Erase();
  fputs(RenderSoakTable(total_, programs_, seconds()).c_str(), stdout);
  fflush(stdout);
}

int RunSoak(absl::Span<const std::string> /*arguments*/) {
  CatchStopSignals();
  const SoakOptions options = OptionsFromFlags();
  absl::Status status = CheckSoakOptions(options);
  if (status.ok()) status = CheckDirectory(options);
  if (!status.ok()) {
    PrintError(kSoakSubcommand.name, status.message());
    return kExitUsage;
  }
  printf("seed %s\n", absl::StrCat(options.seed).c_str());
  fflush(stdout);
  const int exit_status = Soak(options).Run();
  if (exit_status == kExitSuccess && StopSignalReceived() != 0) {
    DieOfSignal(StopSignalReceived());
  }
  return exit_status;
}

}  // namespace

const Subcommand kSoakSubcommand = {
    "soak",
    "",
    "Runs random programs with injected faults and checks all that comes of "
    "them.",
    0,
    kFlags,
    RunSoak,
};

}  // namespace aioemul::tools
