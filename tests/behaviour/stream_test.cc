// Pipes and sockets (contract A8, B4, I4).

#include <aio.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

class StreamTest : public EngineTest {
 protected:
  // Reads of `size` bytes each, in order, whatever their priorities.
  void SubmitReads(int fd, size_t count, size_t size) {
    buffers_.assign(count, std::string(size, '.'));
    for (std::string& buffer : buffers_) {
      reads_.push_back(ReadBlock(fd, buffer));
      reads_.back().aio_reqprio = static_cast<int>(20 - reads_.size() % 3);
    }
    for (aiocb& block : reads_) ASSERT_EQ(engine().Read(&block), 0);
  }
  std::string AllRead() {
    std::string all;
    for (size_t i = 0; i < reads_.size(); ++i) {
      EXPECT_EQ(Await(reads_[i]), Success(buffers_[i].size()));
      all += buffers_[i];
    }
    return all;
  }

  std::vector<aiocb> SubmitWrites(int fd,
                                  const std::vector<std::string>& texts) {
    std::vector<aiocb> blocks;
    for (const std::string& text : texts) {
      blocks.push_back(WriteBlock(fd, text));
      blocks.back().aio_reqprio = static_cast<int>(20 - blocks.size() % 3);
    }
    for (aiocb& block : blocks) EXPECT_EQ(engine().Write(&block), 0);
    return blocks;
  }

  std::vector<aiocb> reads_;
  std::vector<std::string> buffers_;
};

// B4: also those that wait for the bytes.
TEST_F(StreamTest, ReadsOfAPipeCompleteInCallOrder) {
  const Channel pipe = Channel::Pipe();
  SubmitReads(pipe.first(), 8, 2);
  ASSERT_EQ(write(pipe.second(), "aabbccdd", 8), 8);
  ASSERT_EQ(write(pipe.second(), "eeffgghh", 8), 8);
  EXPECT_EQ(AllRead(), "aabbccddeeffgghh");
}

// B4
TEST_F(StreamTest, ReadsOfASocketCompleteInCallOrder) {
  const Channel sockets = Channel::Sockets();
  SubmitReads(sockets.first(), 8, 2);
  ASSERT_EQ(write(sockets.second(), "aabbccddeeffgghh", 16), 16);
  EXPECT_EQ(AllRead(), "aabbccddeeffgghh");
}

// B4: a read is not complete before the one submitted earlier.
TEST_F(StreamTest, TheFirstReadGetsTheFirstByte) {
  const Channel pipe = Channel::Pipe();
  SubmitReads(pipe.first(), 3, 1);
  for (size_t i = 0; i < reads_.size(); ++i) {
    ASSERT_EQ(write(pipe.second(), "x", 1), 1);
    EXPECT_EQ(Await(reads_[i]), Success(1));
    for (size_t later = i + 1; later < reads_.size(); ++later) {
      EXPECT_EQ(ErrorOf(reads_[later]), EINPROGRESS);
    }
  }
}

// B4
TEST_F(StreamTest, WritesTakeEffectInCallOrder) {
  const std::vector<std::string> texts = {"one ", "two ", "three ", "four"};
  const std::string whole = "one two three four";
  for (Channel (*make)() : {&Channel::Pipe, &Channel::Sockets}) {
    const Channel channel = make();
    std::vector<aiocb> writes = SubmitWrites(channel.second(), texts);
    for (size_t i = 0; i < texts.size(); ++i) {
      EXPECT_EQ(Await(writes[i]), Success(texts[i].size()));
    }
    std::string received(whole.size(), '.');
    EXPECT_EQ(read(channel.first(), received.data(), received.size()),
              static_cast<ssize_t>(whole.size()));
    EXPECT_EQ(received, whole);
  }
}

// B4, I2
TEST_F(StreamTest, AWaitingReadDelaysNoWrite) {
  const Channel sockets = Channel::Sockets();
  SubmitReads(sockets.first(), 2, 4);
  std::vector<aiocb> writes = SubmitWrites(sockets.first(), {"to", "ward"});
  EXPECT_EQ(Await(writes[0]), Success(2));
  EXPECT_EQ(Await(writes[1]), Success(4));
  EXPECT_EQ(ErrorOf(reads_[0]), EINPROGRESS);
  ASSERT_EQ(write(sockets.second(), "backward", 8), 8);
  EXPECT_EQ(AllRead(), "backward");
}

// A8
TEST_F(StreamTest, AReadTakesWhatThereIs) {
  const Channel pipe = Channel::Pipe();
  ASSERT_EQ(write(pipe.second(), "few", 3), 3);
  std::string buffer(10, '.');
  aiocb block = ReadBlock(pipe.first(), buffer);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Success(3));
  EXPECT_EQ(buffer, "few.......");
}

// A8
TEST_F(StreamTest, AReadEndsWhenTheLastWriterIsGone) {
  std::array<int, 2> ends = {-1, -1};
  ASSERT_EQ(pipe(ends.data()), 0);
  const Descriptor reader(ends[0]);
  std::string buffer(4, '.');
  aiocb block = ReadBlock(reader.number(), buffer);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(ErrorOf(block), EINPROGRESS);
  close(ends[1]);
  EXPECT_EQ(Await(block), Success(0));
}

// I4: the signal has no thread of the program to act on.
TEST_F(StreamTest, AWriteThatNobodyReadsFails) {
  for (Channel (*make)() : {&Channel::Pipe, &Channel::Sockets}) {
    const Channel channel = make();
    // The other end, closed; its number leads to a file from now on.
    const TempFile file;
    ASSERT_EQ(dup2(file.fd(), channel.first()), channel.first());
    aiocb block = WriteBlock(channel.second(), "text");
    ASSERT_EQ(engine().Write(&block), 0);
    EXPECT_EQ(Await(block), Failure(EPIPE));
  }
}

// A8
TEST_F(StreamTest, ABadBufferFailsItsRequestAlone) {
  const Channel pipe = Channel::Pipe();
  ASSERT_EQ(write(pipe.second(), "text", 4), 4);
  aiocb bad = ReadBlock(pipe.first(), nullptr, 4);
  ASSERT_EQ(engine().Read(&bad), 0);
  EXPECT_EQ(Await(bad), Failure(EFAULT));
  SubmitReads(pipe.first(), 1, 4);
  EXPECT_EQ(AllRead(), "text");
}

// I3, I4
TEST_F(StreamTest, ANonblockingDescriptorAnswersAtOnce) {
  const Channel pipe = Channel::Pipe();
  const int flags = fcntl(pipe.first(), F_GETFL) | O_NONBLOCK;
  ASSERT_EQ(fcntl(pipe.first(), F_SETFL, flags), 0);
  std::string buffer(4, '.');
  aiocb block = ReadBlock(pipe.first(), buffer);
  ASSERT_EQ(engine().Read(&block), 0);
  EXPECT_EQ(Await(block), Failure(EAGAIN));
  EXPECT_EQ(fcntl(pipe.first(), F_GETFL), flags);
}

// I5: it cannot seek although lseek says so.
TEST_F(StreamTest, AnEventfdIsReadAndWritten) {
  const Descriptor counter(eventfd(0, 0));
  uint64_t value = 7;
  aiocb write = ReadBlock(counter.number(), &value, sizeof(value));
  ASSERT_EQ(engine().Write(&write), 0);
  EXPECT_EQ(Await(write), Success(sizeof(value)));
  value = 0;
  aiocb read = ReadBlock(counter.number(), &value, sizeof(value));
  ASSERT_EQ(engine().Read(&read), 0);
  EXPECT_EQ(Await(read), Success(sizeof(value)));
  EXPECT_EQ(value, 7U);
  // As read says of a buffer too small.
  read.aio_nbytes = 4;
  ASSERT_EQ(engine().Read(&read), 0);
  EXPECT_EQ(Await(read), Failure(EINVAL));
}

}  // namespace
}  // namespace aioemul::testing
