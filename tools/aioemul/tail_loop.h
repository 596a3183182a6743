// The asynchronous loop of `tail`: a request outstanding for each source, one
// wait for all of them, and their cancellation in the end.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TAIL_LOOP_H_
#define AIOEMUL_TOOLS_AIOEMUL_TAIL_LOOP_H_

#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "tools/aioemul/line_merger.h"
#include "tools/aioemul/standard_output.h"
#include "tools/aioemul/tail_source.h"

namespace aioemul::tools {

using TailSources = std::vector<std::unique_ptr<TailSource>>;

// Told of each source that fails; the others go on.
using SourceFailure = absl::FunctionRef<void(const absl::Status&)>;

// Writes what the sources yield until all have ended.  kCancelled after a stop
// signal: what was outstanding has been cancelled and what had been read is
// written.  Any other error is one of the output, or of resources.
absl::Status TailAll(const TailSources& sources, LineMerger& merger,
                     StandardOutput& output, SourceFailure failure);

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TAIL_LOOP_H_
