#include "tests/behaviour/engine_fixture.h"

#include <array>
#include <cerrno>
#include <cstring>

namespace aioemul::testing {

std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
  return stream << "{" << strerror(outcome.error) << ", " << outcome.result
                << "}";
}

aiocb ReadBlock(int fd, void* buffer, size_t count, off_t offset) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = count;
  block.aio_offset = offset;
  block.aio_sigevent = NoEvent();
  block.aio_lio_opcode = LIO_READ;
  return block;
}

aiocb ReadBlock(int fd, std::string& buffer, off_t offset) {
  return ReadBlock(fd, buffer.data(), buffer.size(), offset);
}

aiocb WriteBlock(int fd, std::string_view text, off_t offset) {
  aiocb block =
      ReadBlock(fd, const_cast<char*>(text.data()), text.size(), offset);
  block.aio_lio_opcode = LIO_WRITE;
  return block;
}

aiocb SyncBlock(int fd) { return ReadBlock(fd, nullptr, 0); }

sigevent NoEvent() {
  sigevent event = {};
  event.sigev_notify = SIGEV_NONE;
  return event;
}

sigevent SignalEvent(int signal, int value) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = signal;
  event.sigev_value.sival_int = value;
  return event;
}

sigevent ThreadEvent(void (*function)(sigval), void* argument) {
  sigevent event = {};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_notify_function = function;
  event.sigev_value.sival_ptr = argument;
  return event;
}

void Gate::Await(int times) {
  while (times > 0) {
    if (sem_wait(&semaphore_) == 0) --times;
  }
}

bool Gate::IsOpen() {
  int count = 0;
  sem_getvalue(&semaphore_, &count);
  return count > 0;
}

Outcome Await(Engine& engine, aiocb& block) {
  const std::array<const aiocb*, 1> list = {&block};
  while (engine.Error(&block) == EINPROGRESS) {
    engine.Suspend(list.data(), 1, nullptr);
  }
  Outcome outcome = {engine.Error(&block), 0};
  int status = 0;
  EXPECT_EQ(engine.Return(&block, &outcome.result, &status), 0);
  EXPECT_EQ(status, outcome.error);
  return outcome;
}

Engine& EngineTest::engine() {
  if (engine_ == nullptr) {
    engine_ = std::make_unique<Engine>(options, platform);
  }
  return *engine_;
}

Outcome EngineTest::Take(aiocb& block) {
  Outcome outcome = {ErrorOf(block), 0};
  int status = 0;
  EXPECT_EQ(engine().Return(&block, &outcome.result, &status), 0);
  EXPECT_EQ(status, outcome.error);
  return outcome;
}

}  // namespace aioemul::testing
