#include "tools/aioemul/check/runner.h"

#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>

#include <algorithm>
#include <chrono>
#include <list>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check_process.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/scratch.h"
#include "tools/aioemul/stop_signals.h"

namespace aioemul::tools::check {
namespace {

using Clock = std::chrono::steady_clock;

void Ignore(int /*signal_number*/) {}

// While it lives, the signals that end a wait come in the wait alone, so that
// none comes between a look and the wait.
class WaitSignals {
 public:
  WaitSignals() {
    // Without a handler it would not interrupt the wait.
    struct sigaction action = {};
    action.sa_handler = Ignore;
    sigaction(SIGCHLD, &action, &former_action_);
    sigset_t awaited;
    sigemptyset(&awaited);
    for (int number : {SIGCHLD, SIGINT, SIGTERM, SIGHUP}) {
      sigaddset(&awaited, number);
    }
    pthread_sigmask(SIG_BLOCK, &awaited, &former_mask_);
    in_wait_ = former_mask_;
    sigdelset(&in_wait_, SIGCHLD);
  }
  WaitSignals(const WaitSignals&) = delete;
  WaitSignals& operator=(const WaitSignals&) = delete;
  ~WaitSignals() {
    pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
    sigaction(SIGCHLD, &former_action_, nullptr);
  }

  const sigset_t& in_wait() const { return in_wait_; }

 private:
  struct sigaction former_action_;
  sigset_t former_mask_;
  sigset_t in_wait_;
};

struct Running {
  size_t index;
  Scratch directory;
  std::unique_ptr<CheckProcess> process;
  Clock::time_point begun;
};

class Runner {
 public:
  Runner(absl::Span<const Task> tasks, const RunnerOptions& options,
         absl::FunctionRef<void(size_t, Outcome)> done)
      : tasks_(tasks),
        limit_(std::chrono::duration_cast<Clock::duration>(options.limit)),
        jobs_(static_cast<size_t>(std::max(options.jobs, 1))),
        done_(done) {}

  absl::Status Run();

 private:
  absl::Status Start();
  void Wait() const;
  void Collect();

  const absl::Span<const Task> tasks_;
  const Clock::duration limit_;
  const size_t jobs_;
  const absl::FunctionRef<void(size_t, Outcome)> done_;
  const WaitSignals signals_;
  size_t next_ = 0;
  std::list<Running> running_;
};

absl::Status Runner::Run() {
  while (next_ < tasks_.size() || !running_.empty()) {
    while (next_ < tasks_.size() && running_.size() < jobs_) {
      if (absl::Status status = Start(); !status.ok()) return status;
    }
    Wait();
    if (StopSignalReceived() != 0) return absl::CancelledError("interrupted");
    Collect();
  }
  return absl::OkStatus();
}

absl::Status Runner::Start() {
  absl::StatusOr<Scratch> directory = Scratch::Make();
  if (!directory.ok()) return directory.status();
  auto process = CheckProcess::Start(tasks_[next_], directory->path());
  if (!process.ok()) return process.status();
  running_.push_back(
      {next_++, *std::move(directory), *std::move(process), Clock::now()});
  return absl::OkStatus();
}

void Runner::Wait() const {
  std::vector<pollfd> wanted;
  Clock::time_point first_deadline = Clock::time_point::max();
  for (const Running& running : running_) {
    // Closed ones are -1, which poll passes over.
    wanted.push_back({running.process->results(), POLLIN, 0});
    wanted.push_back({running.process->output(), POLLIN, 0});
    first_deadline = std::min(first_deadline, running.begun + limit_);
  }
  const auto left = std::chrono::nanoseconds(
      std::max(first_deadline - Clock::now(), Clock::duration::zero()));
  const timespec timeout = {left.count() / 1'000'000'000,
                            left.count() % 1'000'000'000};
  ppoll(wanted.data(), wanted.size(), &timeout, &signals_.in_wait());
}

void Runner::Collect() {
  const Clock::time_point now = Clock::now();
  for (auto it = running_.begin(); it != running_.end();) {
    it->process->Read();
    const bool ended = it->process->HasEnded();
    const bool late = now - it->begun >= limit_;
    if (!ended && !late) {
      ++it;
      continue;
    }
    Outcome outcome = it->process->Finish(!ended);
    outcome.seconds = std::chrono::duration<double>(now - it->begun).count();
    const size_t index = it->index;
    it = running_.erase(it);
    done_(index, std::move(outcome));
  }
}

}  // namespace

absl::Status RunTasks(absl::Span<const Task> tasks,
                      const RunnerOptions& options,
                      absl::FunctionRef<void(size_t, Outcome)> done) {
  return Runner(tasks, options, done).Run();
}

}  // namespace aioemul::tools::check
