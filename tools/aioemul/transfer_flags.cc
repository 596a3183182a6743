#include "tools/aioemul/transfer_flags.h"

#include <stdint.h>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/abseil_flags.h"
#include "tools/aioemul/byte_count.h"

ABSL_FLAG(aioemul::tools::ByteCount, block_size,
          (aioemul::tools::ByteCount{256 * 1024}),
          "Bytes moved by one request; K, M and G are understood.");
ABSL_FLAG(int, depth, 16, "How many blocks are in transfer at a time.");
ABSL_FLAG(bool, direct, false,
          "Use direct I/O, which passes the page cache by.");

namespace aioemul::tools {
namespace {

constexpr uint64_t kLargestBlock = uint64_t{1} << 30;
constexpr int kGreatestDepth = 1024;

}  // namespace

absl::Status CheckTransferFlags() {
  const uint64_t block_size = absl::GetFlag(FLAGS_block_size).bytes;
  if (block_size == 0 || block_size > kLargestBlock) {
    return absl::InvalidArgumentError(
        absl::StrCat("--block_size must be from 1 to ",
                     AbslUnparseFlag(ByteCount{kLargestBlock})));
  }
  const int depth = absl::GetFlag(FLAGS_depth);
  if (depth < 1 || depth > kGreatestDepth) {
    return absl::InvalidArgumentError(
        absl::StrCat("--depth must be from 1 to ", kGreatestDepth));
  }
  return absl::OkStatus();
}

}  // namespace aioemul::tools
