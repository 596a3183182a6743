#include "tools/aioemul/diff/child_process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <new>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/child.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/orders.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::diff {
namespace {

using Clock = std::chrono::steady_clock;
using Words = std::vector<absl::string_view>;

// How often it is looked whether there is progress.
constexpr int kWaitMilliseconds = 50;

constexpr absl::string_view kEvents[] = {"submitting",
                                         "submitting again",
                                         "lio_listio",
                                         "aio_error",
                                         "waiting for",
                                         "aio_return",
                                         "aio_error",
                                         "aio_cancel",
                                         "aio_cancel",
                                         "aio_suspend",
                                         "sending",
                                         "receiving",
                                         "hanging up",
                                         "the wait for all that is left",
                                         "the wait for notifications"};

// The last thing that the child has told of itself.
std::string PlaceOf(const Progress& progress) {
  const auto event = static_cast<size_t>(progress.event);
  return absl::StrCat("in step ", progress.step.load(), ", ",
                      event < std::size(kEvents)
                          ? kEvents[event]
                          : absl::string_view("comparing"));
}

Event EventOf(const Words& words) {
  Event event;
  if (words.size() < 9) return event;
  int kind = 0;
  Expectation& expectation = event.expectation;
  if (!absl::SimpleAtoi(words[1], &kind) ||
      !absl::SimpleAtoi(words[2], &event.number) ||
      !absl::SimpleAtoi(words[3], &event.bytes) ||
      !absl::SimpleAtoi(words[5], &expectation.low) ||
      !absl::SimpleAtoi(words[6], &expectation.high)) {
    return event;
  }
  event.kind = static_cast<Event::Kind>(kind);
  for (absl::string_view word :
       absl::StrSplit(words[4], ',', absl::SkipEmpty())) {
    long value = 0;
    if (absl::SimpleAtoi(word, &value)) expectation.legal.push_back(value);
  }
  expectation.what = std::string(words[8]);
  return event;
}

// Takes one line; false when it says that nothing could be run.
absl::Status TakeLine(absl::string_view line, ChildReport* report,
                      bool* ended) {
  const Words words = absl::StrSplit(line, '\t');
  if (words.size() < 2) return absl::OkStatus();
  if (words[0] == "not-run") {
    return absl::FailedPreconditionError(words[1]);
  }
  if (words[0] == "end") *ended = true;
  if (words[0] == "missing") report->missing.emplace_back(words[1]);
  if (words[0] == "begin") report->events.clear();
  if (words[0] == "event") report->events.push_back(EventOf(words));
  if (words.size() < 3) return absl::OkStatus();
  if (words[0] == "fault") {
    report->faults.push_back({std::string(words[1]), std::string(words[2])});
  }
  int64_t count = 0;
  if (words[0] == "count" && absl::SimpleAtoi(words[2], &count)) {
    report->counts[std::string(words[1])] += count;
  }
  return absl::OkStatus();
}

std::string EndText(int status) {
  if (WIFSIGNALED(status)) {
    return absl::StrCat("the process was ended by ",
                        strsignal(WTERMSIG(status)));
  }
  return absl::StrCat("the process exited with status ", WEXITSTATUS(status));
}

}  // namespace

ChildProcess::ChildProcess(const std::string& directory,
                           const std::string& command)
    : directory_(directory), command_(command) {
  const std::string path = absl::StrCat(directory, "/", kProgressFile);
  const int fd = open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
  void* memory = MAP_FAILED;
  if (fd >= 0 && ftruncate(fd, sizeof(Progress)) == 0) {
    memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED,
                  fd, 0);
  }
  if (fd >= 0) close(fd);
  if (memory != MAP_FAILED) progress_ = new (memory) Progress();
}

ChildProcess::~ChildProcess() {
  End(/*kill_it=*/true);
  if (progress_ != nullptr) munmap(progress_, sizeof(Progress));
  for (absl::string_view name : {kOrdersFile, kProgressFile}) {
    unlink(absl::StrCat(directory_, "/", name).c_str());
  }
}

absl::Status ChildProcess::Start(const Orders& orders) {
  const std::string path = absl::StrCat(directory_, "/", kOrdersFile);
  std::ofstream file(path, std::ios::binary);
  file << ToText(orders);
  file.close();
  if (!file || progress_ == nullptr) return SystemError(errno, "writing", path);
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return SystemError(errno, "making", "pipe");
  out_ = ends[0];
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: a terminal's signals come to us, and we end it.
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
  sigset_t usual;
  sigfillset(&usual);
  posix_spawnattr_setsigdefault(&attributes, &usual);
  std::string words[] = {command_, "diff",
                         absl::StrCat(kChildArgument, directory_)};
  char* const arguments[] = {words[0].data(), words[1].data(), words[2].data(),
                             nullptr};
  const int error = posix_spawn(&pid_, command_.c_str(), &actions, &attributes,
                                arguments, environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return absl::OkStatus();
  pid_ = -1;
  return SystemError(error, "executing", command_);
}

absl::StatusOr<bool> ChildProcess::Listen(double seconds, std::string* text) {
  const auto& progress = *static_cast<Progress*>(progress_);
  uint64_t beats = progress.beats;
  Clock::time_point last = Clock::now();
  char part[65536];
  for (;;) {
    if (StopSignalReceived() != 0) return absl::CancelledError("interrupted");
    pollfd wanted = {out_, POLLIN, 0};
    if (poll(&wanted, 1, kWaitMilliseconds) > 0) {
      const ssize_t count = read(out_, part, sizeof(part));
      if (count == 0) return true;
      if (count > 0) text->append(part, static_cast<size_t>(count));
      continue;
    }
    if (progress.beats != beats) {
      beats = progress.beats;
      last = Clock::now();
    }
    const std::chrono::duration<double> passed = Clock::now() - last;
    if (passed.count() >= seconds) return false;
  }
}

int ChildProcess::End(bool kill_it) {
  int status = 0;
  if (pid_ > 0) {
    if (kill_it) kill(-pid_, SIGKILL);
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  pid_ = -1;
  if (out_ >= 0) close(out_);
  out_ = -1;
  return status;
}

absl::StatusOr<ChildReport> ChildProcess::Run(const Orders& orders,
                                              double seconds) {
  const absl::Status started = Start(orders);
  if (!started.ok()) {
    End(/*kill_it=*/true);
    return started;
  }
  std::string text;
  const absl::StatusOr<bool> closed = Listen(seconds, &text);
  const int status = End(!closed.ok() || !*closed);
  if (!closed.ok()) return closed.status();

  const auto& progress = *static_cast<Progress*>(progress_);
  ChildReport report;
  report.program = progress.program;
  bool ended = false;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::Status understood = TakeLine(line, &report, &ended);
    if (!understood.ok()) return understood;
  }
  // It told no counts.
  if (!*closed || !ended) report.counts["programs"] += report.program + 1;
  if (!*closed) {
    report.faults.push_back(
        {"hang", absl::StrCat("nothing came any more ", PlaceOf(progress))});
  } else if (!ended) {
    report.faults.push_back(
        {"crash", absl::StrCat(EndText(status), " ", PlaceOf(progress))});
  }
  return report;
}

}  // namespace aioemul::tools::diff
