// A function of the same name in the libraries after this one: the C library's,
// as a rule.

#ifndef AIOEMUL_AIO_NEXT_FUNCTION_H_
#define AIOEMUL_AIO_NEXT_FUNCTION_H_

#include <dlfcn.h>

#include <atomic>

namespace aioemul {

template <typename Function>
class Next {
 public:
  explicit constexpr Next(const char* name) : name_(name) {}

  // Null when there is none.  Async-signal-safe once it was called.
  Function* Get() {
    Function* found = found_.load(std::memory_order_relaxed);
    if (found != nullptr) return found;
    found = reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name_));
    found_.store(found, std::memory_order_relaxed);
    return found;
  }

 private:
  const char* const name_;
  std::atomic<Function*> found_{nullptr};
};

}  // namespace aioemul

#endif  // AIOEMUL_AIO_NEXT_FUNCTION_H_
