// The engine's short way: transfers with what is in memory, made at once.
//
// A positioned transfer that need not wait takes less time than to hand it to
// another thread.  So the caller makes it itself, if nothing is ahead of it on
// its descriptor; and a worker that can read so tells nobody of what waits
// behind it, since it comes back for that at once.
//
// In the caller signals stay open: no lock is taken and nobody is owed
// anything, so a handler may interrupt it anywhere (contract C3).  Nor does it
// hold the descriptor against who closes it: it is one call on the caller's own
// thread, as pread is, about the file that has the number at that moment (H2).

#include <cerrno>

#include "emul/engine.h"

namespace aioemul {
namespace {

Transfer PositionedTransfer(Operation operation, const aiocb& block) {
  Transfer transfer;
  transfer.operation = operation;
  transfer.fd = block.aio_fildes;
  transfer.buffer = const_cast<void*>(block.aio_buf);
  transfer.count = block.aio_nbytes;
  transfer.offset = block.aio_offset;
  return transfer;
}

bool IsWithin(size_t limit, const Transfer& transfer) {
  return transfer.count > 0 && transfer.count <= limit && EndOf(transfer) >= 0;
}

}  // namespace

ssize_t Engine::ReadCached(const Transfer& transfer) {
  if (transfer.operation != Operation::kReadAt ||
      !IsWithin(inline_bytes_, transfer) ||
      !read_hints_.IsWorthTrying(transfer.fd)) {
    return -EAGAIN;
  }
  if (!IsFile(transfer.fd)) {
    read_hints_.Refused(transfer.fd);
    return -EAGAIN;
  }
  ssize_t result = platform_.ReadCached(transfer.fd, transfer.buffer,
                                        transfer.count, transfer.offset);
  // What is short ends with the file, or with what is in memory.  Elsewhere
  // another read would take what the next request is to have, so it is asked
  // once more what this is.
  if (result > 0 && static_cast<size_t>(result) < transfer.count &&
      platform_.IsFile(transfer.fd)) {
    const auto moved = static_cast<size_t>(result);
    const ssize_t more = platform_.ReadCached(
        transfer.fd, static_cast<char*>(transfer.buffer) + moved,
        transfer.count - moved, transfer.offset + result);
    if (more != 0) result = -EAGAIN;
  }
  Remember(&read_hints_, transfer.fd, result);
  return result >= 0 ? result : -EAGAIN;
}

bool Engine::IsFile(int fd) {
  if (read_hints_.IsFile(fd)) return true;
  if (!platform_.IsFile(fd)) return false;
  read_hints_.SetFile(fd);
  return true;
}

ssize_t Engine::WriteCached(const Transfer& transfer) {
  if (!IsWithin(inline_write_bytes_, transfer) ||
      !write_hints_.IsWorthTrying(transfer.fd)) {
    return 0;
  }
  if (!IsFile(transfer.fd)) {
    write_hints_.Refused(transfer.fd);
    return 0;
  }
  const ssize_t result = platform_.WriteCached(transfer.fd, transfer.buffer,
                                               transfer.count, transfer.offset);
  const bool whole = result == static_cast<ssize_t>(transfer.count);
  Remember(&write_hints_, transfer.fd, result < 0 || whole ? result : -EAGAIN);
  return result == -EAGAIN || result == -EOPNOTSUPP ? 0 : result;
}

void Engine::Remember(CacheHints* hints, int fd, ssize_t result) {
  if (result >= 0) {
    hints->Hit(fd);
  } else if (result == -EOPNOTSUPP) {
    hints->Refused(fd);
  } else {
    hints->Miss(fd);
  }
}

bool Engine::IsAloneAndValid(const aiocb& block) {
  if (block.aio_offset < 0 || block.aio_reqprio < 0 ||
      block.aio_reqprio > kMaxPriorityDelta) {
    return false;
  }
  const DescriptorQueue* queue = FindQueue(block.aio_fildes);
  if (queue != nullptr && queue->IsHeld()) return false;
  return requests_.Find(&block) == nullptr;
}

ssize_t Engine::ReadAtOnce(const aiocb& block) {
  if (!IsAloneAndValid(block)) return -EAGAIN;
  // If that is a file.
  return ReadCached(PositionedTransfer(Operation::kReadAt, block));
}

ssize_t Engine::WriteAtOnce(const aiocb& block) {
  // A request that may yet be refused as a whole must not have written.
  if (inline_write_bytes_ == 0 || !AsksForNothing(block.aio_sigevent) ||
      !IsAloneAndValid(block)) {
    return 0;
  }
  return WriteCached(PositionedTransfer(Operation::kWriteAt, block));
}

bool Engine::CompleteAtOnce(aiocb* block, ssize_t result) {
  if (!AsksForNothing(block->aio_sigevent)) return false;
  control_block::Word word = 0;
  do {
    if (requests_.Find(block, &word) != nullptr) return false;
  } while (!control_block::PublishAtOnce(block, word, result));
  return true;
}

int Engine::CompleteAtOnce(Request* request, aiocb* block,
                           control_block::Word word, ssize_t count) {
  outstanding_.fetch_sub(1, std::memory_order_relaxed);
  if (!control_block::PublishAtOnce(block, word, count)) {
    outstanding_.fetch_add(1, std::memory_order_relaxed);
    return -EBUSY;
  }
  request->MoveTo(RequestState::kComplete);
  request->failed = false;
  DescriptorQueue::CompletedList completed;
  completed.PushBack(request);
  Finish(&completed, Notifier::Manner::kAtOnce);
  return 0;
}

}  // namespace aioemul
