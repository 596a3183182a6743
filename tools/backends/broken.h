// What the parts of the broken backend ask of each other.

#ifndef AIOEMUL_TOOLS_BACKENDS_BROKEN_H_
#define AIOEMUL_TOOLS_BACKENDS_BROKEN_H_

#include <aio.h>
#include <signal.h>

#include <memory>

#include "tools/backends/broken_record.h"

namespace aioemul::backends {

// For every function first: some bugs strike whatever is called.
void SpoilAnyCall();

// The sigevent that the engine is given for the record's: the caller's, or one
// that comes by a function here which spoils it.
sigevent SpoiltEvent(const std::shared_ptr<Record>& record);
// The same for a list's.
sigevent SpoiltListEvent(const sigevent& event);

// Spoils the arguments of a request.  Returns the errno with which it is
// refused before the engine sees it, or 0.
int SpoilArguments(const LockedRecords& records, Record* record);

// Gives the request to the engine, now.  Returns 0 or the errno.
int GiveToEngine(Record* record);
// Whether the request is to wait here.
bool MustBeHeld(const LockedRecords& records, const Record& record);
// Gives it to the engine when its time has come.
void Hold(const std::shared_ptr<Record>& record);
// Writes with O_APPEND on `fd` that wait for one to overtake them.
void ReleaseOvertaken(int fd);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_BROKEN_H_
