// One way of having many transfers of a file under way at once: the interface
// that each peer's file implements, and nothing else of the peers is known to
// the loop that measures them.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFERS_H_

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"

namespace aioemul::tools::bench {

// One of the transfers that may be under way.
struct Slot {
  char* buffer = nullptr;
  int64_t offset = 0;
  // Of the finished transfer: the number of bytes, or an errno, negative.
  ssize_t result = 0;
};

struct TransferSetting {
  int fd = -1;
  bool write = false;
  size_t block_bytes = 0;
  // Owned by the loop; they stay where they are until all is finished.
  absl::Span<Slot> slots;
};

// Belongs to one thread.
class Transfers {
 public:
  Transfers() = default;
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;
  virtual ~Transfers() = default;

  // Begins the transfer of the slot; it is under way at the latest when the
  // next Collect waits.
  virtual absl::Status Submit(size_t slot) = 0;

  // Waits until at least one of those submitted is finished, and appends the
  // numbers of all that are.
  virtual absl::Status Collect(std::vector<size_t>* finished) = 0;

  // Submits a read of one byte that will not finish, and is never collected.
  virtual absl::Status SubmitIdleRead(int fd);
};

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_TRANSFERS_H_
