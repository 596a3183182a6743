// A run: requests that one worker carries out together, because each transfer
// goes on where the one before it ends, and so they can be one.
//
// Who gets all its bytes in the common transfer is done.  To the others it says
// nothing, since the error, or the place where it ended, may be another's (a
// bad buffer, say): each of them is then carried out by itself, and has the
// result that it would have had alone.

#ifndef AIOEMUL_EMUL_RUN_H_
#define AIOEMUL_EMUL_RUN_H_

#include <cstddef>

#include "emul/platform/platform.h"
#include "emul/request.h"

namespace aioemul {

using Run = WaitingList;

inline constexpr int kMostInRun = Platform::kMostBuffers;

// Where a positioned transfer ends; -1 for any other, and for one that reaches
// beyond the offset maximum.
off_t EndOf(const Transfer& transfer);

// Whether `next` could join a run whose last request is `last`.
bool GoesOn(const Request& last, const Request& next);

// Carries out a run and sets each request's `result`.  One request alone may be
// of any kind.
void Perform(const Run& run, Platform& platform);

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_RUN_H_
