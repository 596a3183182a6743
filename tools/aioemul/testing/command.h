// Runs the built command `aioemul` as a user would.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TESTING_COMMAND_H_
#define AIOEMUL_TOOLS_AIOEMUL_TESTING_COMMAND_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace aioemul::tools {

struct CommandOptions {
  std::string directory;         // Where the command runs.
  bool terminal = false;         // stderr is a terminal, 80 columns wide.
  bool unprivileged = false;     // File modes bind it, run by root or not.
  uint64_t file_size_limit = 0;  // RLIMIT_FSIZE; 0: none.
  mode_t umask = 022;
};

struct CommandResult {
  int exit_status;  // -1 when it was killed.
  int signal;       // 0 when it exited.
  std::string out;
  std::string err;
};

// The program under test: tools/aioemul/aioemul below the present directory,
// where Bazel starts tests, or what AIOEMUL_COMMAND names.  Absolute.
std::string CommandPath();

// A running command.
class Command {
 public:
  // Stop signals have their default effect in it, whatever they have here.
  Command(const std::vector<std::string>& arguments,
          const CommandOptions& options);
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  pid_t pid() const { return pid_; }

  // Reads what it writes and waits for its end.  To be called once.
  CommandResult Wait();

 private:
  pid_t pid_;
  int out_;
  int err_;
};

CommandResult RunCommand(const std::vector<std::string>& arguments,
                         const CommandOptions& options);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TESTING_COMMAND_H_
