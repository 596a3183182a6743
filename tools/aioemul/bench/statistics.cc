#include "tools/aioemul/bench/statistics.h"

#include <stddef.h>

#include <algorithm>
#include <vector>

namespace aioemul::tools::bench {

Spread SpreadOf(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const size_t upper = values.size() / 2;
  const size_t lower = (values.size() - 1) / 2;
  return {(values[lower] + values[upper]) / 2, values.front(), values.back()};
}

}  // namespace aioemul::tools::bench
