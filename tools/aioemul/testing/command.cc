#include "tools/aioemul/testing/command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "tools/aioemul/testing/privileges.h"

namespace aioemul::tools {
namespace {

constexpr unsigned short kTerminalWidth = 80;

[[noreturn]] void Die(const char* what) {
  perror(what);
  _exit(99);
}

// The ends of a channel: what the command writes to `to` is read from `from`.
struct Channel {
  int from;
  int to;
};

Channel MakePipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) Die("pipe2");
  return {ends[0], ends[1]};
}

Channel MakeTerminal() {
  const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    Die("posix_openpt");
  }
  const int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  const struct winsize size = {24, kTerminalWidth, 0, 0};
  if (slave < 0 || ioctl(slave, TIOCSWINSZ, &size) != 0) Die("terminal");
  return {master, slave};
}

void LimitFileSize(rlim_t bytes) {
  const struct rlimit limit = {bytes, bytes};
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) Die("setrlimit");
}

[[noreturn]] void Exec(int program, const std::vector<std::string>& arguments,
                       const CommandOptions& options, int out, int err) {
  for (int signal_number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGXFSZ}) {
    signal(signal_number, SIG_DFL);
  }
  umask(options.umask);
  if (options.file_size_limit != 0) LimitFileSize(options.file_size_limit);
  if (options.unprivileged && !ObeyFileModesAfterExec()) Die("privileges");
  if (chdir(options.directory.c_str()) != 0) Die("chdir");
  std::vector<char*> argv = {const_cast<char*>("aioemul")};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  if (dup2(out, STDOUT_FILENO) < 0 || dup2(err, STDERR_FILENO) < 0) {
    Die("dup2");
  }
  // The program was opened before privileges fell: its path may be closed to
  // what is left of them.
  fexecve(program, argv.data(), environ);
  Die("fexecve");
}

// False at the end: a pipe returns nothing then, a terminal fails.
bool ReadSome(int fd, std::string& text) {
  char buffer[4096];
  const ssize_t count = read(fd, buffer, sizeof(buffer));
  if (count <= 0) return false;
  text.append(buffer, static_cast<size_t>(count));
  return true;
}

}  // namespace

std::string CommandPath() {
  const char* path = getenv("AIOEMUL_COMMAND");
  return std::filesystem::absolute(path != nullptr ? path
                                                   : "tools/aioemul/aioemul")
      .string();
}

Command::Command(const std::vector<std::string>& arguments,
                 const CommandOptions& options) {
  const Channel out = MakePipe();
  const Channel err = options.terminal ? MakeTerminal() : MakePipe();
  const int program = open(CommandPath().c_str(), O_RDONLY | O_CLOEXEC);
  if (program < 0) Die(CommandPath().c_str());
  pid_ = fork();
  if (pid_ < 0) Die("fork");
  if (pid_ == 0) Exec(program, arguments, options, out.to, err.to);
  close(program);
  close(out.to);
  close(err.to);
  out_ = out.from;
  err_ = err.from;
}

CommandResult Command::Wait() {
  CommandResult result = {-1, 0, "", ""};
  struct pollfd channels[] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
  std::string* const texts[] = {&result.out, &result.err};
  while (channels[0].fd >= 0 || channels[1].fd >= 0) {
    poll(channels, 2, -1);
    for (int i = 0; i < 2; ++i) {
      if (channels[i].fd < 0 || channels[i].revents == 0) continue;
      if (!ReadSome(channels[i].fd, *texts[i])) channels[i].fd = -1;
    }
  }
  close(out_);
  close(err_);
  int status;
  if (waitpid(pid_, &status, 0) != pid_) Die("waitpid");
  if (WIFEXITED(status)) result.exit_status = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
  return result;
}

CommandResult RunCommand(const std::vector<std::string>& arguments,
                         const CommandOptions& options) {
  return Command(arguments, options).Wait();
}

}  // namespace aioemul::tools
