// Memory of the library's own, straight from the system.
//
// The program's malloc is not used: a handler may have interrupted it and wait
// for a request, it may hold its locks across a fork, and it may be anything
// that was preloaded.  Nothing here waits for any code but this file's.
//
// Thread safety: any thread may call anything, and free what another
// allocated.  Not async-signal-safe: whoever calls must have signals blocked
// (C3).  Forks take no lock here; see StartAfresh.

#ifndef AIOEMUL_EMUL_PLATFORM_ARENA_H_
#define AIOEMUL_EMUL_PLATFORM_ARENA_H_

#include <cstddef>
#include <new>

namespace aioemul::arena {

// Zeroed memory aligned to a cache line; null when the system has none.
void* Allocate(size_t size);

// What Allocate gave, in this process or in one that it was forked from.
// Null is fine.
void Free(void* memory);

// In the child of a fork, before any other call: the arena may be in the middle
// of another thread's change.  What was allocated stays as it is; what was free
// is lost.  Async-signal-safe.
void StartAfresh();

// A base of classes whose objects live in the arena: `new (std::nothrow)`.
class Resident {
 public:
  static void* operator new(size_t size,
                            const std::nothrow_t& /*tag*/) noexcept {
    return Allocate(size);
  }
  static void operator delete(void* memory) noexcept { Free(memory); }
  // When the constructor throws.
  static void operator delete(void* memory,
                              const std::nothrow_t& /*tag*/) noexcept {
    Free(memory);
  }

 protected:
  Resident() = default;
  ~Resident() = default;
};

}  // namespace aioemul::arena

#endif  // AIOEMUL_EMUL_PLATFORM_ARENA_H_
