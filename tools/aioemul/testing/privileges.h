// Lets root be bound by file modes, so that tests of what may not be read or
// written mean the same for root as for everybody.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TESTING_PRIVILEGES_H_
#define AIOEMUL_TOOLS_AIOEMUL_TESTING_PRIVILEGES_H_

namespace aioemul::tools {

// Takes effect with the next exec of the calling process, which should be a
// fresh child.  False when it cannot be done.  Becoming another user would not
// do: in a build sandbox there may be no other, and the scratch directory may
// be out of reach for him.
bool ObeyFileModesAfterExec();

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TESTING_PRIVILEGES_H_
