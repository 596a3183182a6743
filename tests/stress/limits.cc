#include "tests/stress/limits.h"

namespace aioemul::stress {
namespace {

constexpr int kNone = -1;

}  // namespace

Limit::Limit(int resource) : resource_(resource) {
  rlimit limit = {};
  if (resource_ != kNone && getrlimit(resource_, &limit) == 0) {
    before_ = limit.rlim_cur;
  }
}

void Limit::Set(rlim_t soft) const {
  rlimit limit = {};
  if (resource_ == kNone || getrlimit(resource_, &limit) != 0) return;
  limit.rlim_cur = soft;
  if (limit.rlim_max != RLIM_INFINITY && soft > limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
  }
  setrlimit(resource_, &limit);
}

void Limit::Lower() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (lowerers_++ == 0) Set(0);
}

void Limit::Raise() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (--lowerers_ == 0) Set(before_);
}

int Limits::SignalsResource() {
#ifdef RLIMIT_SIGPENDING
  return RLIMIT_SIGPENDING;
#else
  return kNone;
#endif
}

int Limits::ThreadsResource() {
#ifdef RLIMIT_NPROC
  return RLIMIT_NPROC;
#else
  return kNone;
#endif
}

}  // namespace aioemul::stress
