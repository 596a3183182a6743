// Where the private state of a control block lives: one word and one result,
// in members of the system's struct aiocb that no program touches.  The one
// place that knows the layouts; the only selector by system outside BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_CONTROL_BLOCK_ROOM_H_
#define AIOEMUL_EMUL_PLATFORM_CONTROL_BLOCK_ROOM_H_

#include <aio.h>
#include <sys/types.h>

namespace aioemul::room {

#if defined(__GLIBC__)
using Word = aiocb*;  // a pointer, used for its bits
inline Word* WordOf(aiocb* block) { return &block->__next_prio; }
inline Word const* WordOf(const aiocb* block) { return &block->__next_prio; }
inline ssize_t* ResultOf(aiocb* block) { return &block->__return_value; }
#else
#error "Say where this system's struct aiocb has room for a word and a result."
#endif

}  // namespace aioemul::room

#endif  // AIOEMUL_EMUL_PLATFORM_CONTROL_BLOCK_ROOM_H_
