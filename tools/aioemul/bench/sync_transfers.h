// Transfers by pread and pwrite, one after the other.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_SYNC_TRANSFERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_SYNC_TRANSFERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

absl::StatusOr<std::unique_ptr<Transfers>> MakeSyncTransfers(
    const TransferSetting& setting);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_SYNC_TRANSFERS_H_
