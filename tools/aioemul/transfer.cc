#include "tools/aioemul/transfer.h"

#include <aio.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include <algorithm>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "aio/aio.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/file.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {

void Transfer::PrepareRead(const File& file, char* buffer, const Block& block) {
  Prepare(Direction::kRead, file, buffer, block);
}

void Transfer::PrepareWrite(const File& file, char* buffer,
                            const Block& block) {
  Prepare(Direction::kWrite, file, buffer, block);
}

void Transfer::Prepare(Direction direction, const File& file, char* buffer,
                       const Block& block) {
  direction_ = direction;
  file_ = &file;
  buffer_ = buffer;
  block_ = block;
  moved_ = 0;
}

absl::StatusOr<bool> Transfer::Submit() {
  control_block_ = {};
  control_block_.aio_fildes = file_->fd();
  control_block_.aio_buf = buffer_ + moved_;
  control_block_.aio_nbytes =
      RoundUp(block_.length - moved_, file_->alignment());
  control_block_.aio_offset = block_.offset + static_cast<off_t>(moved_);
  control_block_.aio_sigevent.sigev_notify = SIGEV_NONE;
  const int result = direction_ == Direction::kRead
                         ? aioemul_read(&control_block_)
                         : aioemul_write(&control_block_);
  if (result == 0) {
    outstanding_ = true;
    return true;
  }
  if (errno == EAGAIN) return false;
  return Error(errno);
}

bool Transfer::in_progress() const {
  return outstanding_ && aioemul_error(&control_block_) == EINPROGRESS;
}

absl::StatusOr<bool> Transfer::Collect() {
  const int error = aioemul_error(&control_block_);
  const ssize_t count = aioemul_return(&control_block_);
  outstanding_ = false;
  if (error != 0) return Error(error);
  if (count == 0 && direction_ == Direction::kWrite) return Error(EIO);
  moved_ += static_cast<size_t>(count);
  // A read that returned nothing is at the end of the file; so is a direct
  // read that left the alignment.
  const bool at_end = direction_ == Direction::kRead &&
                      (count == 0 || moved_ % file_->alignment() != 0);
  return at_end || moved_ >= block_.length;
}

size_t Transfer::moved() const { return std::min(moved_, block_.length); }

void Transfer::Cancel() {
  if (outstanding_) aioemul_cancel(file_->fd(), &control_block_);
}

void Transfer::AwaitEnd() {
  if (!outstanding_) return;
  const struct aiocb* const list[] = {&control_block_};
  while (aioemul_error(&control_block_) == EINPROGRESS) {
    aioemul_suspend(list, 1, nullptr);
  }
  aioemul_return(&control_block_);
  outstanding_ = false;
}

absl::Status Transfer::Error(int error) const {
  return SystemError(error,
                     direction_ == Direction::kRead ? "reading" : "writing",
                     file_->name());
}

}  // namespace aioemul::tools
