// What was measured where and how, as a list of names and values.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_FACTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_FACTS_H_

#include <string>
#include <vector>

#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

struct Fact {
  std::string name;  // "Kernel"
  std::string value;
};

// Those that figures depend on: the same facts in the same order for all
// results.
std::vector<Fact> FactsOf(const Results& results);

}  // namespace aioemul::bench_report

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_REPORT_FACTS_H_
