// Limits of the process that make real calls fail, each while it is lowered.
//
// Thread safety: every function may be called from any thread.

#ifndef AIOEMUL_TESTS_STRESS_LIMITS_H_
#define AIOEMUL_TESTS_STRESS_LIMITS_H_

#include <sys/resource.h>
#include <sys/types.h>

#include <mutex>

namespace aioemul::stress {

// A limit that several may want lowered at a time.
class Limit {
 public:
  // Where the system does not have it, nothing is ever lowered.
  explicit Limit(int resource);
  // As it was.
  ~Limit() { Set(before_); }
  Limit(const Limit&) = delete;
  Limit& operator=(const Limit&) = delete;

  void Lower();
  void Raise();
  void Set(rlim_t soft) const;

 private:
  const int resource_;
  rlim_t before_ = RLIM_INFINITY;
  std::mutex mutex_;
  int lowerers_ = 0;
};

class Limits {
 public:
  // Signals that may be pending, and threads; the latter does not bind root.
  Limit& signals() { return signals_; }
  Limit& threads() { return threads_; }

  // No file may be longer from now on.  SIGXFSZ must be ignored.
  static constexpr off_t kFileSize = off_t{1} << 30;
  void LimitFileSize() { file_size_.Set(kFileSize); }

 private:
  static int SignalsResource();
  static int ThreadsResource();

  Limit signals_{SignalsResource()};
  Limit threads_{ThreadsResource()};
  Limit file_size_{RLIMIT_FSIZE};
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_LIMITS_H_
