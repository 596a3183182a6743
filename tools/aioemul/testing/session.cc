#include "tools/aioemul/testing/session.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/privileges.h"

namespace aioemul::tools {
namespace {

[[noreturn]] void Die(const char* what) {
  perror(what);
  _exit(99);
}

[[noreturn]] void Exec(int program, const std::vector<std::string>& arguments,
                       const SessionOptions& options, int out, int err) {
  for (int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    signal(signal_number, SIG_DFL);
  }
  const int input = options.input >= 0
                        ? options.input
                        : open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (options.controlling &&
      (setsid() < 0 || ioctl(input, TIOCSCTTY, 0) != 0)) {
    Die("controlling terminal");
  }
  if (options.unprivileged && !ObeyFileModesAfterExec()) Die("privileges");
  if (chdir(options.directory.c_str()) != 0) Die("chdir");
  if (dup2(input, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
      dup2(err, STDERR_FILENO) < 0) {
    Die("dup2");
  }
  std::vector<char*> argv = {const_cast<char*>("aioemul")};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  fexecve(program, argv.data(), environ);
  Die("fexecve");
}

// Up to `size` bytes, fewer at the end only.
std::string ReadUpTo(int fd, size_t size) {
  std::string text;
  char buffer[4096];
  while (text.size() < size) {
    const ssize_t count =
        read(fd, buffer, std::min(sizeof(buffer), size - text.size()));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  return text;
}

}  // namespace

Session::Session(const std::vector<std::string>& arguments,
                 const SessionOptions& options) {
  int out[2];
  int err[2];
  const int program = open(CommandPath().c_str(), O_RDONLY | O_CLOEXEC);
  if (program < 0) Die(CommandPath().c_str());
  if (pipe2(out, O_CLOEXEC) != 0 || pipe2(err, O_CLOEXEC) != 0) Die("pipe2");
  pid_ = fork();
  if (pid_ < 0) Die("fork");
  if (pid_ == 0) Exec(program, arguments, options, out[1], err[1]);
  close(program);
  close(out[1]);
  close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Session::~Session() {
  if (pid_ > 0) static_cast<void>(SignalToDeath(SIGKILL));
  CloseOutput();
  close(err_);
}

std::string Session::Read(size_t size) { return ReadUpTo(out_, size); }

void Session::AwaitOutput() {
  struct pollfd out = {out_, POLLIN, 0};
  while (poll(&out, 1, -1) < 0 && errno == EINTR) continue;
}

void Session::CloseOutput() {
  if (out_ >= 0) close(std::exchange(out_, -1));
}

void Session::Signal(int signal_number) {
  if (kill(pid_, signal_number) != 0) Die("kill");
}

CommandResult Session::SignalToDeath(int signal_number) {
  int status;
  pid_t ended;
  do {
    Signal(signal_number);
    std::this_thread::yield();
    ended = waitpid(pid_, &status, WNOHANG);
  } while (ended == 0);
  if (ended != pid_) Die("waitpid");
  return Result(status);
}

CommandResult Session::Finish() {
  const std::string rest = ReadUpTo(out_, std::string::npos);
  int status;
  if (waitpid(pid_, &status, 0) != pid_) Die("waitpid");
  CommandResult result = Result(status);
  result.out = rest;
  return result;
}

CommandResult Session::Result(int status) {
  pid_ = -1;
  CommandResult result = {-1, 0, "", ReadUpTo(err_, std::string::npos)};
  if (WIFEXITED(status)) result.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

}  // namespace aioemul::tools
