// The wait of programs that stop at a signal.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BRIEF_WAIT_H_
#define AIOEMUL_TOOLS_AIOEMUL_BRIEF_WAIT_H_

#include <aio.h>

#include <chrono>

#include "absl/types/span.h"

namespace aioemul::tools {

// How long a wait lasts at most: a signal that comes just before it does not
// interrupt it.
inline constexpr std::chrono::milliseconds kBriefly(100);

// Waits until any of `requests` is not in progress, a signal comes, or kBriefly
// has passed; the caller looks which.
//
// The first stop signal asks for a clean end, which may itself have to wait,
// for a stuck reader of the output say.  From here on the next one is not
// caught any more and ends the process at once.
void WaitBriefly(absl::Span<const struct aiocb* const> requests);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_BRIEF_WAIT_H_
