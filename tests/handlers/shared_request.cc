#include "tests/handlers/shared_request.h"

#include <unistd.h>

#include <cerrno>

#include "aio/aio.h"

namespace aioemul::testing {

SharedRequest::SharedRequest(int fd, int refill) : refill_(refill) {
  block_.aio_fildes = fd;
  block_.aio_buf = buffer_.data();
  block_.aio_nbytes = buffer_.size();
  block_.aio_sigevent.sigev_notify = SIGEV_NONE;
}

void SharedRequest::Submit() {
  ExpectThat(aioemul_read(&block_) == 0);
  if (refill_ < 0) return;
  ExpectThat(write(refill_, "text", buffer_.size()) ==
             static_cast<ssize_t>(buffer_.size()));
}

void SharedRequest::Finish() {
  const aiocb* const list[] = {&block_};
  while (aioemul_error(&block_) == EINPROGRESS) {
    aioemul_suspend(list, 1, nullptr);
  }
  ++completed_;
  TakeResult();
}

void SharedRequest::Ask() {
  const int status = aioemul_error(&block_);
  ExpectThat(status == EINPROGRESS || status == 0 || status == ECANCELED ||
             status == EINVAL);
  const aiocb* const list[] = {&block_};
  constexpr timespec kPoll = {0, 0};
  ExpectThat(aioemul_suspend(list, 1, &kPoll) == 0 || errno == EAGAIN);
}

void SharedRequest::Await() {
  const aiocb* const list[] = {&block_};
  ExpectThat(aioemul_suspend(list, 1, nullptr) == 0);
}

void SharedRequest::TakeResult() {
  const ssize_t result = aioemul_return(&block_);
  if (result == static_cast<ssize_t>(buffer_.size()) ||
      (result == -1 && errno == ECANCELED)) {
    ++taken_;
  } else {
    ExpectThat(result == -1 && (errno == EINVAL || errno == EINPROGRESS));
  }
}

}  // namespace aioemul::testing
