// One positioned read or write, carried through to its last byte.
//
// The life of a transfer, on one control block:
//
//   PrepareRead, PrepareWrite    what to move
//   Submit                       -> outstanding, or refused for now
//   in_progress                  until it is false, after aioemul_suspend
//   Collect                      -> whole, or short: Submit the rest
//
// While it is outstanding the control block and the buffer belong to the
// library: neither may be freed before Collect or AwaitEnd.

#ifndef AIOEMUL_TOOLS_AIOEMUL_TRANSFER_H_
#define AIOEMUL_TOOLS_AIOEMUL_TRANSFER_H_

#include <aio.h>
#include <stddef.h>

#include "absl/status/statusor.h"
#include "tools/aioemul/block_cursor.h"
#include "tools/aioemul/file.h"

namespace aioemul::tools {

class Transfer {
 public:
  Transfer() = default;
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Describes the transfer of `block` between `file` and `buffer`.  Its length
  // is rounded up to the alignment of the file, for which there must be room.
  // `file` must outlive the transfer.
  void PrepareRead(const File& file, char* buffer, const Block& block);
  void PrepareWrite(const File& file, char* buffer, const Block& block);

  // Submits what is left of the transfer.  False: the library takes no more
  // requests at present, try again when one has completed.
  absl::StatusOr<bool> Submit();

  bool outstanding() const { return outstanding_; }
  bool in_progress() const;

  // For the list of aioemul_suspend.
  const struct aiocb* control_block() const { return &control_block_; }

  // Takes the result of a request no longer in progress.  True: the transfer
  // is whole, or a read has met the end of the file.  False: the count was
  // short, submit the rest.
  absl::StatusOr<bool> Collect();

  // How much of the block has been moved.
  size_t moved() const;

  // Gives the transfer up: Cancel asks for its end, AwaitEnd waits for it.  A
  // request that a worker has started cannot be cancelled and runs to its end.
  void Cancel();
  void AwaitEnd();

 private:
  enum class Direction { kRead, kWrite };

  void Prepare(Direction direction, const File& file, char* buffer,
               const Block& block);
  absl::Status Error(int error) const;

  Direction direction_ = Direction::kRead;
  const File* file_ = nullptr;
  char* buffer_ = nullptr;
  Block block_ = {0, 0};
  size_t moved_ = 0;
  bool outstanding_ = false;
  struct aiocb control_block_ = {};
};

}  // namespace aioemul::tools

#endif  // AIOEMUL_TOOLS_AIOEMUL_TRANSFER_H_
