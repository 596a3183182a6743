#include "tools/aioemul/bench/measuring_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/queue_workloads.h"
#include "tools/aioemul/bench/request_workloads.h"
#include "tools/aioemul/bench/transfer_workloads.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

using Clock = std::chrono::steady_clock;

// How often a stop signal is looked for that came just before a wait.
constexpr int kWaitMilliseconds = 100;

std::vector<char*> Pointers(std::vector<std::string>& words) {
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The present environment with `changed` in it.
std::vector<std::string> Environment(const std::vector<std::string>& changed) {
  std::vector<std::string> all = changed;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const absl::string_view text = *variable;
    // With the equals sign.
    const absl::string_view name = text.substr(0, text.find('=') + 1);
    const bool replaced = std::any_of(changed.begin(), changed.end(),
                                      [name](const std::string& setting) {
                                        return absl::StartsWith(setting, name);
                                      });
    if (!replaced) all.emplace_back(text);
  }
  return all;
}

// A child and what it prints.
class Child {
 public:
  Child() = default;
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    End();
    if (out_ >= 0) close(out_);
  }

  absl::Status Start(std::vector<std::string> words,
                     const std::vector<std::string>& environment);

  // All its output, once it has closed it.
  absl::StatusOr<std::string> Read(double longest_seconds);

  // Its end, in words; empty when it is a good one.
  std::string Await();

 private:
  // Kills it with all that it started.
  void End() {
    if (pid_ <= 0) return;
    kill(-pid_, SIGKILL);
    Await();
  }

  pid_t pid_ = -1;
  int out_ = -1;
};

absl::Status Child::Start(std::vector<std::string> words,
                          const std::vector<std::string>& environment) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError(errno, "opening", "pipe");
  out_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own, which can be ended as a whole; a terminal's signals
  // come to us, and we end it.
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  sigset_t usual;
  sigfillset(&usual);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  std::vector<std::string> all = Environment(environment);
  const int error = posix_spawnp(&pid_, words[0].c_str(), &actions, &attributes,
                                 Pointers(words).data(), Pointers(all).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return absl::OkStatus();
  pid_ = -1;
  if (error == ENOENT) {
    return absl::NotFoundError(absl::StrCat(words[0], " is not installed"));
  }
  return SystemError(error, "executing", words[0]);
}

absl::StatusOr<std::string> Child::Read(double longest_seconds) {
  const Clock::time_point begun = Clock::now();
  std::string text;
  while (true) {
    if (StopSignalReceived() != 0) return absl::CancelledError("interrupted");
    const std::chrono::duration<double> passed = Clock::now() - begun;
    if (passed.count() >= longest_seconds) {
      return absl::DeadlineExceededError(absl::StrFormat(
          "stalled, or too slow: not finished after %.0f s", longest_seconds));
    }
    pollfd wanted = {out_, POLLIN, 0};
    if (poll(&wanted, 1, kWaitMilliseconds) <= 0) continue;
    char buffer[4096];
    const ssize_t count = read(out_, buffer, sizeof buffer);
    if (count == 0) return text;
    if (count > 0) text.append(buffer, static_cast<size_t>(count));
  }
}

std::string Child::Await() {
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    return absl::StrCat("its process was ended by signal ", WTERMSIG(status));
  }
  return "";
}

}  // namespace

bool DescribesMeasurement(absl::string_view argument) {
  return absl::StartsWith(argument, "{");
}

absl::StatusOr<MeasuredRun> Measure(const Measurement& measurement) {
  const Workload* const workload = FindWorkload(measurement.workload);
  const Peer* const peer = FindPeer(measurement.peer);
  if (workload == nullptr || peer == nullptr ||
      !TakesPart(*workload, peer->name)) {
    return absl::InvalidArgumentError("no such workload, or not for this peer");
  }
  switch (workload->kind) {
    case WorkloadKind::kQueue:
      return MeasureQueue(*peer->aio, measurement);
    case WorkloadKind::kQueueHeld:
      return MeasureQueueHeld(*peer->aio, measurement);
    case WorkloadKind::kCancel:
      return MeasureCancel(*peer->aio, measurement);
    case WorkloadKind::kSuspend:
    case WorkloadKind::kSuspendPipe:
      return MeasureSuspend(*peer->aio,
                            workload->kind == WorkloadKind::kSuspendPipe,
                            measurement);
    case WorkloadKind::kError:
      return MeasureError(*peer->aio, measurement);
    case WorkloadKind::kTransfers:
    case WorkloadKind::kIdlePipes:
    case WorkloadKind::kThreads:
      break;
  }
  return MeasureTransfers(*workload, *peer, measurement);
}

void MeasureAndExit(const std::string& argument) {
  // A peer that stalls would outlive a command that is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const absl::StatusOr<Measurement> measurement = MeasurementFromJson(argument);
  const absl::StatusOr<MeasuredRun> run =
      measurement.ok() ? Measure(*measurement) : measurement.status();
  puts(RunToJson(run).c_str());
  fflush(stdout);
  // Without waiting for anybody's threads.
  _exit(0);
}

absl::StatusOr<MeasuredRun> RunMeasuringProcess(const Measurement& measurement,
                                                const ProcessOptions& options) {
  std::vector<std::string> words = options.wrapper;
  // Not "self": that would be the wrapper.
  words.push_back(absl::StrCat("/proc/", getpid(), "/exe"));
  words.emplace_back("bench");
  words.push_back(MeasurementToJson(measurement));
  Child child;
  absl::Status status = child.Start(words, options.environment);
  if (!status.ok()) return status;
  const absl::StatusOr<std::string> text = child.Read(options.longest_seconds);
  if (!text.ok()) return text.status();
  const std::string end = child.Await();
  if (!end.empty()) return absl::UnknownError(end);
  return RunFromJson(*text);
}

}  // namespace aioemul::tools::bench
