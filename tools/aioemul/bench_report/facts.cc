#include "tools/aioemul/bench_report/facts.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench_report/amount.h"
#include "tools/aioemul/bench_report/results.h"

namespace aioemul::bench_report {

std::vector<Fact> FactsOf(const Results& results) {
  const Machine& machine = results.machine;
  const Settings& settings = results.settings;
  return {
      {"Processor", machine.processor},
      {"Processors", absl::StrCat(machine.processors)},
      {"Memory", BytesText(machine.memory_bytes)},
      {"Kernel", machine.kernel},
      {"C library", machine.libc},
      {"File system", machine.file_system},
      {"File", BytesText(settings.file_bytes)},
      {"Directory", settings.directory},
      {"Each run", absl::StrCat(settings.seconds, " s")},
      {"Runs", absl::StrCat(settings.repeats)},
  };
}

}  // namespace aioemul::bench_report
