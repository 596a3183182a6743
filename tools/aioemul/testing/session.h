// Runs the built command `aioemul` and talks with it while it runs.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TESTING_SESSION_H_
#define AIOEMUL_TOOLS_AIOEMUL_TESTING_SESSION_H_

#include <stddef.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "tools/aioemul/testing/command.h"

namespace aioemul::tools {

struct SessionOptions {
  std::string directory;      // Where the command runs.
  int input = -1;             // Its standard input; -1: empty.
  bool controlling = false;   // `input` becomes its controlling terminal.
  bool unprivileged = false;  // File modes bind it, run by root or not.
};

class Session {
 public:
  // Stop signals have their default effect in it, whatever they have here.
  Session(const std::vector<std::string>& arguments,
          const SessionOptions& options);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  ~Session();

  // Waits for `size` bytes of its standard output, or the end of it.
  std::string Read(size_t size);

  // Waits until there is some output, and leaves it.
  void AwaitOutput();

  // Nobody reads its standard output any more.
  void CloseOutput();

  void Signal(int signal_number);

  // Sends the signal again and again until the process has ended.
  CommandResult SignalToDeath(int signal_number);

  // Reads what is left of its output and waits for its end.
  CommandResult Finish();

 private:
  CommandResult Result(int status);

  pid_t pid_;
  int out_;
  int err_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TESTING_SESSION_H_
