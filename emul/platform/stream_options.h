// What the options of a stream ask of a transfer, and what is there for it: the
// platform's Available and TimeLimit, and the low-water mark of its traits.
// The contract is in platform.h.

#ifndef AIOEMUL_EMUL_PLATFORM_STREAM_OPTIONS_H_
#define AIOEMUL_EMUL_PLATFORM_STREAM_OPTIONS_H_

#include <cstddef>

#include "emul/platform/platform.h"

namespace aioemul::stream_options {

// The low-water mark of reads on the socket `fd`; 1 for one of datagrams, where
// it means nothing.
size_t LowWater(int fd);
size_t Available(int fd);
MonotonicTime TimeLimit(int fd, Direction direction);

}  // namespace aioemul::stream_options

#endif  // AIOEMUL_EMUL_PLATFORM_STREAM_OPTIONS_H_
