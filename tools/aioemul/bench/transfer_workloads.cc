#include "tools/aioemul/bench/transfer_workloads.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/aioemul/bench/counted_part.h"
#include "tools/aioemul/bench/histogram.h"
#include "tools/aioemul/bench/idle_pipes.h"
#include "tools/aioemul/bench/measurement.h"
#include "tools/aioemul/bench/menu.h"
#include "tools/aioemul/bench/peer.h"
#include "tools/aioemul/bench/transfer_loop.h"
#include "tools/aioemul/direct_io.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools::bench {
namespace {

constexpr int kSampleOfCached = 16;

absl::StatusOr<File> OpenFile(const Workload& workload,
                              const Measurement& measurement) {
  const int fd = open(measurement.file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", measurement.file);
  File file(fd, measurement.file);
  if (workload.direct) {
    if (absl::Status status = EnableDirectIo(file); !status.ok()) return status;
  }
  return file;
}

// Reads the whole file into the page cache, or drops it from there.
absl::Status PrepareCache(bool direct, const Measurement& measurement) {
  const int fd = open(measurement.file.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return SystemError(errno, "opening", measurement.file);
  const File file(fd, measurement.file);
  if (fdatasync(fd) != 0) return SystemError(errno, "syncing", file.name());
  if (direct) {
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    return absl::OkStatus();
  }
  std::vector<char> buffer(size_t{1} << 20);
  for (int64_t offset = 0; offset < measurement.file_bytes;) {
    const ssize_t count = pread(fd, buffer.data(), buffer.size(), offset);
    if (count <= 0) return SystemError(errno, "reading", file.name());
    offset += count;
  }
  return absl::OkStatus();
}

TransferPlan PlanOf(const Workload& workload, const Measurement& measurement,
                    int fd) {
  TransferPlan plan;
  plan.fd = fd;
  plan.write = workload.write;
  plan.random = workload.random;
  plan.block_bytes = static_cast<size_t>(measurement.block_bytes);
  plan.blocks = measurement.file_bytes / measurement.block_bytes;
  plan.depth = static_cast<size_t>(measurement.x);
  if (workload.kind == WorkloadKind::kIdlePipes) plan.depth = kDepthBesidePipes;
  if (workload.kind == WorkloadKind::kThreads) plan.depth = kDepthOfThread;
  plan.sample = workload.direct ? 1 : kSampleOfCached;
  return plan;
}

absl::StatusOr<MeasuredRun> MeasureOneThread(const Peer& peer,
                                             const TransferPlan& plan,
                                             const Measurement& measurement,
                                             int pipes) {
  // Never freed: idle reads, and what is under way after an error, stay with it
  // until the process ends.
  TransferLoop& loop = *new TransferLoop(plan);
  absl::Status status = loop.Open(peer);
  if (status.ok()) status = ReadIdlePipes(pipes, loop.transfers());
  if (status.ok()) status = loop.Verify();
  if (status.ok()) status = loop.Run(WarmUpLimit(measurement));
  if (!status.ok()) return status;
  loop.ResetCounts();
  CountedPart part;
  part.Begin();
  status = loop.Run(CountedLimit(measurement));
  part.End(loop.operations());
  if (!status.ok()) return status;
  return part.Run(loop.latencies());
}

// The threads of one measurement.  Each warms up; then all begin what counts at
// once.
class SubmittingThreads {
 public:
  SubmittingThreads(const Peer& peer, const TransferPlan& plan,
                    const Measurement& measurement)
      : peer_(peer), plan_(plan), measurement_(measurement) {}

  absl::StatusOr<MeasuredRun> Run() {
    const size_t count = static_cast<size_t>(measurement_.x);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < count; ++i) {
      threads.emplace_back([this, i] { Serve(i + 1); });
    }
    CountedPart part;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [&] { return ready_ == count; });
      part.Begin();
      begun_ = true;
      changed_.notify_all();
      changed_.wait(lock, [&] { return finished_ == count; });
      part.End(operations_);
    }
    for (std::thread& thread : threads) thread.join();
    if (!status_.ok()) return status_;
    return part.Run(latencies_);
  }

 private:
  void Serve(uint64_t seed) {
    TransferPlan plan = plan_;
    plan.seed = seed;
    TransferLoop& loop = *new TransferLoop(plan);  // As in MeasureOneThread.
    absl::Status status = loop.Open(peer_);
    if (status.ok()) status = loop.Verify();
    if (status.ok()) status = loop.Run(WarmUpLimit(measurement_));
    loop.ResetCounts();
    AwaitBegin();
    if (status.ok()) {
      const int64_t operations = measurement_.operations;
      status =
          loop.Run(Limit(measurement_.seconds,
                         (operations + measurement_.x - 1) / measurement_.x));
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    status_.Update(status);
    operations_ += loop.operations();
    latencies_.Merge(loop.latencies());
    ++finished_;
    changed_.notify_all();
  }

  void AwaitBegin() {
    std::unique_lock<std::mutex> lock(mutex_);
    ++ready_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return begun_; });
  }

  const Peer& peer_;
  const TransferPlan plan_;
  const Measurement& measurement_;
  std::condition_variable changed_;
  // Guards what follows.
  std::mutex mutex_;
  size_t ready_ = 0;
  size_t finished_ = 0;
  bool begun_ = false;
  int64_t operations_ = 0;
  Histogram latencies_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<MeasuredRun> MeasureTransfers(const Workload& workload,
                                             const Peer& peer,
                                             const Measurement& measurement) {
  absl::Status status = PrepareCache(workload.direct, measurement);
  if (!status.ok()) return status;
  const absl::StatusOr<File> file = OpenFile(workload, measurement);
  if (!file.ok()) return file.status();
  const TransferPlan plan = PlanOf(workload, measurement, file->fd());
  absl::StatusOr<MeasuredRun> run;
  if (workload.kind == WorkloadKind::kThreads) {
    run = SubmittingThreads(peer, plan, measurement).Run();
  } else {
    const bool beside = workload.kind == WorkloadKind::kIdlePipes;
    run = MeasureOneThread(peer, plan, measurement, beside ? measurement.x : 0);
  }
  // What is left to write would be in the way of the next measurement.
  if (workload.write && fdatasync(file->fd()) != 0) {
    return SystemError(errno, "syncing", file->name());
  }
  return run;
}

}  // namespace aioemul::tools::bench
