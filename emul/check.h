// An assertion about our own code that is always on: data is worth more than
// the process.

#ifndef AIOEMUL_EMUL_CHECK_H_
#define AIOEMUL_EMUL_CHECK_H_

namespace aioemul {

// Says `what` on stderr and ends the process.  Async-signal-safe.
[[noreturn]] void Fail(const char* what);

inline void Check(bool condition, const char* what) {
  if (__builtin_expect(static_cast<long>(!condition), 0) != 0) Fail(what);
}

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_CHECK_H_
