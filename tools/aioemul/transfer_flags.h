// The flags about transfers that more than one subcommand may take.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TRANSFER_FLAGS_H_
#define AIOEMUL_TOOLS_AIOEMUL_TRANSFER_FLAGS_H_

#include "absl/status/status.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/byte_count.h"

ABSL_DECLARE_FLAG(aioemul::tools::ByteCount, block_size);
ABSL_DECLARE_FLAG(int, depth);
ABSL_DECLARE_FLAG(bool, direct);

namespace aioemul::tools {

// kInvalidArgument when --block_size or --depth is out of range.
absl::Status CheckTransferFlags();

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TRANSFER_FLAGS_H_
