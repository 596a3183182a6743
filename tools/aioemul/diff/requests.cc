#include "tools/aioemul/diff/requests.h"

#include <aio.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

// No descriptor, no sigev_notify, no opcode.
constexpr int kNothing = 12345;
constexpr char kUnread = '\xEE';

// What a read of too many bytes must not overrun, should a backend make it.
constexpr size_t kRoomForTooMany = 1 << 20;

// The others are the backend's while a request is in progress.
void CopyPublicMembers(const aiocb& from, aiocb* to) {
  to->aio_fildes = from.aio_fildes;
  to->aio_lio_opcode = from.aio_lio_opcode;
  to->aio_reqprio = from.aio_reqprio;
  to->aio_buf = from.aio_buf;
  to->aio_nbytes = from.aio_nbytes;
  to->aio_offset = from.aio_offset;
  to->aio_sigevent = from.aio_sigevent;
}

}  // namespace

int SyncOperation(const Request& request) {
  if (request.flaw == Flaw::kOpcode) return kNothing;
  return request.block % 2 == 0 ? O_SYNC : O_DSYNC;
}

void Requests::Prepare(int id, const Request& request, int fd,
                       const sigevent& event) {
  const size_t bytes = static_cast<size_t>(request.bytes);
  const size_t room = request.flaw == Flaw::kCount ? kRoomForTooMany
                                                   : std::max<size_t>(bytes, 1);
  auto& buffer = buffers_[id];
  buffer = std::make_unique<char[]>(room);
  memset(buffer.get(), kUnread, room);
  if (request.kind == RequestKind::kWrite) {
    for (size_t i = 0; i < bytes; ++i) {
      buffer[i] = static_cast<char>(ByteOf(id, static_cast<long>(i)));
    }
  }
  // Member by member: what a backend keeps in the block may stay from its last
  // use.
  aiocb* const block = this->block(request.block);
  block->aio_fildes = fd;
  block->aio_lio_opcode = LIO_NOP;
  if (request.kind == RequestKind::kRead) block->aio_lio_opcode = LIO_READ;
  if (request.kind == RequestKind::kWrite) block->aio_lio_opcode = LIO_WRITE;
  block->aio_reqprio = request.priority;
  block->aio_buf = buffer.get();
  block->aio_nbytes = bytes;
  block->aio_offset = request.offset;
  block->aio_sigevent = event;
  AddFlaw(request, block);
  CopyPublicMembers(*block, &copies_[static_cast<size_t>(request.block)]);
}

void Requests::Spoil(int index) {
  aiocb* const spoilt = block(index);
  // Not the descriptor, which aio_cancel compares.
  spoilt->aio_buf = nullptr;
  spoilt->aio_nbytes = 0;
  spoilt->aio_offset = kNothing;
  spoilt->aio_reqprio = 0;
  spoilt->aio_lio_opcode = LIO_NOP;
  spoilt->aio_sigevent = {};
  CopyPublicMembers(*spoilt, &copies_[static_cast<size_t>(index)]);
}

bool Requests::IsChanged(int index) const {
  const aiocb& now = blocks_[static_cast<size_t>(index)];
  const aiocb& then = copies_[static_cast<size_t>(index)];
  return now.aio_fildes != then.aio_fildes || now.aio_buf != then.aio_buf ||
         now.aio_nbytes != then.aio_nbytes ||
         now.aio_offset != then.aio_offset ||
         now.aio_reqprio != then.aio_reqprio ||
         now.aio_lio_opcode != then.aio_lio_opcode;
}

void Requests::AddFlaw(const Request& request, aiocb* block) {
  sigevent& event = block->aio_sigevent;
  switch (request.flaw) {
    case Flaw::kNone:
    case Flaw::kDirection:
      break;
    case Flaw::kDescriptor:
      block->aio_fildes = -1;
      break;
    case Flaw::kOffset:
      block->aio_offset = -1;
      break;
    case Flaw::kLowPriority:
      block->aio_reqprio = -1;
      break;
    case Flaw::kHighPriority:
      block->aio_reqprio =
          static_cast<int>(sysconf(_SC_AIO_PRIO_DELTA_MAX)) + 1;
      break;
    case Flaw::kCount:
      block->aio_nbytes = size_t{SSIZE_MAX} + 1;
      break;
    case Flaw::kNotify:
      event.sigev_notify = kNothing;
      break;
    case Flaw::kSignal:
      event.sigev_notify = SIGEV_SIGNAL;
      event.sigev_signo = kNothing;
      break;
    case Flaw::kFunction:
      event.sigev_notify = SIGEV_THREAD;
      event.sigev_notify_function = nullptr;
      break;
    case Flaw::kOpcode:
      block->aio_lio_opcode = kNothing;
      break;
    case Flaw::kBuffer:
      block->aio_buf = nullptr;
      break;
  }
}

absl::string_view Requests::Buffer(int id, size_t bytes) const {
  const auto found = buffers_.find(id);
  if (found == buffers_.end()) return "";
  return absl::string_view(found->second.get(), bytes);
}

}  // namespace aioemul::tools::diff
