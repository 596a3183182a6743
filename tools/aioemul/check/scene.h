// Scenes that the checks of several areas set: reads that wait for data, child
// processes, and what a process shows of its threads.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_SCENE_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_SCENE_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::check {

class Trial;

// A read of one byte from a pipe of its own, that waits until it is fed.
class IdleRead {
 public:
  // Makes the pipe; Submit reads.
  explicit IdleRead(Trial& trial);
  IdleRead(const IdleRead&) = delete;
  IdleRead& operator=(const IdleRead&) = delete;
  // Ends the check when the read still waits: its memory must not go.
  ~IdleRead();

  void Submit();
  void Feed();

  aiocb* block() { return &block_; }
  int fd() const { return pipe_[0]; }
  int feeding_fd() const { return pipe_[1]; }
  char byte() const { return byte_; }

  static constexpr char kFood = 'f';

 private:
  Trial& trial_;
  int pipe_[2];
  char byte_ = 0;
  bool submitted_ = false;
  aiocb block_;
};

// 0, or the errno of aio_suspend for this one request, without a timeout.
int SuspendFor(Trial& trial, const aiocb* block);

// What Trial::Cancel returned: "AIO_CANCELED", or the errno's name.
std::string AnswerName(int answer);

// Cancels the request and ends the check, as one that cannot be made here, when
// the backend cancels no such request: POSIX leaves to it which it cancels.
void RequireCanceled(Trial& trial, absl::string_view what, aiocb* block);

// Runs `act` in a forked child, which then exits with what it returned; the
// child dies with this process.  Returns what the child exited with, or minus
// the signal that ended it.
int StatusOfChild(Trial& trial, absl::FunctionRef<int()> act);

// The threads of this process, and what /proc tells of one, "State"; empty
// once the thread is gone.
std::vector<pid_t> ThreadIds();
std::string ThreadField(pid_t thread, absl::string_view field);
// Gives the thread time to fall asleep.  Nothing may depend on it: it gives up
// on a thread that does not.
void LetFallAsleep(pid_t thread);

// On CLOCK_MONOTONIC.
double SecondsNow();

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_SCENE_H_
