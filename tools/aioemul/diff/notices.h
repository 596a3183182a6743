// Takes the notifications of a run: signals, and functions that run in threads
// of their own.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_NOTICES_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_NOTICES_H_

#include <aio.h>
#include <signal.h>

#include <map>
#include <mutex>
#include <vector>

#include "tools/aioemul/diff/program.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::diff {

// There is one in a process.  Thread-safe: all but the constant set of signals
// is guarded by a mutex, which the notify function takes too.
class Notices {
 public:
  struct Came {
    int id;
    int status;  // EINPROGRESS when it came before what it is about.
    bool whole;  // With the number and the si_code that it must have.
  };

  static Notices& Get();

  // Blocks the signals in this thread and those that it starts, and begins to
  // understand notifications as those of a new run.
  void Begin(const Backend& backend);

  // An event that tells of `id`, which is over when none of the blocks is in
  // progress.
  sigevent EventFor(int id, Notice notice,
                    const std::vector<const aiocb*>& blocks);

  // Those that came since.
  std::vector<Came> Take();

  // Whether a SIGPIPE came since the last call of this.
  static bool TakePipeSignal();

  // The control blocks are no more.
  void End();

 private:
  Notices();

  static void Notified(sigval value);
  void Add(int value, bool whole);
  void AddSignal(int value, int number, int code);

  sigset_t signals_;
  std::mutex mutex_;
  const Backend* backend_ = nullptr;
  int run_ = 0;  // Told in each notification, so that a late one is known.
  std::map<int, std::vector<const aiocb*>> blocks_;
  std::vector<Came> came_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_NOTICES_H_
