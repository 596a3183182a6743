#include "emul/platform/annotations.h"

#include "absl/base/attributes.h"

#if __has_include(<valgrind/helgrind.h>) && __has_include(<valgrind/drd.h>)
// drd understands helgrind's requests of this name, and its header leaves them
// to that of helgrind if it comes second.
#include <valgrind/helgrind.h>
// (The formatter keeps the order of groups.)
#include <valgrind/drd.h>
#define AIOEMUL_HAS_VALGRIND 1
#else
#define RUNNING_ON_VALGRIND 0
#define ANNOTATE_HAPPENS_BEFORE(place) static_cast<void>(place)
#define ANNOTATE_HAPPENS_AFTER(place) static_cast<void>(place)
#endif

#if defined(__SANITIZE_THREAD__)
#define AIOEMUL_BUILT_WITH_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define AIOEMUL_BUILT_WITH_TSAN 1
#endif
#endif

// ThreadSanitizer's, where the program is built with it.
// NOLINTBEGIN(bugprone-reserved-identifier): not ours.
extern "C" {
ABSL_ATTRIBUTE_WEAK void __tsan_acquire(void* address);
ABSL_ATTRIBUTE_WEAK void __tsan_release(void* address);
}
// NOLINTEND(bugprone-reserved-identifier)

namespace aioemul::annotations {
namespace {

bool HasThreadSanitizer() {
#ifdef AIOEMUL_BUILT_WITH_TSAN
  return false;
#else
  return __tsan_acquire != nullptr && __tsan_release != nullptr;
#endif
}

// Whether there is nobody to tell anything.
bool IsUnwatched() {
  Tool found = tool.load(std::memory_order_relaxed);
  if (found == Tool::kUnknown) {
    found = HasThreadSanitizer() || RUNNING_ON_VALGRIND != 0 ? Tool::kSome
                                                             : Tool::kNone;
    tool.store(found, std::memory_order_relaxed);
  }
  return found == Tool::kNone;
}

}  // namespace

ABSL_CONST_INIT std::atomic<Tool> tool{Tool::kUnknown};

void TellRelease(const void* place) {
  if (IsUnwatched()) return;
  if (HasThreadSanitizer()) __tsan_release(const_cast<void*>(place));
  ANNOTATE_HAPPENS_BEFORE(place);
}

void TellAcquire(const void* place) {
  if (IsUnwatched()) return;
  if (HasThreadSanitizer()) __tsan_acquire(const_cast<void*>(place));
  ANNOTATE_HAPPENS_AFTER(place);
}

void TellUnwatched(const void* memory, size_t size) {
  if (IsUnwatched()) return;
#ifdef AIOEMUL_HAS_VALGRIND
  VALGRIND_HG_DISABLE_CHECKING(memory, size);
  VALGRIND_DO_CLIENT_REQUEST_STMT(VG_USERREQ__DRD_START_SUPPRESSION, memory,
                                  size, 0, 0, 0);
#else
  static_cast<void>(memory);
  static_cast<void>(size);
#endif
}

}  // namespace aioemul::annotations
