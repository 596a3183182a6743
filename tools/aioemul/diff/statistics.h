// What random programs have exercised.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_STATISTICS_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_STATISTICS_H_

#include <stdint.h>

#include <map>
#include <string>

namespace aioemul::tools::diff {

// Not thread-safe.
class Statistics {
 public:
  void Add(const std::map<std::string, int64_t>& counts);

  int64_t programs() const;
  int64_t calls() const;

  // One line.
  std::string Summary() const;
  // How often each call was made, with what outcome; how often each clause of
  // the contract was put to the test, and which never were.
  std::string Table() const;

 private:
  std::map<std::string, int64_t> counts_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_STATISTICS_H_
