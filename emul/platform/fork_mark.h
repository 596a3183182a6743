// A word that tells a forked child from its parent, however the child was made:
// the system clears it there.  A child that shares its parent's memory (that of
// a vfork) shares the word, too.

#ifndef AIOEMUL_EMUL_PLATFORM_FORK_MARK_H_
#define AIOEMUL_EMUL_PLATFORM_FORK_MARK_H_

#include <atomic>
#include <cstdint>

namespace aioemul::fork_mark {

// A word of 0, which is never freed; null when the system has no such memory.
std::atomic<uint32_t>* New();

}  // namespace aioemul::fork_mark

#endif  // AIOEMUL_EMUL_PLATFORM_FORK_MARK_H_
