// What may be observed, and what was.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_EXPECTATION_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_EXPECTATION_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {

// How a number is shown.
enum class Naming { kNumber, kError, kNegativeError, kCancel };

std::string NameOf(long value, Naming naming);

// The set of legal outcomes of one call.
struct Expectation {
  absl::string_view clause;  // The row of the contract, "E3".
  std::string what;          // "aio_error of block 2 (write)".
  Naming naming = Naming::kNumber;
  std::vector<long> legal;
  // And all from `low` to `high`, where that is not less.
  long low = 0;
  long high = -1;

  bool Allows(long got) const;
  // "EINPROGRESS or success".
  std::string LegalText() const;
};

// Something that no legal outcome is.
struct Fault {
  std::string clause;
  std::string text;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_EXPECTATION_H_
