// Transfers by libuv's file system requests, which its pool of threads carries
// out.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_UV_TRANSFERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_UV_TRANSFERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

absl::StatusOr<std::unique_ptr<Transfers>> MakeUvTransfers(
    const TransferSetting& setting);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_UV_TRANSFERS_H_
