// A write on a file that has begun, and does not end before it is let.

#ifndef AIOEMUL_TOOLS_AIOEMUL_CHECK_GATED_WRITE_H_
#define AIOEMUL_TOOLS_AIOEMUL_CHECK_GATED_WRITE_H_

#include <aio.h>
#include <sys/types.h>

#include "tools/aioemul/check/page_gate.h"

namespace aioemul::tools::check {

class Trial;

class GatedWrite {
 public:
  // Submits a write of a page at `offset`, and returns when its transfer has
  // begun and aio_write has returned.  Ends the check as unsupported where
  // aio_write returns no sooner than the transfer does: nothing can be
  // submitted behind it then.
  GatedWrite(Trial& trial, int fd, off_t offset);
  GatedWrite(const GatedWrite&) = delete;
  GatedWrite& operator=(const GatedWrite&) = delete;

  // Lets it write bytes `fill`.
  void Open(unsigned char fill) { gate_.Open(fill); }
  // Opens, waits, and expects that it has written the page.
  void ExpectWritten(unsigned char fill);

  aiocb* block() { return &block_; }
  size_t size() const { return gate_.size(); }

 private:
  Trial& trial_;
  PageGate gate_;
  aiocb block_;
};

}  // namespace aioemul::tools::check

#endif  // AIOEMUL_TOOLS_AIOEMUL_CHECK_GATED_WRITE_H_
