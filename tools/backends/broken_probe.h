// What shows that a bug of the broken backend is live.

#ifndef AIOEMUL_TOOLS_BACKENDS_BROKEN_PROBE_H_
#define AIOEMUL_TOOLS_BACKENDS_BROKEN_PROBE_H_

#include <aio.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/backends/backend.h"

namespace aioemul::backends {

// What a probe runs with, in a process of its own that ends with it.
//
// Of what must happen, it happens without a limit when the backend is not
// spoilt; of what must not happen, it happens without a limit when it is.  Only
// the other two end by the clock, and a slow machine makes neither wrong.
class Probe {
 public:
  Probe(const tools::Backend& functions, bool spoilt)
      : aio(functions), spoilt_(spoilt) {}

  const tools::Backend& aio;

  bool spoilt() const { return spoilt_; }

  // Whether the request completes; to be used for one that must.
  bool Completes(const aiocb& block) const;
  // Whether it does not; to be used for one that must not.
  bool StaysInProgress(const aiocb& block) const;
  // Whether the request completes with this.
  bool Gives(aiocb* block, int error, ssize_t result) const;
  // Submits, and whether it completes with this.
  bool ReadGives(aiocb* block, int error, ssize_t result) const;

  // The same for a signal, blocked before; `details` may be null.
  bool SignalComes(int signal, siginfo_t* details) const;
  bool NoSignalComes(int signal) const;

  // Whether the process comes to have no thread but the caller's; to be used
  // where it must.
  bool CallerIsAlone() const;

 private:
  const bool spoilt_;
};

aiocb BlockFor(int fd, void* buffer, size_t bytes, off_t offset);
void AskForSignal(aiocb* block, int signal, int value);
// The signal that probes use, blocked from now on.
int BlockedSignal();

// An open file without a name that has these bytes.
int FileOf(absl::string_view bytes, int flags);
std::string BytesOf(int fd);

struct Pipe {
  Pipe();
  // Bytes to be read.
  void Put(absl::string_view bytes) const;
  int read = -1;
  int write = -1;
};

// A probe for each bug: whether all is right.
struct ProbeEntry {
  absl::string_view bug;
  bool (*is_right)(const Probe& probe);
};
absl::Span<const ProbeEntry> TransferProbes();
absl::Span<const ProbeEntry> WaitingProbes();
absl::Span<const ProbeEntry> ProcessProbes();

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_BROKEN_PROBE_H_
