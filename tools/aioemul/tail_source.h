// One source of `tail` and the one request that reads it.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TAIL_SOURCE_H_
#define AIOEMUL_TOOLS_AIOEMUL_TAIL_SOURCE_H_

#include <aio.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <array>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/last_lines.h"
#include "tools/aioemul/source_file.h"
#include "tools/aioemul/transfer.h"

namespace aioemul::tools {

struct TailOptions {
  uint64_t lines = 10;  // With how many last lines a regular file begins.
  bool follow = false;  // Whether regular files and FIFOs go on at their end.
};

// Not movable: the library knows the address of the request.
class TailSource {
 public:
  // Ready -> outstanding when the library accepts the request; outstanding ->
  // ready with what it brought, -> paused when there is nothing at present,
  // -> ended; paused -> ready.  Any -> ended by End.
  enum class State { kReady, kOutstanding, kPaused, kEnded };

  TailSource(SourceFile source, const TailOptions& options);
  TailSource(const TailSource&) = delete;
  TailSource& operator=(const TailSource&) = delete;

  // Cancels what is outstanding and waits for its end.
  ~TailSource();

  State state() const { return state_; }
  const std::string& name() const { return source_.file.name(); }

  // Of a ready source.  It stays ready when the library takes no more requests
  // at present.
  absl::Status Submit();

  // Of an outstanding one.
  bool in_progress() const { return transfer_.in_progress(); }
  const struct aiocb* control_block() const {
    return transfer_.control_block();
  }

  // Takes the result of a request no longer in progress: the bytes to print, if
  // any, which are valid until the next Submit.
  absl::StatusOr<absl::string_view> Collect();

  // Of a paused one.
  void Resume() { state_ = State::kReady; }

  // Asks for the end of what is outstanding, if anything; Collect is still due.
  void Cancel() { transfer_.Cancel(); }

  // Of one that is not outstanding: closes the file.
  void End();

 private:
  static constexpr size_t kBufferSize = size_t{64} * 1024;

  // Prepares the next request.
  void Prepare();
  void GoOn(State state);
  void MeetEnd();
  bool Shrank() const;

  SourceFile source_;
  const bool follow_;
  State state_ = State::kReady;
  off_t offset_ = 0;                 // Where to read on; no matter to streams.
  std::optional<LastLines> search_;  // Until it is known where to begin.
  bool begun_ = false;               // Something has been read.
  std::array<char, kBufferSize> buffer_;
  Transfer transfer_;
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TAIL_SOURCE_H_
