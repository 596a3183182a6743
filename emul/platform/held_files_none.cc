// For systems whose threads all have one table of descriptors.

#include "emul/platform/held_files.h"

namespace aioemul::held_files {

bool Hold(int /*fd*/) { return false; }

void Drop(int /*fd*/) {}

}  // namespace aioemul::held_files
