// Transfers on what is no file, step by step, as far as they go without
// blocking (contract I1, I3).

#ifndef AIOEMUL_EMUL_STREAM_H_
#define AIOEMUL_EMUL_STREAM_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "emul/platform/platform.h"
#include "emul/transfer.h"

namespace aioemul {

enum class Progress : uint8_t {
  kDone,       // the result is known
  kMore,       // some bytes of a write are out; it can be tried again
  kMustWait,   // it can go on when the descriptor is ready
  kNotNow,     // it can be tried again after a moment
  kCannotTry,  // only a call that may block can tell
};

// Moves what one call can move now.  `moved` counts the bytes of this transfer
// moved so far, by this call and earlier ones.  A read is done with the first
// bytes; a write when all are out or an error has come.  On an O_NONBLOCK
// descriptor nothing waits: what cannot go on is done.
Progress Advance(const Transfer& transfer, Platform& platform, size_t* moved,
                 ssize_t* result);

// What a transfer reports that gives up its wait after `moved` bytes.
ssize_t ResultOfGivingUp(size_t moved);

// The rest of a transfer of which `moved` bytes are out, blocking as long as it
// takes; its whole result.
ssize_t PerformRest(const Transfer& transfer, Platform& platform, size_t moved);

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_STREAM_H_
