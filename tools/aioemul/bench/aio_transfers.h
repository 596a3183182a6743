// Transfers by POSIX asynchronous I/O.

#ifndef AIOEMUL_TOOLS_AIOEMUL_BENCH_AIO_TRANSFERS_H_
#define AIOEMUL_TOOLS_AIOEMUL_BENCH_AIO_TRANSFERS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/transfers.h"

namespace aioemul::tools::bench {

// Waits with aio_suspend on all that is outstanding, then asks aio_error of
// each.
absl::StatusOr<std::unique_ptr<Transfers>> MakeAioTransfers(
    const AioFunctions& aio, const TransferSetting& setting);

}  // namespace aioemul::tools::bench

#endif  // AIOEMUL_TOOLS_AIOEMUL_BENCH_AIO_TRANSFERS_H_
