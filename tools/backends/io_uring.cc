// io_uring, through liburing.
//
// One thread owns the ring: it alone submits and reaps, so that no request ends
// with the thread that asked for it, and no signal of a transfer is raised
// there.  Others hand it requests by chains, and wake it by an eventfd that the
// ring reads.
//
// Cannot do: anything, where the kernel refuses to set up a ring; ENOSYS then.
// A started transfer on a plain file is seldom cancellable.
//
// What must follow waits in the table until its predecessors are complete,
// rather than in the ring: there, a drained request would wait for those of all
// other descriptors too.

#include <errno.h>
#include <liburing.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "tools/backends/requests.h"
#include "tools/backends/threads.h"
#include "tools/backends/waiting.h"

namespace aioemul::backends {
namespace {

constexpr unsigned kEntries = 256;
// "At the file's own position": what a stream has instead of offsets.
constexpr uint64_t kNoOffset = UINT64_MAX;

// A call that waits for the kernel's word on a request to be cancelled.
struct Cancellation {
  Request* request;
  Cancellation* next;
  int answer;
  std::atomic<bool> answered{false};
};

// What a completion is of, told by the last bits of its tag.
constexpr uint64_t kWakeTag = 0;
constexpr uint64_t kCancellationBit = 1;

class Ring {
 public:
  // Returns 0 or the errno.
  int SetUp() {
    const int error = io_uring_queue_init(kEntries, &ring_, 0);
    if (error == -ENOMEM || error == -EMFILE || error == -ENFILE) return EAGAIN;
    if (error != 0) return ENOSYS;
    wake_ = eventfd(0, EFD_CLOEXEC);
    if (wake_ >= 0 && StartThread("aio-ring", Run, this) == 0) return 0;
    Abandon();
    return EAGAIN;
  }

  // Without a word to the kernel's side, which may be another process's.
  void Abandon() {
    if (wake_ >= 0) close(wake_);
    io_uring_queue_exit(&ring_);
  }

  // When it returns the kernel has the request, and the file for it: the caller
  // may close the descriptor.
  void Start(Request* request) {
    if (pthread_equal(pthread_self(), thread_.load()) != 0) {
      Prepare(request);
      return;
    }
    const uint64_t ticket = Post(request, &starts_);
    AwaitUndisturbed([&] { return submitted_.load() >= ticket; });
  }
  void Cancel(Cancellation* cancellation) { Post(cancellation, &cancels_); }

 private:
  // A chain to take the whole of; the first to come is the first.
  template <typename T>
  struct Chain {
    T* first = nullptr;
    T** end = &first;
  };

  // Returns the number of what was posted.
  template <typename T>
  uint64_t Post(T* item, Chain<T>* chain) {
    item->next = nullptr;
    uint64_t ticket;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      ticket = ++posted_;
      *chain->end = item;
      chain->end = &item->next;
    }
    eventfd_write(wake_, 1);
    return ticket;
  }

  template <typename T>
  T* Take(Chain<T>* chain) {
    chain->end = &chain->first;
    return std::exchange(chain->first, nullptr);
  }

  static void* Run(void* ring) {
    static_cast<Ring*>(ring)->Loop();
    return nullptr;
  }

  [[noreturn]] void Loop() {
    thread_ = pthread_self();
    ListenForWakes();
    for (;;) {
      const uint64_t taken = TakePosted();
      io_uring_submit(&ring_);
      if (submitted_.exchange(taken) != taken) WakeWaiters();
      io_uring_submit_and_wait(&ring_, 1);
      io_uring_cqe* completion;
      while (io_uring_peek_cqe(&ring_, &completion) == 0) {
        const uint64_t tag = completion->user_data;
        const int result = completion->res;
        io_uring_cqe_seen(&ring_, completion);
        Handle(tag, result);
      }
    }
  }

  // Returns the number of the last.
  uint64_t TakePosted() {
    Request* start;
    Cancellation* cancel;
    uint64_t last;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      start = Take(&starts_);
      cancel = Take(&cancels_);
      last = posted_;
    }
    while (start != nullptr) Prepare(std::exchange(start, start->next));
    while (cancel != nullptr) Prepare(std::exchange(cancel, cancel->next));
    return last;
  }

  void Handle(uint64_t tag, int result) {
    if (tag == kWakeTag) {
      ListenForWakes();
    } else if ((tag & kCancellationBit) != 0) {
      Answer(reinterpret_cast<Cancellation*>(tag & ~kCancellationBit), result);
    } else {
      Proceed(reinterpret_cast<Request*>(tag), result);
    }
  }

  io_uring_sqe* NextEntry() {
    io_uring_sqe* entry = io_uring_get_sqe(&ring_);
    while (entry == nullptr) {
      io_uring_submit(&ring_);
      entry = io_uring_get_sqe(&ring_);
    }
    return entry;
  }

  void ListenForWakes() {
    io_uring_sqe* const entry = NextEntry();
    io_uring_prep_read(entry, wake_, &wakes_, sizeof(wakes_), 0);
    entry->user_data = kWakeTag;
  }

  // The request, or what is left of it.
  void Prepare(Request* request) {
    io_uring_sqe* const entry = NextEntry();
    const uint64_t offset =
        request->seekable ? static_cast<uint64_t>(request->offset) : kNoOffset;
    char* const rest = request->buffer + request->moved;
    // More than a result can tell is never moved at once.
    const auto bytes = static_cast<unsigned>(
        std::min<size_t>(request->bytes - request->moved, kMostBytes));
    switch (request->operation) {
      case Operation::kRead:
        io_uring_prep_read(entry, request->fd, rest, bytes, offset);
        break;
      case Operation::kWrite:
        io_uring_prep_write(entry, request->fd, rest, bytes, offset);
        break;
      case Operation::kSync:
        io_uring_prep_fsync(entry, request->fd, 0);
        break;
      case Operation::kDataSync:
        io_uring_prep_fsync(entry, request->fd, IORING_FSYNC_DATASYNC);
        break;
    }
    // The ring would wait for it otherwise.
    if (request->nonblocking && !request->seekable && !request->lacks_nowait &&
        !request->synchronizes()) {
      entry->rw_flags = RWF_NOWAIT;
    }
    // A file's pages, or the buffer's, may be slow to come: not in this thread.
    if (request->seekable) entry->flags |= IOSQE_ASYNC;
    entry->user_data = reinterpret_cast<uint64_t>(request);
  }

  void Prepare(Cancellation* cancellation) {
    cancellation->request->being_cancelled = true;
    io_uring_sqe* const entry = NextEntry();
    io_uring_prep_cancel64(
        entry, reinterpret_cast<uint64_t>(cancellation->request), 0);
    entry->user_data =
        reinterpret_cast<uint64_t>(cancellation) | kCancellationBit;
  }

  void Answer(Cancellation* cancellation, int answer) {
    cancellation->request->being_cancelled = answer == 0;
    cancellation->answer = answer;
    cancellation->answered = true;
    // It is gone by now, perhaps.
    WakeWaiters();
  }

  void Proceed(Request* request, int result) {
    if (result == -EOPNOTSUPP && request->nonblocking &&
        !request->lacks_nowait) {
      // Of such a descriptor the ring heeds O_NONBLOCK itself.
      request->lacks_nowait = true;
      Prepare(request);
      return;
    }
    const bool stopped = result == -EINTR || result == -ECANCELED;
    if (stopped && !request->being_cancelled) {
      Prepare(request);
      return;
    }
    if (result > 0) request->moved += static_cast<size_t>(result);
    // As write does on what may block.
    const bool goes_on =
        result > 0 && request->operation == Operation::kWrite &&
        !request->seekable && !request->nonblocking &&
        !request->being_cancelled && request->moved < request->bytes;
    if (goes_on) {
      Prepare(request);
    } else if (request->moved > 0) {
      Complete(request, static_cast<ssize_t>(request->moved));
    } else {
      Complete(request, stopped ? -ECANCELED : result);
    }
  }

  // What read and write move at most.
  static constexpr size_t kMostBytes = 0x7ffff000;

  io_uring ring_ = {};
  int wake_ = -1;
  uint64_t wakes_ = 0;  // Written by the kernel.

  std::atomic<pthread_t> thread_{};
  std::atomic<uint64_t> submitted_{0};

  std::mutex mutex_;
  uint64_t posted_ = 0;          // Guarded by the mutex.
  Chain<Request> starts_;        // Guarded by the mutex.
  Chain<Cancellation> cancels_;  // Guarded by the mutex.
};

class UringCarrier : public Carrier {
 public:
  int Accept(const Request& /*request*/) override {
    if (ring_ != nullptr) return 0;
    auto ring = std::make_unique<Ring>();
    const int error = ring->SetUp();
    if (error == 0) ring_ = ring.release();
    return error;
  }

  void Start(Request* request) override { ring_->Start(request); }

  bool Cancel(const std::shared_ptr<Request>& request) override {
    Cancellation cancellation = {};
    cancellation.request = request.get();
    ring_->Cancel(&cancellation);
    AwaitUndisturbed([&] { return cancellation.answered.load(); });
    return cancellation.answer == 0;
  }

  // The ring is the parent's.  What is left of it here is small, and a thread
  // of the parent may have been inside.
  void StartAnew() override {
    if (ring_ != nullptr) ring_->Abandon();
    ring_ = nullptr;
  }

 private:
  Ring* ring_ = nullptr;  // Set before the first request starts.
};

}  // namespace

Carrier& TheCarrier() {
  static auto* const carrier = new UringCarrier;
  return *carrier;
}

}  // namespace aioemul::backends
