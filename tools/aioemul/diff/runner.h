// Runs one program on a backend, under the eyes of the model.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_RUNNER_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_RUNNER_H_

#include <stdint.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/program.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::diff {

struct RunResult {
  std::vector<Fault> faults;
  // What the backend said that it cannot do; the program ended there.
  std::string missing;
  // The machine did not give what the program needs.
  std::string not_run;
  std::map<std::string, int64_t> clauses;
};

// Files are in `directory`.  Does not return while the backend leaves a request
// in progress that has to complete: whoever started the process watches it.
// To be called from one thread of a process.
RunResult RunProgram(const Program& program, Contract contract,
                     const Backend& backend, absl::string_view directory,
                     Journal& journal);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_RUNNER_H_
