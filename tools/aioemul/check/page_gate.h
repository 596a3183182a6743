// Memory that whoever touches it has to wait for: a transfer on a plain file
// whose buffer lies here stays in progress until the gate is opened, whatever
// the backend.  By userfaultfd, which needs a privilege or
// vm.unprivileged_userfaultfd=1.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_PAGE_GATE_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_PAGE_GATE_H_

#include <stddef.h>

namespace aioemul::tools::check {

class Trial;

class PageGate {
 public:
  // Of one page.  Ends the check as not run where there is no userfaultfd.
  explicit PageGate(Trial& trial);
  PageGate(const PageGate&) = delete;
  PageGate& operator=(const PageGate&) = delete;
  ~PageGate();

  // The buffer.  Nobody but a request may touch it while the gate is shut.
  void* buffer() const { return page_; }
  size_t size() const { return size_; }

  // Waits until somebody waits at the gate: the transfer has begun.
  void AwaitArrival();
  // Lets everybody pass; the page reads as bytes `fill`.
  void Open(unsigned char fill);

 private:
  void* page_ = nullptr;
  size_t size_ = 0;
  int fd_ = -1;
  bool open_ = false;
};

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_PAGE_GATE_H_
