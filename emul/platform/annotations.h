// What tools that look for races are told, since they see neither the library's
// atomics nor that its futexes order anything: ThreadSanitizer in a program
// whose library is not built with it, and valgrind's helgrind and drd.
//
// Without a tool each call is a load and a branch.  ThreadSanitizer is found by
// its weak symbols, valgrind by an instruction sequence that does nothing on a
// processor, from <valgrind/valgrind.h>.  Where the compiler does not find that
// header, valgrind is told nothing.
//
// A library that is itself built with ThreadSanitizer tells it nothing here: it
// sees the atomics, and is to find our mistakes.
//
// Thread and signal safety: everything may be called from anywhere.

#ifndef AIOEMUL_EMUL_PLATFORM_ANNOTATIONS_H_
#define AIOEMUL_EMUL_PLATFORM_ANNOTATIONS_H_

#include <atomic>
#include <cstddef>

namespace aioemul::annotations {

enum class Tool : unsigned char { kUnknown, kNone, kSome };

// What is being watched by; read and written by all, and the same for all.
extern std::atomic<Tool> tool;

// The calls below, with a tool or before it is known whether there is one.
void TellRelease(const void* place);
void TellAcquire(const void* place);
void TellUnwatched(const void* memory, size_t size);

inline bool IsWatched() {
  return __builtin_expect(tool.load(std::memory_order_relaxed) != Tool::kNone,
                          false);
}

// What this thread has done so far comes before what any thread does after an
// Acquire of the same place.  The memory there is not touched.
inline void Release(const void* place) {
  if (IsWatched()) TellRelease(place);
}
inline void Acquire(const void* place) {
  if (IsWatched()) TellAcquire(place);
}

// Valgrind is not to look for races here, as long as the memory is what it is
// now: atomics are here, and what they protect.
inline void Unwatched(const void* memory, size_t size) {
  if (IsWatched()) TellUnwatched(memory, size);
}

}  // namespace aioemul::annotations

#endif  // AIOEMUL_EMUL_PLATFORM_ANNOTATIONS_H_
