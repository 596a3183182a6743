// The states of descriptors in which a request must give what read or write
// gives.

#ifndef AIOEMUL_TESTS_STREAMS_CONFORMANCE_CASES_H_
#define AIOEMUL_TESTS_STREAMS_CONFORMANCE_CASES_H_

#include <cstddef>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "tests/streams/descriptors.h"

namespace aioemul::testing {

// One transfer: of the reader of a channel, or of its writer.
struct Case {
  std::string name;
  bool is_read;
  size_t count;
  std::function<Channel()> make;
  // When set, the transfer waits until this.
  std::function<void(Channel&)> let_go;
};
inline std::ostream& operator<<(std::ostream& stream, const Case& c) {
  return stream << c.name;
}

std::vector<Case> AllCases();
// Those refused before there could be a wait, so that only an attempt finds it
// out: readiness never comes.
std::vector<Case> RefusedCases();
// Those that end without a wait although readiness never comes, on descriptors
// that cannot be tried.
std::vector<Case> NeverReadyCases();

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_STREAMS_CONFORMANCE_CASES_H_
