// A system that refuses some calls, as a container's filter or an old kernel
// does, and counts how often each is made all the same.

#ifndef AIOEMUL_TESTS_PROCESS_REFUSAL_H_
#define AIOEMUL_TESTS_PROCESS_REFUSAL_H_

#include <linux/seccomp.h>

#include <array>
#include <atomic>
#include <functional>
#include <vector>

namespace aioemul::testing {

// By a seccomp filter that has a thread of this process decide.  Thread-safe.
class Refusal {
 public:
  // What becomes of a call: an errno value, or 0 to let it go on.  Called on a
  // thread of its own, which makes no call that is asked about.
  using Judge = std::function<int(const seccomp_data& call)>;

  // From now on and for good, in the calling thread and in those that it will
  // start: asks `judge` about each of `calls`.  Once in a process.
  static Refusal& Impose(const std::vector<int>& calls, Judge judge);
  // The same, with one answer to all.
  static Refusal& Impose(const std::vector<int>& calls, int error);

  // How often `call` was made.
  int count(int call) const { return counts_[static_cast<size_t>(call)]; }

 private:
  static constexpr int kMostCalls = 1024;

  explicit Refusal(Judge judge) : judge_(std::move(judge)) {}
  void Install(const std::vector<int>& calls);
  void Decide(int listener);

  const Judge judge_;
  std::array<std::atomic<int>, kMostCalls> counts_ = {};
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_PROCESS_REFUSAL_H_
