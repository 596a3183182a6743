// The header of the JSON library, for all of this folder, and the pieces of
// JSON that more than one of its files writes.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_JSON_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_JSON_H_

#include "nlohmann/json.hpp"  // IWYU pragma: export
#include "tools/aioemul/bench/measurement.h"

namespace aioemul::tools::bench {

// Keeps the order in which members are set.
using Json = nlohmann::ordered_json;

// An element of "runs".
Json RunAsJson(const MeasuredRun& run);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_JSON_H_
