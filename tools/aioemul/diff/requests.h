// The control blocks of a program, and their buffers.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_REQUESTS_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_REQUESTS_H_

#include <aio.h>
#include <stddef.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

// Not thread-safe.
class Requests {
 public:
  explicit Requests(int blocks)
      : blocks_(static_cast<size_t>(blocks)),
        copies_(static_cast<size_t>(blocks)) {}

  aiocb* block(int index) { return &blocks_[static_cast<size_t>(index)]; }

  // Fills in the control block of `request`, whose number is `id`, for a
  // descriptor.  Its own buffer is never used again.
  void Prepare(int id, const Request& request, int fd, const sigevent& event);

  // Writes over what the backend must have read by now.
  void Spoil(int index);
  // Whether the backend has changed what it may only read.
  bool IsChanged(int index) const;

  // What is in the buffer of a request.
  absl::string_view Buffer(int id, size_t bytes) const;

 private:
  void AddFlaw(const Request& request, aiocb* block);

  std::vector<aiocb> blocks_;
  std::vector<aiocb> copies_;  // As the program left each of them.
  std::map<int, std::unique_ptr<char[]>> buffers_;
};

// The flag of aio_fsync for a request.
int SyncOperation(const Request& request);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_REQUESTS_H_
