// A read that waits on an empty pipe until it is cancelled, by the POSIX names.

#ifndef AIOEMUL_TESTS_CLOSE_WAITING_READ_H_
#define AIOEMUL_TESTS_CLOSE_WAITING_READ_H_

#include <aio.h>

#include <array>
#include <cerrno>

#include "gtest/gtest.h"

namespace aioemul::testing {

class WaitingRead {
 public:
  explicit WaitingRead(int fd) {
    block_.aio_fildes = fd;
    block_.aio_buf = buffer_.data();
    block_.aio_nbytes = buffer_.size();
    block_.aio_sigevent.sigev_notify = SIGEV_NONE;
    EXPECT_EQ(aio_read(&block_), 0);
  }
  ~WaitingRead() {
    if (waits()) {
      EXPECT_EQ(aio_cancel(block_.aio_fildes, &block_), AIO_CANCELED);
    }
  }
  WaitingRead(const WaitingRead&) = delete;
  WaitingRead& operator=(const WaitingRead&) = delete;

  bool waits() const { return aio_error(&block_) == EINPROGRESS; }
  bool cancelled() const { return aio_error(&block_) == ECANCELED; }

 private:
  std::array<char, 4> buffer_ = {};
  aiocb block_ = {};
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_CLOSE_WAITING_READ_H_
