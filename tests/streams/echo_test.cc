// An echo over many socket pairs, with a read outstanding in each direction all
// the time and every byte checked (contract I1, I2, I3, B4).

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

size_t FromEnvironment(const char* name, size_t otherwise) {
  const char* text = getenv(name);
  return text == nullptr ? otherwise : strtoul(text, nullptr, 10);
}

// Byte `place` of what connection `number` says.
char ByteAt(size_t number, size_t place) {
  return static_cast<char>((place ^ (place >> 8)) * 31 + number * 7);
}

// One connection: the client sends `size` bytes and the server sends them back.
class Connection {
 public:
  Connection(Engine& engine, size_t number, size_t size)
      : engine_(engine), number_(number), size_(size) {
    Receive(server_read_, server(), server_buffer_);
    Receive(client_read_, client(), client_buffer_);
  }

  // Takes what is complete and submits what follows; false when all is back.
  bool Step() {
    if (IsDone(server_read_) && !echoing_) StartEcho();
    if (echoing_ && IsDone(echo_)) FinishEcho();
    if (sending_ && IsDone(send_)) FinishSend();
    if (!sending_ && sent_ < size_) StartSend();
    if (IsDone(client_read_)) Check();
    return checked_ < size_;
  }

  void Cancel() {
    engine_.Cancel(client(), nullptr);
    engine_.Cancel(server(), nullptr);
  }
  // One that completes before the next Step has anything to do.
  bool ReadsAreOutstanding() {
    return !IsDone(client_read_) && !IsDone(server_read_);
  }

 private:
  static constexpr size_t kPiece = 16'384;
  using Buffer = std::array<char, kPiece>;

  int client() const { return sockets_.reader.number(); }
  int server() const { return sockets_.writer.number(); }
  bool IsDone(const aiocb& block) {
    return engine_.Error(&block) != EINPROGRESS;
  }

  void Receive(aiocb& block, int fd, Buffer& buffer) {
    block = {};
    block.aio_fildes = fd;
    block.aio_buf = buffer.data();
    block.aio_nbytes = buffer.size();
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    ASSERT_EQ(engine_.Read(&block), 0);
  }
  size_t Take(aiocb& block) {
    ssize_t result = -1;
    int status = 0;
    EXPECT_EQ(engine_.Return(&block, &result, &status), 0);
    EXPECT_GT(result, 0) << strerror(status);
    return static_cast<size_t>(std::max<ssize_t>(result, 0));
  }

  void StartEcho() {
    const size_t count = Take(server_read_);
    std::copy_n(server_buffer_.data(), count, echo_buffer_.data());
    // The next read first: it must not delay the echo.
    Receive(server_read_, server(), server_buffer_);
    echo_ = WriteBlock(server(), std::string_view(echo_buffer_.data(), count));
    ASSERT_EQ(engine_.Write(&echo_), 0);
    echoing_ = true;
  }
  void FinishEcho() {
    EXPECT_EQ(Take(echo_), echo_.aio_nbytes);
    echoing_ = false;
  }
  void StartSend() {
    const size_t count = std::min(kPiece, size_ - sent_);
    for (size_t i = 0; i < count; ++i) {
      send_buffer_[i] = ByteAt(number_, sent_ + i);
    }
    send_ = WriteBlock(client(), std::string_view(send_buffer_.data(), count));
    ASSERT_EQ(engine_.Write(&send_), 0);
    sending_ = true;
  }
  void FinishSend() {
    EXPECT_EQ(Take(send_), send_.aio_nbytes);
    sent_ += send_.aio_nbytes;
    sending_ = false;
  }
  void Check() {
    const size_t count = Take(client_read_);
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(client_buffer_[i], ByteAt(number_, checked_ + i))
          << "connection " << number_ << ", byte " << checked_ + i;
    }
    checked_ += count;
    Receive(client_read_, client(), client_buffer_);
  }

  Engine& engine_;
  const size_t number_;
  const size_t size_;
  const Channel sockets_ = MakeSockets();
  size_t sent_ = 0;
  size_t checked_ = 0;
  bool sending_ = false;
  bool echoing_ = false;
  aiocb server_read_;
  aiocb client_read_;
  aiocb echo_;
  aiocb send_;
  Buffer server_buffer_;
  Buffer client_buffer_;
  Buffer echo_buffer_;
  Buffer send_buffer_;
};

class EchoTest : public StreamTest {};

TEST_F(EchoTest, EveryByteComesBackInOrder) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const size_t pairs = FromEnvironment("AIOEMUL_ECHO_PAIRS", 50);
  const size_t mebibytes = FromEnvironment("AIOEMUL_ECHO_MEBIBYTES", 8);
  const size_t size = (mebibytes << 20) / pairs;
  options.threads.value = 4;
  std::vector<std::unique_ptr<Connection>> connections;
  for (size_t i = 0; i < pairs; ++i) {
    connections.push_back(std::make_unique<Connection>(engine(), i, size));
  }
  for (bool more = true; more && !HasFailure();) {
    more = false;
    for (const auto& connection : connections) more |= connection->Step();
    sched_yield();
  }
  for (const auto& connection : connections) {
    EXPECT_TRUE(connection->ReadsAreOutstanding());
    connection->Cancel();
  }
  printf("%zu MiB each way over %zu pairs\n", mebibytes, pairs);
}

}  // namespace
}  // namespace aioemul::testing
