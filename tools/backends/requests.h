// What the honest backends have in common: all of POSIX asynchronous I/O but
// the transfers.  Checks of arguments, the order on a descriptor, status,
// waiting, lists, notification and fork are here; a Carrier carries requests
// out.
//
// The status of a request is in the private members of its control block, so
// that aio_error and aio_return need neither lock nor memory, and a block that
// nobody asks about costs nothing.
//
// Priorities are checked and otherwise ignored: whatever may start, starts.

#ifndef AIOEMUL_TOOLS_BACKENDS_REQUESTS_H_
#define AIOEMUL_TOOLS_BACKENDS_REQUESTS_H_

#include <aio.h>
#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include <atomic>
#include <list>
#include <memory>

namespace aioemul::backends {

constexpr size_t kMostRequests = 65536;

// The requests of one call of lio_listio.
struct RequestList {
  // Requests that are not complete, and one while the call submits.
  std::atomic<int> remaining{1};
  std::atomic<bool> failed{false};
  sigevent event = {};
};

enum class Operation { kRead, kWrite, kSync, kDataSync };

struct Request {
  // As they were submitted.  The control block is not read again.
  aiocb* block = nullptr;
  Operation operation = Operation::kRead;
  int fd = -1;
  char* buffer = nullptr;
  size_t bytes = 0;
  off_t offset = 0;
  sigevent event = {};
  std::shared_ptr<RequestList> list;
  // What the descriptor is.
  mode_t file_type = 0;
  bool seekable = false;
  bool nonblocking = false;
  bool in_call_order = false;  // One at a time for each direction.

  // Set once the result is visible; the first before the second.
  std::atomic<bool> cancelled{false};
  std::atomic<bool> complete{false};

  // Guarded by the mutex of the table.
  bool started = false;
  std::list<std::shared_ptr<Request>>::iterator position;

  // The carrier's own from Start to Complete.
  Request* next = nullptr;
  size_t moved = 0;
  bool being_cancelled = false;
  bool lacks_nowait = false;

  bool synchronizes() const {
    return operation == Operation::kSync || operation == Operation::kDataSync;
  }
};

// Each backend defines one.  The functions are called from any thread, with all
// signals blocked.
class Carrier {
 public:
  virtual ~Carrier() = default;

  // How many requests it takes at a time.
  virtual size_t Capacity() const { return kMostRequests; }
  // 0, or the errno with which `request` is refused: ENOSYS is for what this
  // backend cannot do.  The table is locked: no other thread is here, and no
  // fork comes between.
  virtual int Accept(const Request& request) = 0;
  // Carries the request out and calls Complete, now or later.
  virtual void Start(Request* request) = 0;
  // Tries to stop a started request.  True when it is going to be complete
  // without a wait for anything outside.
  virtual bool Cancel(const std::shared_ptr<Request>& request) = 0;
  // In the child of a fork: what was started is gone, and so are threads.  The
  // table is locked.
  virtual void StartAnew() = 0;
};

// The backend's.  Never destroyed, since threads use it at exit.
Carrier& TheCarrier();

// The end of a started request: `result` is what the system call returned, or
// an error number, negative.  Called with all signals blocked.
void Complete(Request* request, ssize_t result);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_REQUESTS_H_
