// A forked child that judges, and its verdict in the parent.

#ifndef AIOEMUL_TESTS_FORK_CHILD_H_
#define AIOEMUL_TESTS_FORK_CHILD_H_

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

// In a child: ends it, with the number of the line, when `condition` is false.
#define CHILD_CHECK(condition)                              \
  do {                                                      \
    if (!(condition)) ::aioemul::testing::FailAt(__LINE__); \
  } while (false)

namespace aioemul::testing {

// Whether a child may use memory although other threads were at work at the
// fork.  GCC 12's sanitizers leave their allocators locked in a child when
// another thread, perhaps a worker that was just starting, was in one.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kChildrenHaveMemory = false;
#else
constexpr bool kChildrenHaveMemory = true;
#endif

// An exit status has eight bits, so the line goes to stderr.
[[noreturn]] inline void FailAt(int line) {
  const std::string text = "in the child: line " + std::to_string(line) + "\n";
  const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  static_cast<void>(written);
  _exit(1);
}

// "ok" when the child ended well.
inline std::string VerdictOf(pid_t child) {
  if (child < 0) return "no child";
  int status = 0;
  if (waitpid(child, &status, 0) != child) return "lost";
  if (WIFSIGNALED(status)) {
    return "killed by signal " + std::to_string(WTERMSIG(status));
  }
  if (WEXITSTATUS(status) == 0) return "ok";
  return "status " + std::to_string(WEXITSTATUS(status));
}

// Forks, and runs `judge` in the child.
template <typename Judge>
std::string InChild(const Judge& judge) {
  const pid_t child = fork();
  if (child == 0) {
    judge();
    _exit(0);
  }
  return VerdictOf(child);
}

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_FORK_CHILD_H_
