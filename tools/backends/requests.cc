#include "tools/backends/requests.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <iterator>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <new>
#include <utility>

#include "tools/backends/notification.h"
#include "tools/backends/posix_names.h"
#include "tools/backends/status.h"
#include "tools/backends/threads.h"
#include "tools/backends/waiting.h"

namespace aioemul::backends {
namespace {

// What glibc has for AIO_PRIO_DELTA_MAX, which its headers hide.
constexpr int kPriorityMax = 20;

using Requests = std::list<std::shared_ptr<Request>>;

// The outstanding requests of a descriptor, in call order.
struct Queue {
  Requests requests;
  size_t waiting = 0;  // Those that have not started.
};

struct Table {
  std::mutex mutex;
  std::map<int, Queue> queues;
  size_t outstanding = 0;
};

// Never destroyed: threads use it at exit.
Table* table = nullptr;

// While a fork is under way nobody else is inside, and the child begins with a
// consistent table.
Undisturbed* forking = nullptr;

void PrepareFork() {
  auto* const undisturbed = new Undisturbed;
  table->mutex.lock();
  forking = undisturbed;
}

void EndFork() {
  Undisturbed* const undisturbed = forking;
  table->mutex.unlock();
  delete undisturbed;
}

void EndForkInChild() {
  for (const auto& [fd, queue] : table->queues) {
    for (const std::shared_ptr<Request>& request : queue.requests) {
      Publish(request->block, ECANCELED, -1);
    }
  }
  table->queues.clear();
  table->outstanding = 0;
  TheCarrier().StartAnew();
  EndFork();
}

__attribute__((constructor)) void MakeTable() {
  table = new Table;
  pthread_atfork(PrepareFork, EndFork, EndForkInChild);
}

// What is wrong with a request that the descriptor and the control block show,
// or 0.  Fills in the rest of the request.
int Examine(const aiocb& block, Request* request) {
  request->fd = block.aio_fildes;
  request->event = block.aio_sigevent;
  if (!IsValid(request->event)) return EINVAL;
  const int flags = fcntl(request->fd, F_GETFL);
  struct stat status = {};
  if (flags < 0 || fstat(request->fd, &status) != 0) return EBADF;
  request->file_type = status.st_mode & S_IFMT;
  request->seekable = lseek(request->fd, 0, SEEK_CUR) >= 0;
  request->nonblocking = (flags & O_NONBLOCK) != 0;
  if ((flags & O_PATH) != 0) return EBADF;
  if (request->synchronizes()) return 0;

  const bool writes = request->operation == Operation::kWrite;
  if ((flags & O_ACCMODE) == (writes ? O_RDONLY : O_WRONLY)) return EBADF;
  request->buffer = static_cast<char*>(const_cast<void*>(block.aio_buf));
  request->bytes = block.aio_nbytes;
  request->offset = block.aio_offset;
  request->in_call_order =
      !request->seekable || (writes && (flags & O_APPEND) != 0);
  if (block.aio_reqprio < 0 || block.aio_reqprio > kPriorityMax ||
      request->bytes > size_t{SSIZE_MAX} ||
      (request->seekable && request->offset < 0)) {
    return EINVAL;
  }
  const bool at_maximum =
      request->offset == std::numeric_limits<off_t>::max() &&
      request->bytes > 0 && S_ISREG(status.st_mode);
  return writes && at_maximum ? EFBIG : 0;
}

// Marks as started all that may start now: a synchronization when it is the
// first, a transfer in call order when it is the first of its direction, and
// any other at once.  Returns them, chained.
Request* TakeStartable(Queue* queue) {
  if (queue->waiting == 0) return nullptr;
  Request* first = nullptr;
  Request** end = &first;
  bool direction_taken[2] = {};
  for (const std::shared_ptr<Request>& request : queue->requests) {
    if (request->synchronizes() && request != queue->requests.front()) continue;
    if (request->in_call_order) {
      bool& taken = direction_taken[request->operation == Operation::kWrite];
      if (std::exchange(taken, true)) continue;
    }
    if (std::exchange(request->started, true)) continue;
    --queue->waiting;
    request->next = nullptr;
    *end = request.get();
    end = &request->next;
  }
  return first;
}

void StartAll(Request* request) {
  while (request != nullptr) {
    // The carrier may use the link, and destroy the request.
    Request* const next = request->next;
    TheCarrier().Start(request);
    request = next;
  }
}

// With the table locked.  The request is the caller's then.
std::shared_ptr<Request> TakeOut(const Request& request) {
  const auto found = table->queues.find(request.fd);
  std::shared_ptr<Request> taken = *request.position;
  Queue* const queue = &found->second;
  queue->requests.erase(request.position);
  if (!taken->started) --queue->waiting;
  if (queue->requests.empty()) table->queues.erase(found);
  --table->outstanding;
  return taken;
}

// With the table locked, so that nobody finds the block idle and the request
// outstanding, or the other way round.
void PublishResult(Request* request, ssize_t result) {
  const int error = result < 0 ? static_cast<int>(-result) : 0;
  Publish(request->block, error, result < 0 ? -1 : result);
  if (error != 0 && request->list != nullptr) request->list->failed = true;
  request->cancelled = error == ECANCELED;
  request->complete = true;
}

void Finish(RequestList* list) {
  if (list->remaining.fetch_sub(1) != 1) return;
  WakeWaiters();
  Notify(list->event);
}

// After the result is visible, and without the lock.
void Announce(const Request& request) {
  WakeWaiters();
  Notify(request.event);
  if (request.list != nullptr) Finish(request.list.get());
}

// Returns 0 or the errno with which it is refused.
int Enter(const std::shared_ptr<Request>& request, int refusal) {
  Request* startable = nullptr;
  {
    const std::lock_guard<std::mutex> lock(table->mutex);
    if (IsInProgress(*request->block)) return EBUSY;
    if (refusal == 0) refusal = TheCarrier().Accept(*request);
    if (refusal == 0 && table->outstanding >= TheCarrier().Capacity()) {
      refusal = EAGAIN;
    }
    if (refusal != 0) {
      Publish(request->block, refusal, -1);
      return refusal;
    }
    Queue* const queue = &table->queues[request->fd];
    queue->requests.push_back(request);
    request->position = std::prev(queue->requests.end());
    ++queue->waiting;
    ++table->outstanding;
    if (request->list != nullptr) ++request->list->remaining;
    Begin(request->block);
    startable = TakeStartable(queue);
  }
  StartAll(startable);
  return 0;
}

// Returns the errno with which it is refused.
int Refuse(aiocb* block, int refusal) {
  const Undisturbed undisturbed;
  const std::lock_guard<std::mutex> lock(table->mutex);
  if (IsInProgress(*block)) return EBUSY;
  Publish(block, refusal, -1);
  return refusal;
}

int Submit(Operation operation, aiocb* block,
           const std::shared_ptr<RequestList>& list) {
  if (block == nullptr) return EINVAL;
  const Undisturbed undisturbed;
  try {
    const auto request = std::make_shared<Request>();
    request->block = block;
    request->operation = operation;
    request->list = list;
    return Enter(request, Examine(*block, request.get()));
  } catch (const std::bad_alloc&) {
    return Refuse(block, EAGAIN);
  }
}

int SubmitEntry(aiocb* block, const std::shared_ptr<RequestList>& list) {
  if (block->aio_lio_opcode == LIO_READ) {
    return Submit(Operation::kRead, block, list);
  }
  if (block->aio_lio_opcode == LIO_WRITE) {
    return Submit(Operation::kWrite, block, list);
  }
  return Refuse(block, EINVAL);
}

int Returned(int error) {
  if (error == 0) return 0;
  errno = error;
  return -1;
}

// Returns 0 or EINTR.
int AwaitList(const RequestList& list) {
  pthread_testcancel();
  const timespec deadline = DeadlineAfter(nullptr);
  int error = 0;
  for (;;) {
    const uint32_t seen = Completions();
    if (list.remaining.load() == 0) return 0;
    if (error == EINTR) return EINTR;
    error = AwaitCompletion(seen, deadline);
  }
}

}  // namespace

int Read(aiocb* block) {
  return Returned(Submit(Operation::kRead, block, nullptr));
}

int Write(aiocb* block) {
  return Returned(Submit(Operation::kWrite, block, nullptr));
}

int Fsync(int operation, aiocb* block) {
  if (block != nullptr && operation != O_SYNC && operation != O_DSYNC) {
    return Returned(Refuse(block, EINVAL));
  }
  return Returned(
      Submit(operation == O_SYNC ? Operation::kSync : Operation::kDataSync,
             block, nullptr));
}

int Listio(int mode, aiocb* const list[], int count, sigevent* event) {
  const bool wait = mode == LIO_WAIT;
  if ((!wait && mode != LIO_NOWAIT) || count < 0 ||
      count > static_cast<int>(kMostRequests) ||
      (list == nullptr && count > 0) ||
      (!wait && event != nullptr && !IsValid(*event))) {
    return Returned(EINVAL);
  }
  std::shared_ptr<RequestList> requests;
  try {
    requests = std::make_shared<RequestList>();
  } catch (const std::bad_alloc&) {
    return Returned(EAGAIN);
  }
  requests->event.sigev_notify = SIGEV_NONE;
  if (!wait && event != nullptr) requests->event = *event;

  bool refused = false;
  bool exhausted = false;
  bool unsupported = false;
  for (int i = 0; i < count; ++i) {
    if (list[i] == nullptr || list[i]->aio_lio_opcode == LIO_NOP) continue;
    const int error = SubmitEntry(list[i], requests);
    refused |= error != 0;
    exhausted |= error == EAGAIN;
    unsupported |= error == ENOSYS;
  }
  {
    const Undisturbed undisturbed;
    Finish(requests.get());
  }
  if (wait && AwaitList(*requests) != 0) return Returned(EINTR);
  if (unsupported) return Returned(ENOSYS);
  if (wait) return Returned(refused || requests->failed ? EIO : 0);
  return Returned(exhausted ? EAGAIN : refused ? EIO : 0);
}

int Cancel(int fd, aiocb* block) {
  if (fcntl(fd, F_GETFD) < 0) return Returned(EBADF);
  if (block != nullptr && block->aio_fildes != fd) return Returned(EINVAL);
  const Undisturbed undisturbed;
  Requests cancelled;
  Requests running;
  Request* startable = nullptr;
  {
    const std::lock_guard<std::mutex> lock(table->mutex);
    const auto found = table->queues.find(fd);
    if (found == table->queues.end()) return AIO_ALLDONE;
    // It stays while it is looked at.
    const Requests before(found->second.requests);
    for (const std::shared_ptr<Request>& request : before) {
      if (block != nullptr && request->block != block) continue;
      (request->started ? running : cancelled).push_back(request);
      if (request->started) continue;
      TakeOut(*request);
      PublishResult(request.get(), -ECANCELED);
    }
    const auto left = table->queues.find(fd);
    if (left != table->queues.end()) startable = TakeStartable(&left->second);
  }
  for (const std::shared_ptr<Request>& request : cancelled) Announce(*request);
  StartAll(startable);

  bool any_cancelled = !cancelled.empty();
  bool all_stopped = true;
  for (const std::shared_ptr<Request>& request : running) {
    const bool stops = TheCarrier().Cancel(request);
    if (stops) {
      AwaitUndisturbed([&request] { return request->complete.load(); });
    }
    any_cancelled |= request->cancelled;
    // One that comes to its end by itself was not cancelled.
    all_stopped &= request->cancelled;
  }
  if (!all_stopped) return AIO_NOTCANCELED;
  return any_cancelled ? AIO_CANCELED : AIO_ALLDONE;
}

void Complete(Request* request, ssize_t result) {
  Request* startable = nullptr;
  std::shared_ptr<Request> completed;
  {
    const std::lock_guard<std::mutex> lock(table->mutex);
    completed = TakeOut(*request);
    PublishResult(request, result);
    const auto found = table->queues.find(request->fd);
    if (found != table->queues.end()) startable = TakeStartable(&found->second);
  }
  Announce(*completed);
  StartAll(startable);
}

}  // namespace aioemul::backends
