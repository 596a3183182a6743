// What a check runs with: the backend, and the means to tell what it observes.
//
// A check runs in a process of its own, which ends with it: it need not clean
// up.  It may start threads and children; a child must leave by _exit.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_TRIAL_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_TRIAL_H_

#include <aio.h>
#include <stddef.h>
#include <sys/types.h>

#include <string>

#include "absl/strings/string_view.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::check {

// "EINVAL"; "success" for 0; the number for one without a name here.
std::string ErrorName(int error);

class Trial {
 public:
  // Tells its results to `results`, a pipe's end, a line each (see Outcome).
  // Files are made in `directory`, which is the check's own.
  Trial(const Backend& backend, int results, absl::string_view directory);
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  const Backend& backend() const { return backend_; }
  const std::string& directory() const { return directory_; }

  // What was observed.  `observed` says it in words that a reader who has not
  // seen the check understands: "aio_error of the cancelled read: EINPROGRESS,
  // not ECANCELED".  Returns `holds`.  Thread-safe.
  bool Expect(bool holds, absl::string_view observed);
  // The same for a claim, which is told as not so when it does not hold.
  bool ExpectThat(bool holds, absl::string_view claim);
  // The same for numbers and for error numbers; `what` says what was looked at.
  bool ExpectEqual(absl::string_view what, long long got, long long expected);
  bool ExpectError(absl::string_view what, int got, int expected);

  // Ends the check, after an observation that leaves no sense in going on.
  [[noreturn]] void Stop();
  // The same when `holds` is false.
  void Require(bool holds, absl::string_view observed);
  void RequireThat(bool holds, absl::string_view claim);
  // The backend says that it cannot do this.
  [[noreturn]] void Unsupported(absl::string_view reason);
  // The machine lacks what the check needs.
  [[noreturn]] void NotRun(absl::string_view reason);

  // The calls, as a check's ordinary steps: each must be accepted.  ENOSYS
  // means that the backend does not support it, and ends the check so, and so
  // does EAGAIN, which POSIX allows at any time.
  void Read(aiocb* block);
  void Write(aiocb* block);
  void Fsync(int operation, aiocb* block);
  void Listio(int mode, aiocb* const list[], int count, sigevent* event);
  // A call of which all results are interesting: 0, or the errno it failed
  // with.  ENOSYS ends the check as unsupported.
  int TryRead(aiocb* block);
  int TryWrite(aiocb* block);
  int TryFsync(int operation, aiocb* block);
  int TryListio(int mode, aiocb* const list[], int count, sigevent* event);
  // What aio_cancel returned; -errno when it failed.
  int Cancel(int fd, aiocb* block);
  // 0 or the errno of aio_suspend.
  int Suspend(const aiocb* const list[], int count, const timespec* timeout);
  // aio_return; -errno when it failed.
  ssize_t Return(aiocb* block);

  // Waits, by aio_error alone, until the request is no longer in progress.
  // Returns its error status.
  int Await(const aiocb& block);
  // Waits, and expects that status, and that aio_return gives `result`.
  // `what` names the request: "the second write".
  void ExpectResult(absl::string_view what, aiocb* block, int error,
                    ssize_t result);

  // Things to work with; each ends the check as not run when it cannot be had.
  // A new file of `size` bytes, the byte at each offset being PatternAt(it).
  int NewFile(size_t size, int flags);
  // descriptors[0] to read from, [1] to write to.
  void NewPipe(int descriptors[2]);
  void NewSockets(int type, int descriptors[2]);

 private:
  void Tell(absl::string_view kind, absl::string_view text);
  [[noreturn]] void Leave();
  int Submitted(absl::string_view function, int returned);
  void RequireAccepted(absl::string_view function, int error);

  const Backend& backend_;
  const int results_;
  const std::string directory_;
  int files_ = 0;
};

// The byte of the test files at an offset; neighbours and pages differ.
unsigned char PatternAt(off_t offset);

// Control blocks, zeroed but for what is given; nobody is notified.
aiocb BlockFor(int fd, void* buffer, size_t bytes, off_t offset);

// A full pipe or socket: writes until it would block, and leaves the
// descriptor's flags as they were.  Returns how many bytes went in.
size_t FillUp(int fd);

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_TRIAL_H_
