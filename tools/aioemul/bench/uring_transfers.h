// Transfers by io_uring, with one system call for submission and waiting.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_URING_TRANSFERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_URING_TRANSFERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

absl::StatusOr<std::unique_ptr<Transfers>> MakeIoUringTransfers(
    const TransferSetting& setting);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_URING_TRANSFERS_H_
