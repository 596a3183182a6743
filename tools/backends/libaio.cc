// Kernel AIO, through libaio.
//
// Cannot do: anything but plain files and block devices, and synchronizing
// directories, since io_submit would wait for a pipe, a socket or a terminal;
// the rest is refused with ENOSYS.  Nothing that has started can be cancelled.
// Buffered transfers are carried out by the kernel within io_submit: the caller
// of aio_read, or the thread that completes what a request waited for, waits
// for them.
//
// The kernel orders nothing.  What must follow waits in the table until its
// predecessors are complete.

#include <errno.h>
#include <libaio.h>
#include <sys/stat.h>

#include <memory>

#include "tools/backends/requests.h"
#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

// The kernel shares out 65536 among all processes.
constexpr int kCapacity = 4096;
constexpr int kEventsAtOnce = 64;

class LibaioCarrier : public Carrier {
 public:
  size_t Capacity() const override { return kCapacity; }

  int Accept(const Request& request) override {
    const mode_t type = request.file_type;
    const bool transfers = S_ISREG(type) || S_ISBLK(type);
    const bool synchronizes = S_ISDIR(type) && request.synchronizes();
    if (!transfers && !synchronizes) return ENOSYS;
    return context_ != nullptr ? 0 : SetUp();
  }

  void Start(Request* request) override {
    iocb control;
    Prepare(*request, &control);
    control.data = request;
    iocb* controls[] = {&control};
    const TransferSignals signals;
    int submitted;
    do {
      submitted = io_submit(context_, 1, controls);
    } while (submitted == -EINTR);
    // The kernel may have carried it out already.
    signals.Swallow(EFBIG);
    if (submitted != 1) Complete(request, submitted);
  }

  bool Cancel(const std::shared_ptr<Request>& /*request*/) override {
    return false;
  }

  // The kernel gives no context to the child.
  void StartAnew() override { context_ = nullptr; }

 private:
  static void Prepare(const Request& request, iocb* control) {
    switch (request.operation) {
      case Operation::kRead:
        io_prep_pread(control, request.fd, request.buffer, request.bytes,
                      request.offset);
        break;
      case Operation::kWrite:
        io_prep_pwrite(control, request.fd, request.buffer, request.bytes,
                       request.offset);
        break;
      case Operation::kSync:
        io_prep_fsync(control, request.fd);
        break;
      case Operation::kDataSync:
        io_prep_fdsync(control, request.fd);
        break;
    }
  }

  // Returns 0 or the errno.
  int SetUp() {
    io_context_t context = nullptr;
    const int error = io_setup(kCapacity, &context);
    if (error != 0)
      return error == -EAGAIN || error == -ENOMEM ? EAGAIN : ENOSYS;
    if (StartThread("aio-reaper", Reap, context) != 0) {
      io_destroy(context);
      return EAGAIN;
    }
    context_ = context;
    return 0;
  }

  static void* Reap(void* context) {
    for (;;) {
      io_event events[kEventsAtOnce];
      const int count = io_getevents(static_cast<io_context_t>(context), 1,
                                     kEventsAtOnce, events, nullptr);
      for (int i = 0; i < count; ++i) {
        Complete(static_cast<Request*>(events[i].data),
                 static_cast<ssize_t>(events[i].res));
      }
    }
    return nullptr;
  }

  // Set before the first request starts.
  io_context_t context_ = nullptr;
};

}  // namespace

Carrier& TheCarrier() {
  static auto* const carrier = new LibaioCarrier;
  return *carrier;
}

}  // namespace aioemul::backends
