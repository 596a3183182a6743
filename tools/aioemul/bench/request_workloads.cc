#include "tools/aioemul/bench/request_workloads.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/requests.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

// Reading the clock is more than many calls of aio_error.
constexpr int kCallsOfError = 10'000;
constexpr int kSampleOfSuspend = 16;

struct Suspension {
  Pipe idle;
  Pipe busy;  // Not open when a file is read.
  char byte = 0;
  std::vector<aiocb> blocks;
  std::vector<const aiocb*> list;
  aiocb* waited_for = nullptr;  // The one in the middle.
};

absl::Status OpenSuspension(const AioFunctions& aio, size_t count,
                            const std::string& file, Suspension* own) {
  absl::Status status = own->idle.Open();
  if (status.ok() && file.empty()) status = own->busy.Open();
  if (!status.ok()) return status;
  own->blocks.assign(count, BlockOf(own->idle.out, &own->byte, 1));
  own->waited_for = &own->blocks[count / 2];
  own->waited_for->aio_fildes =
      file.empty() ? own->busy.out : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (own->waited_for->aio_fildes < 0) {
    return SystemError(errno, "opening", file);
  }
  for (aiocb& block : own->blocks) {
    own->list.push_back(&block);
    if (&block != own->waited_for && aio.read(&block) != 0) {
      return AioError("aio_read");
    }
  }
  return absl::OkStatus();
}

absl::Status SuspendOnce(const AioFunctions& aio, Suspension& own) {
  if (aio.read(own.waited_for) != 0) return AioError("aio_read");
  absl::Status status =
      own.busy.in < 0 ? absl::OkStatus() : own.busy.WriteByte();
  if (!status.ok()) return status;
  while (aio.error(own.waited_for) == EINPROGRESS) {
    if (aio.suspend(own.list.data(), static_cast<int>(own.list.size()),
                    nullptr) != 0 &&
        errno != EINTR) {
      return AioError("aio_suspend");
    }
  }
  return TakeResult(aio, own.waited_for, 0, 1);
}

absl::StatusOr<int64_t> SuspendUntil(const Limit& limit,
                                     const AioFunctions& aio, Suspension& own,
                                     Histogram* latencies) {
  using Clock = std::chrono::steady_clock;
  int64_t count = 0;
  Clock::time_point now = Clock::now();
  do {
    const bool sampled = count % kSampleOfSuspend == 0;
    const Clock::time_point begun = sampled ? Clock::now() : now;
    if (absl::Status status = SuspendOnce(aio, own); !status.ok()) {
      return status;
    }
    ++count;
    if (!sampled) continue;
    now = Clock::now();
    latencies->Add((now - begun) / std::chrono::nanoseconds(1));
  } while (!limit.Reached(count, now));
  return count;
}

}  // namespace

absl::StatusOr<MeasuredRun> MeasureSuspend(const AioFunctions& aio, bool pipe,
                                           const Measurement& measurement) {
  Suspension& own = Kept(Suspension());
  const absl::Status status =
      OpenSuspension(aio, static_cast<size_t>(measurement.x),
                     pipe ? "" : measurement.file, &own);
  if (!status.ok()) return status;
  Histogram latencies;
  absl::StatusOr<int64_t> count =
      SuspendUntil(WarmUpLimit(measurement), aio, own, &latencies);
  if (!count.ok()) return count.status();
  latencies = Histogram();
  CountedPart part;
  part.Begin();
  count = SuspendUntil(CountedLimit(measurement), aio, own, &latencies);
  if (!count.ok()) return count.status();
  part.End(*count);
  return part.Run(latencies);
}

absl::StatusOr<MeasuredRun> MeasureError(const AioFunctions& aio,
                                         const Measurement& measurement) {
  const int fd = open(measurement.file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", measurement.file);
  auto& byte = Kept(char{0});
  aiocb& block = Kept(BlockOf(fd, &byte, 1));
  if (aio.read(&block) != 0) return AioError("aio_read");
  if (absl::Status status = AwaitRequest(aio, block); !status.ok()) {
    return status;
  }
  CountedPart part;
  part.Begin();
  const Limit limit = CountedLimit(measurement);
  int64_t count = 0;
  int errors = 0;
  do {
    for (int i = 0; i < kCallsOfError; ++i) errors |= aio.error(&block);
    count += kCallsOfError;
  } while (!limit.Reached(count));
  part.End(count);
  if (errors != 0)
    return absl::UnknownError("aio_error of a read that succeeded");
  if (absl::Status status = TakeResult(aio, &block, 0, 1); !status.ok()) {
    return status;
  }
  return part.Run(Histogram());
}

}  // namespace aioemul::tools::bench
