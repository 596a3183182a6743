// POSIX alone: as long as the program has changed nothing itself, the
// effective user and group are those that its file gives.

#include <unistd.h>

#include "emul/platform/rights.h"

namespace aioemul::rights {

bool AreMoreThanTheCallers() {
  return geteuid() != getuid() || getegid() != getgid();
}

}  // namespace aioemul::rights
