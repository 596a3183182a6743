// Whether this process has more rights than whoever started it.

#ifndef AIOEMUL_EMUL_PLATFORM_RIGHTS_H_
#define AIOEMUL_EMUL_PLATFORM_RIGHTS_H_

namespace aioemul::rights {

// As the system said when it started the program: a set-user-ID program, or one
// with capabilities of its own.  Async-signal-safe.
bool AreMoreThanTheCallers();

}  // namespace aioemul::rights

#endif  // AIOEMUL_EMUL_PLATFORM_RIGHTS_H_
