#include "tools/aioemul/tail_source.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "aio/aio.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/last_lines.h"
#include "tools/aioemul/source_file.h"
#include "tools/aioemul/subcommand.h"
#include "tools/aioemul/system_error.h"

namespace aioemul::tools {

using Kind = SourceFile::Kind;

TailSource::TailSource(SourceFile source, const TailOptions& options)
    : source_(std::move(source)), follow_(options.follow) {
  // The standard input may have been read in part.
  offset_ = std::max(off_t{0}, lseek(source_.file.fd(), 0, SEEK_CUR));
  if (source_.kind == Kind::kRegular) {
    const absl::StatusOr<struct stat> status = source_.file.Stat();
    // Without a size, as in /proc, there is no telling: all is read.
    const off_t size = status.ok() ? status->st_size : 0;
    search_.emplace(options.lines, offset_, size, kBufferSize);
  }
  Prepare();
}

TailSource::~TailSource() {
  transfer_.Cancel();
  transfer_.AwaitEnd();
}

void TailSource::Prepare() {
  Block block = {offset_, kBufferSize};
  if (search_.has_value()) {
    if (const std::optional<Block> next = search_->Next(); next.has_value()) {
      block = *next;
    } else {
      block.offset = offset_ = search_->start();
      search_.reset();
    }
  }
  transfer_.PrepareRead(source_.file, buffer_.data(), block);
}

absl::Status TailSource::Submit() {
  const absl::StatusOr<bool> accepted = transfer_.Submit();
  if (accepted.ok() && *accepted) state_ = State::kOutstanding;
  return accepted.status();
}

absl::StatusOr<absl::string_view> TailSource::Collect() {
  const int error = aioemul_error(transfer_.control_block());
  const absl::StatusOr<bool> whole = transfer_.Collect();
  if (error == EAGAIN) {
    // A standard input that somebody has made O_NONBLOCK.
    GoOn(State::kPaused);
    return absl::string_view();
  }
  if (!whole.ok()) {
    End();
    return whole.status();
  }
  const absl::string_view bytes(buffer_.data(), transfer_.moved());
  if (search_.has_value()) {
    if (*whole) {
      search_->Examine(bytes);
      Prepare();
    }
    state_ = State::kReady;
    return absl::string_view();
  }
  if (bytes.empty()) {
    MeetEnd();
    return bytes;
  }
  offset_ += static_cast<off_t>(bytes.size());
  begun_ = true;
  // From now on the end is that of the last writer's.
  if (!follow_) source_.writer.reset();
  GoOn(State::kReady);
  return bytes;
}

void TailSource::End() {
  // Writers are to learn at once that nobody reads any more.  Nothing was
  // written here that closing could lose.
  static_cast<void>(source_.file.Close());
  source_.writer.reset();
  state_ = State::kEnded;
}

void TailSource::GoOn(State state) {
  Prepare();
  state_ = state;
}

void TailSource::MeetEnd() {
  const bool first_writer_due = source_.kind == Kind::kFifo && !begun_;
  const bool may_grow = source_.kind != Kind::kStream && follow_;
  if (!first_writer_due && !may_grow) {
    End();
    return;
  }
  if (source_.kind == Kind::kRegular && Shrank()) {
    PrintError("tail", absl::StrCat(Quoted(name()),
                                    " was truncated; reading it from its "
                                    "beginning"));
    offset_ = 0;
  }
  GoOn(State::kPaused);
}

bool TailSource::Shrank() const {
  const absl::StatusOr<struct stat> status = source_.file.Stat();
  return status.ok() && status->st_size < offset_;
}

}  // namespace aioemul::tools
