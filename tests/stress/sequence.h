// Bytes in call order, whose pieces become known in any order: each as long as
// its request made it, and nothing if that failed or was cancelled.

#ifndef AIOEMUL_TESTS_STRESS_SEQUENCE_H_
#define AIOEMUL_TESTS_STRESS_SEQUENCE_H_

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace aioemul::stress {

class Sequence {
 public:
  // Opens the next piece, and returns its number.
  size_t Open() {
    pieces_.emplace_back();
    return first_ + pieces_.size() - 1;
  }

  void Close(size_t piece, std::string_view bytes) {
    pieces_[piece - first_] = std::string(bytes);
    while (!pieces_.empty() && pieces_.front().has_value()) {
      known_ += *pieces_.front();
      pieces_.pop_front();
      ++first_;
    }
  }

  // Whether every piece is closed.
  bool IsComplete() const { return pieces_.empty(); }

  // What is known, from the start and without gaps.
  const std::string& known() const { return known_; }
  void Forget(size_t count) { known_.erase(0, count); }

 private:
  std::deque<std::optional<std::string>> pieces_;
  size_t first_ = 0;
  std::string known_;
};

// Takes from both what both know.  False when it is not the same.
inline bool Match(Sequence& one, Sequence& other) {
  const size_t common = std::min(one.known().size(), other.known().size());
  const bool same =
      one.known().compare(0, common, other.known(), 0, common) == 0;
  one.Forget(common);
  other.Forget(common);
  return same;
}

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_SEQUENCE_H_
