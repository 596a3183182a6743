// The transfer stage: one request meets the operating system.

#ifndef AIOEMUL_EMUL_TRANSFER_H_
#define AIOEMUL_EMUL_TRANSFER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

#include "emul/platform/platform.h"

namespace aioemul {

enum class Operation : uint8_t {
  kReadAt,       // files, in parallel
  kWriteAt,      //
  kAppend,       // O_APPEND, in call order
  kReadStream,   // what is no file, in call order
  kWriteStream,  //
  kSync,         // barriers
  kSyncData,     //
};

struct Transfer {
  Operation operation = Operation::kReadAt;
  int fd = -1;
  void* buffer = nullptr;
  size_t count = 0;
  off_t offset = 0;
  // --- Streams.
  DescriptorKind kind = DescriptorKind::kOther;
  bool blocking = true;  // the descriptor is not O_NONBLOCK
  size_t low_water = 1;  // a read waits for so many bytes
  // --- Files.
  bool buffered = false;  // it ends in memory
};

inline bool IsStream(Operation operation) {
  return operation == Operation::kReadStream ||
         operation == Operation::kWriteStream;
}

// The direction of a read or a write.
inline Direction DirectionOf(Operation operation) {
  const bool reads =
      operation == Operation::kReadAt || operation == Operation::kReadStream;
  return reads ? Direction::kRead : Direction::kWrite;
}

// Carries `transfer` out, blocking as long as it takes: the number of bytes
// moved, or a negative errno value that is never -EINTR.
ssize_t Perform(const Transfer& transfer, Platform& platform);

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_TRANSFER_H_
