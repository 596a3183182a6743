#include "tools/aioemul/file_copy.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/aioemul/block_comparer.h"
#include "tools/aioemul/block_copier.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/block_ring.h"
#include "tools/aioemul/destination.h"
#include "tools/aioemul/direct_io.h"
#include "tools/aioemul/durability.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"
#include "tools/aioemul/temporary_file.h"

namespace aioemul::tools {
namespace {

// Keeps buffers off shared cache lines and pages, direct I/O or not.
constexpr size_t kBufferAlignment = 4096;

// The source and the file that is to become the destination.
class ContentCopy {
 public:
  ContentCopy(File& source, File& copy, off_t size, const CopyOptions& options,
              CopyMonitor& monitor)
      : source_(source),
        copy_(copy),
        size_(size),
        options_(options),
        monitor_(monitor) {}

  absl::Status EnableDirect();
  absl::Status Transfer();
  absl::Status SetSize();
  absl::Status Sync();
  absl::Status Verify();

 private:
  absl::Status CheckSourceSize();
  absl::Status CheckEqual(std::optional<off_t> difference);
  absl::Status Run(BlockCursor& cursor, BlockJob& job, size_t buffer_size);
  size_t alignment() const {
    return std::max(source_.alignment(), copy_.alignment());
  }
  // The room a block needs in a buffer.
  size_t stride() const { return RoundUp(options_.block_size, alignment()); }

  File& source_;
  File& copy_;
  const off_t size_;
  const CopyOptions& options_;
  CopyMonitor& monitor_;
};

absl::Status ContentCopy::EnableDirect() {
  for (File* file : {&source_, &copy_}) {
    if (absl::Status status = EnableDirectIo(*file); !status.ok()) {
      return status;
    }
    if (options_.block_size % file->alignment() != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "direct I/O on ", Quoted(file->name()),
          " needs a block size that is a multiple of ", file->alignment()));
    }
  }
  return absl::OkStatus();
}

absl::Status ContentCopy::Run(BlockCursor& cursor, BlockJob& job,
                              size_t buffer_size) {
  const uint64_t blocks =
      (static_cast<uint64_t>(size_) + options_.block_size - 1) /
      options_.block_size;
  const RingShape shape = {
      static_cast<int>(std::min(blocks, static_cast<uint64_t>(options_.depth))),
      buffer_size, std::max(kBufferAlignment, alignment())};
  return RunBlocks(shape, cursor, job, [this](const BlockProgress& progress) {
    monitor_.Update(progress);
    return monitor_.Check();
  });
}

absl::Status ContentCopy::Transfer() {
  monitor_.Begin(CopyMonitor::Phase::kCopying, static_cast<uint64_t>(size_));
  BlockCursor cursor(source_.fd(), size_, options_.block_size, alignment(),
                     BlockCursor::Holes::kSkip);
  BlockCopier copier(source_, copy_);
  if (absl::Status status = Run(cursor, copier, stride()); !status.ok()) {
    return status;
  }
  // What was cut off while it was looked for seemed to be a hole.
  return CheckSourceSize();
}

absl::Status ContentCopy::CheckSourceSize() {
  const absl::StatusOr<struct stat> status = source_.Stat();
  if (!status.ok()) return status.status();
  if (status->st_size < size_) return ShrankError(source_);
  return absl::OkStatus();
}

// Adds the hole at the end, or cuts off what direct I/O wrote beyond it.
absl::Status ContentCopy::SetSize() {
  if (ftruncate(copy_.fd(), size_) != 0) {
    return SystemError(errno, "writing", copy_.name());
  }
  return absl::OkStatus();
}

absl::Status ContentCopy::Sync() {
  monitor_.Begin(CopyMonitor::Phase::kSyncing, 0);
  return SyncFile(copy_, [this] { return monitor_.Check(); });
}

absl::Status ContentCopy::Verify() {
  monitor_.Begin(CopyMonitor::Phase::kVerifying, static_cast<uint64_t>(size_));
  BlockCursor cursor(source_.fd(), size_, options_.block_size, alignment(),
                     BlockCursor::Holes::kInclude);
  BlockComparer comparer(source_, copy_, stride(), cursor);
  if (absl::Status status = Run(cursor, comparer, 2 * stride()); !status.ok()) {
    return status;
  }
  return CheckEqual(comparer.first_difference());
}

// The first `size_` bytes having been compared, compares the sizes.
absl::Status ContentCopy::CheckEqual(std::optional<off_t> difference) {
  for (const File* file : {&source_, &copy_}) {
    const absl::StatusOr<struct stat> status = file->Stat();
    if (!status.ok()) return status.status();
    if (!difference.has_value() && status->st_size != size_) {
      difference = std::min(status->st_size, size_);
    }
  }
  if (!difference.has_value()) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(Quoted(copy_.name()), " differs from ",
                   Quoted(source_.name()), " at offset ", *difference));
}

// From the open files to a copy that may take its place.
absl::Status CopyContent(File& source, File& copy, off_t size,
                         const CopyOptions& options, CopyMonitor& monitor) {
  ContentCopy content(source, copy, size, options, monitor);
  absl::Status status;
  if (options.direct) status = content.EnableDirect();
  if (status.ok()) status = content.Transfer();
  if (status.ok()) status = content.SetSize();
  if (status.ok() && options.sync) status = content.Sync();
  if (status.ok() && options.verify) status = content.Verify();
  return status;
}

absl::Status CopyOpened(File& source, const Destination& target,
                        const CopyOptions& options, CopyMonitor& monitor) {
  const absl::StatusOr<struct stat> origin = source.Stat();
  if (!origin.ok()) return origin.status();
  absl::StatusOr<TemporaryFile> temporary =
      TemporaryFile::Create(target, origin->st_mode);
  if (!temporary.ok()) return temporary.status();
  absl::Status status =
      CopyContent(source, temporary->file(), origin->st_size, options, monitor);
  // The last moment at which the copy can be stopped.
  if (status.ok()) status = monitor.Check();
  if (status.ok()) status = temporary->Commit();
  return status;
}

}  // namespace

absl::Status CopyFile(const std::string& source, const std::string& destination,
                      const CopyOptions& options, CopyMonitor& monitor) {
  absl::StatusOr<File> file = OpenSource(source);
  if (!file.ok()) return file.status();
  const absl::StatusOr<Destination> target =
      ResolveDestination(*file, destination, options.force);
  if (!target.ok()) return target.status();
  if (!options.sync) return CopyOpened(*file, *target, options, monitor);

  absl::StatusOr<File> directory = OpenDirectory(target->directory);
  if (!directory.ok()) return directory.status();
  absl::Status status = CopyOpened(*file, *target, options, monitor);
  return status.ok() ? SyncDirectory(*directory) : status;
}

}  // namespace aioemul::tools
