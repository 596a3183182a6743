#include "tools/aioemul/bench/queue_workloads.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/bench/aio_functions.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/requests.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

// Rounds that are not counted, of workloads with large ones.
constexpr int kWarmUpLength = 1000;

// --- queue

absl::Status WriteAll(const AioFunctions& aio, std::vector<aiocb>& blocks,
                      size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (aio.write(&blocks[i]) != 0) return AioError("aio_write");
  }
  return absl::OkStatus();
}

absl::Status AwaitAll(const AioFunctions& aio, std::vector<aiocb>& blocks,
                      size_t count) {
  for (size_t i = 0; i < count; ++i) {
    absl::Status status = AwaitRequest(aio, blocks[i]);
    const auto bytes = static_cast<ssize_t>(blocks[i].aio_nbytes);
    if (status.ok()) status = TakeResult(aio, &blocks[i], 0, bytes);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status QueueOnce(const AioFunctions& aio, std::vector<aiocb>& blocks,
                       size_t count) {
  absl::Status status = WriteAll(aio, blocks, count);
  return status.ok() ? AwaitAll(aio, blocks, count) : status;
}

std::vector<aiocb> QueuedWrites(int fd, char* bytes,
                                const Measurement& measurement) {
  std::vector<aiocb> blocks(static_cast<size_t>(measurement.x),
                            BlockOf(fd, bytes, kQueuedBytes));
  for (size_t i = 0; i < blocks.size(); ++i) {
    blocks[i].aio_offset =
        measurement.file_bytes + static_cast<int64_t>(i) * kQueuedBytes;
    blocks[i].aio_reqprio = static_cast<int>(i % kPriorities);
  }
  return blocks;
}

// Takes what a round has added off the file.
absl::Status Cut(int fd, const Measurement& measurement) {
  return ftruncate(fd, measurement.file_bytes) == 0
             ? absl::OkStatus()
             : SystemError(errno, "shortening", measurement.file);
}

// --- queue-held

// A pipe that holds so many bytes: a write to it waits when it is full, and a
// write of one byte for each request fits when it is empty.
constexpr int kPipeBytes = 1 << 20;

enum class PipeEnd { kIn, kOut };

// Through `buffer`, which is large enough.
absl::Status MoveBytes(const Pipe& pipe, PipeEnd end, std::vector<char>& buffer,
                       size_t bytes) {
  for (size_t moved = 0; moved < bytes;) {
    const ssize_t count = end == PipeEnd::kIn
                              ? write(pipe.in, buffer.data(), bytes - moved)
                              : read(pipe.out, buffer.data(), bytes - moved);
    if (count <= 0) return SystemError(errno, "moving bytes through", "pipe");
    moved += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

absl::Status QueueHeldOnce(const AioFunctions& aio, const Pipe& pipe,
                           std::vector<char>& buffer,
                           std::vector<aiocb>& blocks, size_t count,
                           CountedPart* part) {
  absl::Status status = MoveBytes(pipe, PipeEnd::kIn, buffer, buffer.size());
  if (!status.ok()) return status;
  if (part != nullptr) part->Begin();
  status = WriteAll(aio, blocks, count);
  if (status.ok())
    status = MoveBytes(pipe, PipeEnd::kOut, buffer, buffer.size());
  if (status.ok()) status = AwaitAll(aio, blocks, count);
  if (part != nullptr) part->End(static_cast<int64_t>(count));
  if (!status.ok()) return status;
  return MoveBytes(pipe, PipeEnd::kOut, buffer, count);
}

// --- cancel

absl::Status SubmitAll(const AioFunctions& aio, std::vector<aiocb>& blocks,
                       size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (aio.read(&blocks[i]) != 0) return AioError("aio_read");
  }
  return absl::OkStatus();
}

// The number that were cancelled.
size_t CancelAll(const AioFunctions& aio, std::vector<aiocb>& blocks,
                 size_t count) {
  size_t cancelled = 0;
  for (size_t i = count; i-- > 0;) {
    const int answer = aio.cancel(blocks[i].aio_fildes, &blocks[i]);
    cancelled += answer == AIO_CANCELED ? 1 : 0;
  }
  return cancelled;
}

absl::Status CancelOnce(const AioFunctions& aio, std::vector<aiocb>& blocks,
                        size_t count, CountedPart* part) {
  absl::Status status = SubmitAll(aio, blocks, count);
  if (!status.ok()) return status;
  if (part != nullptr) part->Begin();
  const size_t cancelled = CancelAll(aio, blocks, count);
  if (part != nullptr) part->End(static_cast<int64_t>(count));
  if (cancelled != count) {
    return absl::UnknownError(absl::StrCat("of ", count, " requests only ",
                                           cancelled, " were cancelled"));
  }
  for (size_t i = 0; i < count; ++i) {
    status = TakeResult(aio, &blocks[i], ECANCELED, -1);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<MeasuredRun> MeasureQueue(const AioFunctions& aio,
                                         const Measurement& measurement) {
  const int fd = open(measurement.file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", measurement.file);
  auto& bytes = Kept(std::vector<char>(kQueuedBytes, 'q'));
  auto& blocks = Kept(QueuedWrites(fd, bytes.data(), measurement));
  absl::Status status =
      QueueOnce(aio, blocks, std::min<size_t>(blocks.size(), kWarmUpLength));
  if (status.ok()) status = Cut(fd, measurement);
  if (!status.ok()) return status;
  CountedPart part;
  const Limit limit = CountedLimit(measurement);
  int64_t count = 0;
  do {
    part.Begin();
    status = QueueOnce(aio, blocks, blocks.size());
    part.End(measurement.x);
    if (status.ok()) status = Cut(fd, measurement);
    if (!status.ok()) return status;
    count += measurement.x;
  } while (!limit.Reached(count));
  return part.Run(Histogram());
}

absl::StatusOr<MeasuredRun> MeasureQueueHeld(const AioFunctions& aio,
                                             const Measurement& measurement) {
  Pipe pipe;
  if (absl::Status status = pipe.Open(); !status.ok()) return status;
  if (fcntl(pipe.in, F_SETPIPE_SZ, kPipeBytes) < 0) {
    return SystemError(errno, "enlarging", "pipe");
  }
  std::vector<char> buffer(kPipeBytes);
  auto& byte = Kept(char{'q'});
  auto& blocks = Kept(std::vector<aiocb>(static_cast<size_t>(measurement.x),
                                         BlockOf(pipe.in, &byte, 1)));
  for (size_t i = 0; i < blocks.size(); ++i) {
    blocks[i].aio_reqprio = static_cast<int>(i % kPriorities);
  }
  absl::Status status =
      QueueHeldOnce(aio, pipe, buffer, blocks,
                    std::min<size_t>(blocks.size(), kWarmUpLength), nullptr);
  CountedPart part;
  const Limit limit = CountedLimit(measurement);
  int64_t count = 0;
  do {
    if (status.ok()) {
      status = QueueHeldOnce(aio, pipe, buffer, blocks, blocks.size(), &part);
    }
    if (!status.ok()) return status;
    count += measurement.x;
  } while (!limit.Reached(count));
  return part.Run(Histogram());
}

absl::StatusOr<MeasuredRun> MeasureCancel(const AioFunctions& aio,
                                          const Measurement& measurement) {
  Pipe pipe;
  if (absl::Status status = pipe.Open(); !status.ok()) return status;
  auto& byte = Kept(char{0});
  // Every implementation has one read of a pipe begun at most.
  aiocb& first = Kept(BlockOf(pipe.out, &byte, 1));
  if (aio.read(&first) != 0) return AioError("aio_read");
  auto& blocks = Kept(std::vector<aiocb>(static_cast<size_t>(measurement.x),
                                         BlockOf(pipe.out, &byte, 1)));
  absl::Status status = CancelOnce(
      aio, blocks, std::min<size_t>(blocks.size(), kWarmUpLength), nullptr);
  CountedPart part;
  const Limit limit = CountedLimit(measurement);
  int64_t count = 0;
  do {
    if (status.ok()) status = CancelOnce(aio, blocks, blocks.size(), &part);
    if (!status.ok()) return status;
    count += measurement.x;
  } while (!limit.Reached(count));
  status = pipe.WriteByte();
  if (status.ok()) status = AwaitRequest(aio, first);
  if (status.ok()) status = TakeResult(aio, &first, 0, 1);
  if (!status.ok()) return status;
  return part.Run(Histogram());
}

}  // namespace aioemul::tools::bench
