// The calls of the library, each to be made over and over in a storm.

#ifndef AIOEMUL_TESTS_HANDLERS_ENTRY_POINTS_H_
#define AIOEMUL_TESTS_HANDLERS_ENTRY_POINTS_H_

#include <vector>

#include "tests/handlers/storm.h"

namespace aioemul::testing {

// What the calls are made on.
struct Scene {
  Storm& storm;
  const int file;   // holds kContent, and others use it as well
  const int empty;  // nothing can be read from it
};

inline constexpr char kContent[] = "hello world";

struct EntryPoint {
  const char* name;
  // Makes the call once through the storm, and expects what it promises.
  void (*call)(Scene& scene);
};

const std::vector<EntryPoint>& EntryPoints();

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_HANDLERS_ENTRY_POINTS_H_
