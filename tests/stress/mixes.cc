#include "tests/stress/mixes.h"

#include <algorithm>

namespace aioemul::stress {
namespace {

// Many workers: how fast it can go wrong.
Mix Files() {
  Mix mix;
  mix.workers = 16;
  mix.shared_files = 2;
  mix.append_files = 1;
  mix.lists = mix.syncs = mix.cancels = true;
  return mix;
}

Mix Streams() {
  Mix mix;
  mix.workers = 2;
  mix.channels = 3;
  mix.devices = 1;
  mix.shared_files = 1;
  mix.lists = mix.cancels = true;
  return mix;
}

Mix Everything() {
  Mix mix;
  mix.workers = 4;
  mix.shared_files = 1;
  mix.append_files = 2;
  mix.channels = 1;
  mix.devices = 1;
  mix.lists = mix.syncs = mix.cancels = true;
  return mix;
}

// Limits are met all the time, and workers come and go.
Mix Scarcity() {
  Mix mix;
  mix.workers = 3;
  mix.max_requests = 24;
  mix.shared_files = 1;
  mix.append_files = 1;
  mix.lists = mix.syncs = mix.cancels = mix.reconfigure = true;
  return mix;
}

Mix Handlers() {
  Mix mix = Everything();
  mix.workers = 8;
  mix.reconfigure = mix.handlers = true;
  return mix;
}

// Few workers, so that much is queued when a descriptor is closed.
Mix Process() {
  Mix mix = Everything();
  mix.public_interface = true;
  mix.workers = 2;
  mix.idle_time = 1;
  mix.append_files = 1;
  mix.reopened = 4;
  mix.handlers = true;
  return mix;
}

}  // namespace

const std::vector<NamedMix>& NamedMixes() {
  static const auto* const mixes = new std::vector<NamedMix>{
      {"files", Files()},           {"streams", Streams()},
      {"everything", Everything()}, {"scarcity", Scarcity()},
      {"handlers", Handlers()},     {"process", Process()},
  };
  return *mixes;
}

const Mix* FindMix(const std::string& name) {
  const std::vector<NamedMix>& all = NamedMixes();
  const auto found =
      std::find_if(all.begin(), all.end(),
                   [&](const NamedMix& mix) { return mix.name == name; });
  return found == all.end() ? nullptr : &found->mix;
}

// --- Faults

const std::vector<NamedKind>& NamedKinds() {
  static const auto* const kinds = new std::vector<NamedKind>{
      {"errors", kErrors}, {"cuts", kCuts},       {"delays", kDelays},
      {"memory", kMemory}, {"threads", kThreads}, {"signals", kSignals},
      {"forks", kForks},   {"closes", kCloses},
  };
  return *kinds;
}

unsigned KindsIn(const Mix& mix, unsigned kinds) {
  return kinds & (mix.public_interface
                      ? kErrors | kThreads | kSignals | kForks | kCloses
                      : kAllKinds & ~(kForks | kCloses));
}

Mix WithFaults(Mix mix, unsigned kinds, int per_mille) {
  const unsigned had = KindsIn(mix, kinds);
  const auto rate = [&](FaultKind kind) {
    return (had & kind) != 0 ? per_mille : 0;
  };
  FaultRates& faults = mix.faults;
  faults.error = rate(kErrors);
  // Only a platform of ours can make this fail.
  faults.sync_error = mix.public_interface ? 0 : rate(kErrors);
  faults.cut = faults.interruption = faults.miss = rate(kCuts);
  faults.delay = rate(kDelays);
  faults.memory = rate(kMemory);
  faults.thread = rate(kThreads);
  faults.signals = rate(kSignals);
  faults.fork = rate(kForks);
  faults.close = rate(kCloses);
  return mix;
}

// --- Bugs

const std::vector<NamedBug>& NamedBugs() {
  static const auto* const bugs = new std::vector<NamedBug>{
      {"lost-completion", Bug::kLostCompletion},
      {"lost-notification", Bug::kLostNotification},
      {"duplicate-notification", Bug::kDuplicateNotification},
      {"wrong-byte-written", Bug::kWrongByteWritten},
      {"wrong-byte-read", Bug::kWrongByteRead},
      {"reordered-append", Bug::kReorderedAppend},
      {"overtaking-sync", Bug::kOvertakingSync},
      {"cancelled-write-done", Bug::kCancelledWriteDone},
      {"byte-lost-by-cancel", Bug::kByteLostByCancel},
      {"unseen-close", Bug::kUnseenClose},
      {"unseen-fork", Bug::kUnseenFork},
      {"wrong-byte-at-once", Bug::kWrongByteAtOnce},
      {"mixed-up-run", Bug::kMixedUpRun},
      {"part-taken-for-end", Bug::kPartTakenForEnd},
  };
  return *bugs;
}

std::string MixFor(Bug bug) {
  switch (bug) {
    case Bug::kByteLostByCancel:
      return "streams";
    case Bug::kWrongByteAtOnce:
    case Bug::kMixedUpRun:
    case Bug::kPartTakenForEnd:
      return "files";
    case Bug::kUnseenClose:
    case Bug::kUnseenFork:
      return "process";
    default:
      return "everything";
  }
}

}  // namespace aioemul::stress
