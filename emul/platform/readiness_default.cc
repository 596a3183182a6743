// Where poll is all there is.

#include "emul/platform/readiness.h"

namespace aioemul::readiness {

Readiness* New() { return NewPoll(); }

}  // namespace aioemul::readiness
