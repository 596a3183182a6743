// A run: requests that one worker carries out together, because each transfer
// goes on where the one before it ends, and so they can be one.
//
// A request that gets all its bytes in the common transfer is complete.  After
// a short count, each of the others is carried out by itself, from its start,
// and has the result that it would have had alone.
//
// An error may be one that the system reports once: to a write it may tell of
// earlier data that never reached the device.  It must become the result of
// some request (contract A8), so
// - EFAULT and EINVAL, which come again, are left to the request that they are
//   of: each is carried out by itself;
// - any other error of writes is the first request's, and the rest are carried
//   out by themselves.  With O_DIRECT the first may so fail in place of
//   another, or beside it;
// - any other error of reads is the first request's unless, as each is carried
//   out by itself, one of them meets it again: a bad sector spoils the read of
//   that sector alone.

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
