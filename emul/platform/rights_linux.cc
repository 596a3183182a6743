// Linux tells the program, by what it starts it with.

#include <sys/auxv.h>

#include "emul/platform/rights.h"

namespace aioemul::rights {

bool AreMoreThanTheCallers() { return getauxval(AT_SECURE) != 0; }

}  // namespace aioemul::rights
