#include <memory>

#include "emul/engine.h"
#include "emul/options.h"
#include "tests/stress/sabotage.h"
#include "tests/stress/stage.h"

namespace aioemul::stress {
namespace {

Options OptionsOf(const Mix& mix, const Tuning& tuning) {
  Options options;
  options.threads.Set(mix.workers);
  options.idle_time.Set(mix.idle_time);
  options.max_requests.Set(mix.max_requests);
  options.inline_bytes.Set(tuning.inline_bytes);
  options.merge_bytes.Set(tuning.merge_bytes);
  options.spin.Set(tuning.spin);
  options.inline_write_bytes.Set(tuning.inline_write_bytes);
  return options;
}

class OwnStage final : public Stage {
 public:
  OwnStage(const Mix& mix, const Tuning& tuning, uint64_t seed, Bug bug,
           Buffers& buffers)
      : platform_(bug, mix.faults, seed, buffers),
        engine_(std::make_unique<Engine>(OptionsOf(mix, tuning), platform_)),
        calls_(*engine_),
        sabotaged_(std::make_unique<SabotagedEngine>(bug, calls_, &platform_)) {
  }

  EngineUnderTest& engine() override { return *sabotaged_; }
  void OnStall() override { platform_.OnStall(); }
  void StopFaults() override { platform_.StopFaults(); }

  Injected Finish(Failures& failures) override {
    sabotaged_.reset();
    engine_.reset();
    platform_.AwaitNotificationThreads();
    failures.Check(platform_.allocations() == 0, "the engine leaked memory");
    const InjectedCounts& counts = platform_.injected();
    return {counts.errors,     counts.cuts,        counts.interruptions,
            counts.delays,     counts.sync_errors, counts.memory,
            counts.threads,    counts.signals,     counts.misses,
            counts.broken_runs};
  }
  Ways ways() const override { return platform_.ways(); }

 private:
  SabotagedPlatform platform_;
  std::unique_ptr<Engine> engine_;
  OwnEngine calls_;
  std::unique_ptr<SabotagedEngine> sabotaged_;
};

}  // namespace

std::unique_ptr<Stage> MakeOwnStage(const Mix& mix, const Tuning& tuning,
                                    uint64_t seed, Bug bug, Buffers& buffers) {
  return std::make_unique<OwnStage>(mix, tuning, seed, bug, buffers);
}

}  // namespace aioemul::stress
