// What the library of early_library.cc tells: see there.

#ifndef AIOEMUL_TESTS_FORK_EARLY_LIBRARY_H_
#define AIOEMUL_TESTS_FORK_EARLY_LIBRARY_H_

#include <atomic>

namespace early_library {

// Where it used AIO.
enum class Place {
  kConstructor,
  kForkInConstructor,
  kPrepare,
  kParent,
  kChild,
  kCount,
};

// How often that went well.
int CountOf(Place place);

// AIO with a lock held that its fork handlers take, too; whether it went well.
bool ExchangeUnderLock();

}  // namespace early_library

#endif  // AIOEMUL_TESTS_FORK_EARLY_LIBRARY_H_
