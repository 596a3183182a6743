// For systems whose threads all have one table of descriptors.

#include <cerrno>

#include "emul/platform/held_files.h"

namespace aioemul::held_files {

int Hold(int /*fd*/) { return -EOPNOTSUPP; }

void Drop(int /*held*/) {}

}  // namespace aioemul::held_files
