#include "tools/aioemul/check/check_process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/trial.h"
#include "tools/aioemul/system_error.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::check {
namespace {

// The first argument of a task; the others are the backend, the check and the
// directory.  No backend is called so.
constexpr char kTaskMark[] = "=task";
constexpr size_t kTaskWords = 4;

// The descriptor of the results in the process of a check.
constexpr int kResults = 3;

// What a backend prints beyond this is dropped.
constexpr size_t kMostPrinted = 16 << 10;

// --- In the process of the check.

void AllowNoCoreDump() {
  // Of one byte: at 0 the kernel would still start a program that takes dumps
  // through a pipe.
  const rlimit none = {1, 1};
  setrlimit(RLIMIT_CORE, &none);
}

// Tells in one line that the backend cannot be had.
[[noreturn]] void TellMissing(int results, absl::string_view reason) {
  const std::string line = absl::StrCat(
      "notrun ", absl::StrReplaceAll(reason, {{"\n", " "}}), "\ndone \n");
  if (write(results, line.data(), line.size()) < 0) _exit(1);
  _exit(0);
}

const Check* FindCheck(absl::Span<const Check* const> checks,
                       absl::string_view name) {
  for (const Check* check : checks) {
    if (check->name == name) return check;
  }
  return nullptr;
}

// What is done with a backend when there is no check.
void Load(Trial& trial) { trial.Expect(true, "loaded"); }

// --- In the process that judges.

void CloseOnce(int* fd) {
  if (*fd >= 0) close(std::exchange(*fd, -1));
}

absl::StatusOr<pid_t> Spawn(std::vector<std::string> words, int results,
                            int output) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawn_file_actions_adddup2(&actions, results, kResults);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID |
                                            POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETSIGMASK);
  sigset_t signals;
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, "/proc/self/exe", &actions, &attributes,
                                argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return SystemError(error, "starting", words[0]);
  return pid;
}

// A pipe whose reading end never blocks; both ends stay out of other programs,
// and above the numbers that the process of a check uses.
absl::StatusOr<std::pair<int, int>> Pipe() {
  int low[2];
  if (pipe2(low, O_CLOEXEC) != 0) return SystemError(errno, "opening", "pipe");
  int ends[2];
  for (int i = 0; i < 2; ++i) {
    ends[i] = fcntl(low[i], F_DUPFD_CLOEXEC, kResults + 1);
    const int error = errno;
    close(low[i]);
    if (ends[i] < 0) return SystemError(error, "opening", "pipe");
  }
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  return std::make_pair(ends[0], ends[1]);
}

// Hands what there is to read to `take`; closes at the end.
template <typename Take>
void ReadAvailable(int* fd, const Take& take) {
  char buffer[4096];
  while (*fd >= 0) {
    const ssize_t count = read(*fd, buffer, sizeof(buffer));
    if (count > 0) {
      take(absl::string_view(buffer, static_cast<size_t>(count)));
    } else if (count == 0) {
      CloseOnce(fd);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

bool IsTask(absl::Span<const std::string> arguments) {
  return !arguments.empty() && arguments[0] == kTaskMark;
}

void DoTaskAndExit(absl::Span<const std::string> arguments,
                   absl::Span<const Check* const> checks) {
  // A backend that hangs would outlive a command that is killed.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  AllowNoCoreDump();
  fcntl(kResults, F_SETFD, FD_CLOEXEC);
  if (arguments.size() != kTaskWords) _exit(2);
  constexpr Check kLoad = {"", "", "", Standing::kDemanded, "", Load};
  const Check* const check =
      arguments[2].empty() ? &kLoad : FindCheck(checks, arguments[2]);
  if (check == nullptr) _exit(2);
  RunCheckHere(arguments[1], *check, kResults, arguments[3]);
}

void RunCheckHere(const std::string& backend, const Check& check, int results,
                  const std::string& directory) {
  if (check.prepare != nullptr) check.prepare();
  const absl::StatusOr<Backend> opened = OpenBackend(backend);
  if (!opened.ok()) TellMissing(results, opened.status().message());
  Trial trial(*opened, results, directory);
  check.run(trial);
  trial.Stop();
}

absl::StatusOr<std::unique_ptr<CheckProcess>> CheckProcess::Start(
    const Task& task, const std::string& directory) {
  absl::StatusOr<std::pair<int, int>> results = Pipe();
  if (!results.ok()) return results.status();
  absl::StatusOr<std::pair<int, int>> output = Pipe();
  if (!output.ok()) {
    close(results->first);
    close(results->second);
    return output.status();
  }
  const absl::StatusOr<pid_t> pid = Spawn({"aioemul", "check", "--", kTaskMark,
                                           task.backend, task.check, directory},
                                          results->second, output->second);
  close(results->second);
  close(output->second);
  if (!pid.ok()) {
    close(results->first);
    close(output->first);
    return pid.status();
  }
  return std::unique_ptr<CheckProcess>(
      new CheckProcess(*pid, results->first, output->first));
}

CheckProcess::~CheckProcess() {
  if (pid_ > 0) End();
  CloseOnce(&results_);
  CloseOnce(&output_);
}

void CheckProcess::Read() {
  ReadAvailable(&results_,
                [this](absl::string_view text) { reader_.Feed(text); });
  ReadAvailable(&output_, [this](absl::string_view text) {
    const size_t room = kMostPrinted - printed_.size();
    absl::StrAppend(&printed_, text.substr(0, room));
  });
}

bool CheckProcess::HasEnded() const {
  siginfo_t end = {};
  return waitid(P_PID, static_cast<id_t>(pid_), &end,
                WEXITED | WNOHANG | WNOWAIT) == 0 &&
         end.si_pid == pid_;
}

int CheckProcess::End() {
  // While it is not waited for, its group's number is its own.  It leads the
  // group from before exec on.
  kill(-pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

Outcome CheckProcess::Finish(bool timed_out) {
  ProcessEnd end;
  end.timed_out = timed_out;
  end.status = End();
  Read();
  Outcome outcome = reader_.Judge(end);
  outcome.printed = printed_;
  return outcome;
}

}  // namespace aioemul::tools::check
