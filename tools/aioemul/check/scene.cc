#include "tools/aioemul/check/scene.h"

#include <aio.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {

IdleRead::IdleRead(Trial& trial) : trial_(trial) {
  trial.NewPipe(pipe_);
  block_ = BlockFor(pipe_[0], &byte_, 1, 0);
}

IdleRead::~IdleRead() {
  if (submitted_ && trial_.backend().error(&block_) == EINPROGRESS) {
    trial_.Stop();
  }
}

void IdleRead::Submit() {
  trial_.Read(&block_);
  submitted_ = true;
}

void IdleRead::Feed() {
  trial_.Require(write(pipe_[1], &kFood, 1) == 1, "a byte goes into the pipe");
}

int SuspendFor(Trial& trial, const aiocb* block) {
  const aiocb* const list[] = {block};
  return trial.Suspend(list, 1, nullptr);
}

std::string AnswerName(int answer) {
  if (answer == AIO_CANCELED) return "AIO_CANCELED";
  if (answer == AIO_NOTCANCELED) return "AIO_NOTCANCELED";
  if (answer == AIO_ALLDONE) return "AIO_ALLDONE";
  return ErrorName(-answer);
}

void RequireCanceled(Trial& trial, absl::string_view what, aiocb* block) {
  const int answer = trial.Cancel(block->aio_fildes, block);
  if (answer == AIO_NOTCANCELED) {
    trial.Unsupported(absl::StrCat("aio_cancel of ", what,
                                   " gives AIO_NOTCANCELED, as it may"));
  }
  trial.Require(answer == AIO_CANCELED,
                absl::StrCat("aio_cancel of ", what, ": ", AnswerName(answer)));
}

int StatusOfChild(Trial& trial, absl::FunctionRef<int()> act) {
  const pid_t child = fork();
  if (child < 0) {
    trial.NotRun(absl::StrCat("cannot fork: ", ErrorName(errno)));
  }
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(act());
  }
  int status = 0;
  while (waitpid(child, &status, 0) != child) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::vector<pid_t> ThreadIds() {
  std::vector<pid_t> threads;
  DIR* const directory = opendir("/proc/self/task");
  if (directory == nullptr) return threads;
  while (const dirent* entry = readdir(directory)) {
    const pid_t thread = static_cast<pid_t>(strtol(entry->d_name, nullptr, 10));
    if (thread > 0) threads.push_back(thread);
  }
  closedir(directory);
  return threads;
}

std::string ThreadField(pid_t thread, absl::string_view field) {
  std::ifstream status(absl::StrCat("/proc/self/task/", thread, "/status"));
  const std::string start = absl::StrCat(field, ":");
  for (std::string line; std::getline(status, line);) {
    if (line.compare(0, start.size(), start) == 0) {
      return std::string(absl::StripAsciiWhitespace(line.substr(start.size())));
    }
  }
  return "";
}

void LetFallAsleep(pid_t thread) {
  constexpr int kLooks = 200;
  for (int i = 0; i < kLooks; ++i) {
    const std::string state = ThreadField(thread, "State");
    // It sleeps, or is gone.
    if (state.empty() || state[0] == 'S') return;
    const timespec moment = {0, 200'000};
    nanosleep(&moment, nullptr);
  }
}

double SecondsNow() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

}  // namespace aioemul::tools::check
