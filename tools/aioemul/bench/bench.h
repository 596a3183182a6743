// The subcommand `bench`.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_BENCH_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_BENCH_H_

#include "tools/aioemul/subcommand.h"

namespace aioemul::tools::bench {

extern const Subcommand kBenchSubcommand;

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_BENCH_H_
