// Transfers by the kernel's older asynchronous I/O, with libaio.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_LIBAIO_TRANSFERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_LIBAIO_TRANSFERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

absl::StatusOr<std::unique_ptr<Transfers>> MakeLibaioTransfers(
    const TransferSetting& setting);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_LIBAIO_TRANSFERS_H_
