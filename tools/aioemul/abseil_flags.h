// The headers of Abseil's flags, for all of this folder.  They do not pass
// -Wnon-virtual-dtor, which is an error in our own code, and older Bazels
// cannot tell the compiler that they are not ours.

#ifndef AIOEMUL_TOOLS_AIOEMUL_ABSEIL_FLAGS_H_
#define AIOEMUL_TOOLS_AIOEMUL_ABSEIL_FLAGS_H_

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"

#include "absl/flags/commandlineflag.h"  // IWYU pragma: export
#include "absl/flags/declare.h"          // IWYU pragma: export
#include "absl/flags/flag.h"             // IWYU pragma: export
#include "absl/flags/reflection.h"       // IWYU pragma: export

#pragma GCC diagnostic pop

#endif  // AIOEMUL_TOOLS_AIOEMUL_ABSEIL_FLAGS_H_
