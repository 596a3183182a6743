#include "tools/aioemul/soak_plan.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "tests/stress/bug.h"
#include "tests/stress/mix.h"
#include "tests/stress/mixes.h"
#include "tests/stress/random.h"
#include "tools/aioemul/soak_values.h"

namespace aioemul::tools {
namespace {

// Some tenths of a second of work.
constexpr int kOperations = 8000;
constexpr int kMostThreads = 64;

// Those in which some of the kinds asked for can be had.
std::vector<const stress::NamedMix*> FitMixes(const SoakOptions& options) {
  std::string wanted = options.mix;
  if (wanted.empty() && !options.plant.empty()) {
    wanted = stress::MixFor(BugOf(options));
  }
  std::vector<const stress::NamedMix*> fit;
  for (const stress::NamedMix& mix : stress::NamedMixes()) {
    if (!wanted.empty() && mix.name != wanted) continue;
    if (options.per_mille > 0 && KindsIn(mix.mix, options.kinds) == 0) continue;
    fit.push_back(&mix);
  }
  return fit;
}

template <typename Named>
std::string NamesOf(const std::vector<Named>& all) {
  return absl::StrJoin(all, ", ", [](std::string* out, const Named& named) {
    absl::StrAppend(out, named.name);
  });
}

template <typename Named>
bool IsAmong(const std::vector<Named>& all, absl::string_view name) {
  return std::any_of(all.begin(), all.end(),
                     [&](const Named& named) { return named.name == name; });
}

// " --name=value", quoted for the shell where that is needed.
std::string Option(absl::string_view name, absl::string_view value) {
  const bool plain = std::all_of(value.begin(), value.end(), [](char c) {
    return absl::StrContains(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
        "/._,%+-",
        absl::string_view(&c, 1));
  });
  if (plain) return absl::StrCat(" --", name, "=", value);
  return absl::StrCat(" --", name, "='",
                      absl::StrReplaceAll(value, {{"'", "'\\''"}}), "'");
}

}  // namespace

absl::Status CheckSoakOptions(const SoakOptions& options) {
  const auto misuse = [](absl::string_view message) {
    return absl::InvalidArgumentError(message);
  };
  if (options.seconds < 0) return misuse("--seconds must not be negative");
  if (options.operations < 0) {
    return misuse("--operations must not be negative");
  }
  if (options.threads < 1 || options.threads > kMostThreads) {
    return misuse(absl::StrCat("--threads must be from 1 to ", kMostThreads));
  }
  if (!options.mix.empty() && !IsAmong(stress::NamedMixes(), options.mix)) {
    return misuse(
        absl::StrCat("--mix must be among ", NamesOf(stress::NamedMixes())));
  }
  if (!options.plant.empty() && !IsAmong(stress::NamedBugs(), options.plant)) {
    return misuse(
        absl::StrCat("--plant must be among ", NamesOf(stress::NamedBugs())));
  }
  if (FitMixes(options).empty()) {
    return misuse(absl::StrCat(
        "none of --kinds=", AbslUnparseFlag(FaultKinds{options.kinds}),
        " can be had in this mix"));
  }
  return absl::OkStatus();
}

stress::Bug BugOf(const SoakOptions& options) {
  for (const stress::NamedBug& bug : stress::NamedBugs()) {
    if (bug.name == options.plant) return bug.bug;
  }
  return stress::Bug::kNone;
}

SoakProgram MakeProgram(const SoakOptions& options, uint64_t seed,
                        int operations) {
  const std::vector<const stress::NamedMix*> mixes = FitMixes(options);
  stress::Random random(stress::Key({seed}));
  const stress::NamedMix& chosen = *mixes[random.Below(mixes.size())];
  SoakProgram program = {seed, kOperations, chosen.name, {}};
  if (operations > 0) program.operations = std::min(operations, kOperations);
  program.mix =
      stress::WithFaults(chosen.mix, options.kinds, options.per_mille);
  program.mix.threads = options.threads;
  program.mix.operations = std::max(program.operations / options.threads, 1);
  program.mix.full_disk = options.full_disk;
  return program;
}

uint64_t NextSeed(uint64_t seed) { return stress::Mixed(seed); }

std::string ReplayCommand(const SoakOptions& options,
                          const SoakProgram& program,
                          const stress::Tuning& tuning) {
  std::string command = absl::StrCat(
      stress::ToString(tuning), " aioemul soak --seed=", program.seed,
      " --operations=", program.operations, " --threads=", options.threads,
      " --mix=", program.mix_name,
      " --faults=", AbslUnparseFlag(FaultRate{options.per_mille}),
      " --kinds=", AbslUnparseFlag(FaultKinds{options.kinds}),
      Option("directory", options.directory));
  if (!options.plant.empty())
    absl::StrAppend(&command, " --plant=", options.plant);
  if (options.full_disk) absl::StrAppend(&command, " --full_disk");
  return command;
}

}  // namespace aioemul::tools
