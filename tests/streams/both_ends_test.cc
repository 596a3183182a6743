// Both ends of a FIFO in one program, whose writes can only block: the read
// that would make room must not wait for the write (contract I1, I2).

#include <string>

#include "gtest/gtest.h"
#include "tests/streams/descriptors.h"
#include "tests/streams/stream_fixture.h"

namespace aioemul::testing {
namespace {

class BothEndsTest : public EveryMechanismTest {};

TEST_P(BothEndsTest, LongWriteAndItsReadsGoOnTogether) {
  options.threads.value = 2;
  const Channel fifo = MakeFifo();
  const std::string text = LongText(500'000);
  aiocb write = WriteBlock(fifo.writer.number(), text);
  Write(write);
  std::string received;
  while (received.size() < text.size() && !HasFailure()) {
    std::string buffer(60'000, ' ');
    aiocb read = ReadBlock(fifo.reader.number(), buffer);
    Read(read);
    const Outcome outcome = Await(read);
    ASSERT_EQ(outcome.error, 0);
    received += buffer.substr(0, static_cast<size_t>(outcome.result));
  }
  EXPECT_TRUE(received == text);
  EXPECT_EQ(Await(write), Success(text.size()));
}

INSTANTIATE_TEST_SUITE_P(Mechanisms, BothEndsTest, EveryMechanism(), &NameOf);

}  // namespace
}  // namespace aioemul::testing
