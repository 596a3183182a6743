// Copies one file, whole or not at all.  What `aioemul copy` does, without its
// command line and display.

#ifndef AIOEMUL_TOOLS_AIOEMUL_FILE_COPY_H_
#define AIOEMUL_TOOLS_AIOEMUL_FILE_COPY_H_

#include <stddef.h>
#include <stdint.h>

#include <string>

#include "absl/status/status.h"
#include "tools/aioemul/block_ring.h"

namespace aioemul::tools {

struct CopyOptions {
  size_t block_size = 256 * 1024;
  int depth = 16;       // How many blocks are in transfer at a time.
  bool direct = false;  // Direct I/O on both files.
  bool verify = false;  // Compare the files before the copy takes its place.
  bool sync = true;     // Make the copy durable before it takes its place.
  bool force = false;   // Replace a write-protected destination.
};

// Follows a copy as it goes on, on the thread that copies.
class CopyMonitor {
 public:
  enum class Phase { kCopying, kSyncing, kVerifying };

  virtual ~CopyMonitor() = default;

  // A phase begins, in which `total` bytes are to be passed.
  virtual void Begin(Phase phase, uint64_t total) = 0;

  // How far the phase has come; called often.
  virtual void Update(const BlockProgress& progress) = 0;

  // Called a few times a second at least, and before the copy takes its place.
  // An error abandons the copy and is what CopyFile returns.
  virtual absl::Status Check() = 0;
};

// Copies `source` to `destination`, which is resolved as ResolveDestination
// says.  On an error the destination is what it was before; the one exception
// is a failure to make the directory durable after the copy took its place.
//
// kInvalidArgument: the options do not suit the files; kCancelled is left to
// the monitor.
absl::Status CopyFile(const std::string& source, const std::string& destination,
                      const CopyOptions& options, CopyMonitor& monitor);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_FILE_COPY_H_
