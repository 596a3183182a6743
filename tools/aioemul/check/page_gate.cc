#include "tools/aioemul/check/page_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

uint64_t Address(void* page) { return reinterpret_cast<uintptr_t>(page); }

}  // namespace

PageGate::PageGate(Trial& trial)
    : size_(static_cast<size_t>(sysconf(_SC_PAGESIZE))),
      fd_(static_cast<int>(syscall(SYS_userfaultfd, O_CLOEXEC))) {
  if (fd_ < 0) {
    trial.NotRun(absl::StrCat("needs userfaultfd for faults of the kernel: ",
                              ErrorName(errno)));
  }
  uffdio_api api = {};
  api.api = UFFD_API;
  page_ = mmap(nullptr, size_, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  uffdio_register all = {};
  all.range.start = Address(page_);
  all.range.len = size_;
  all.mode = UFFDIO_REGISTER_MODE_MISSING;
  if (page_ == MAP_FAILED || ioctl(fd_, UFFDIO_API, &api) != 0 ||
      ioctl(fd_, UFFDIO_REGISTER, &all) != 0) {
    trial.NotRun(absl::StrCat("cannot set up userfaultfd: ", ErrorName(errno)));
  }
}

PageGate::~PageGate() {
  if (!open_) Open(0);
  close(fd_);
  munmap(page_, size_);
}

void PageGate::AwaitArrival() {
  uffd_msg message = {};
  while (read(fd_, &message, sizeof(message)) != sizeof(message) ||
         message.event != UFFD_EVENT_PAGEFAULT) {
  }
}

void PageGate::Open(unsigned char fill) {
  std::vector<unsigned char> bytes(size_, fill);
  uffdio_copy copy = {};
  copy.dst = Address(page_);
  copy.src = Address(bytes.data());
  copy.len = size_;
  ioctl(fd_, UFFDIO_COPY, &copy);
  open_ = true;
}

}  // namespace aioemul::tools::check
