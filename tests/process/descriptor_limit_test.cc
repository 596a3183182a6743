// A process that may have no descriptor more (RLIMIT_NOFILE): files need none,
// and streams do without the poller's (contract A6, I1).

#include <aio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "aio/aio.h"
#include "emul/platform/readiness.h"
#include "emul/platform/streams.h"
#include "tests/process/lowered_limit.h"
#include "tests/process/own_process.h"
#include "tests/process/refusal.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

using DescriptorLimitDeathTest = OwnProcessDeathTest;

TEST_F(DescriptorLimitDeathTest, FilesNeedNoDescriptors) {
  InOwnProcess([] {
    const Descriptor file = MakeFile("words");
    const LoweredLimit none(RLIMIT_NOFILE, 0);
    std::string buffer(5, ' ');
    for (int i = 0; i < 100; ++i) {
      aiocb read = ReadBlock(file.number(), buffer);
      Read(read);
      EXPECT_EQ(AwaitSuccess(read), 5);
    }
  });
}

TEST_F(DescriptorLimitDeathTest, StreamsMoveText) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    const Channel fifo = MakeFifo();
    const Channel sockets = MakeSockets();
    const Channel terminal = MakeTerminal();
    const LoweredLimit none(RLIMIT_NOFILE, 0);
    for (const Channel* channel : {&pipe, &fifo, &sockets, &terminal}) {
      UseChannel(*channel, 20);
    }
  });
}

// Neither the flag nor another descriptor for a pipe can be had.
TEST_F(DescriptorLimitDeathTest, StreamsMoveTextWhereCallsAreRefusedToo) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    const Channel sockets = MakeSockets();
    Refusal::Impose({SYS_preadv2, SYS_pwritev2}, EPERM);
    const LoweredLimit none(RLIMIT_NOFILE, 0);
    UseChannel(pipe, 20);
    UseChannel(sockets, 20);
  });
}

// Once there is room the poller is back: a read waits for it, and can be
// cancelled.
TEST_F(DescriptorLimitDeathTest, PollerComesBackWithDescriptors) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    {
      const LoweredLimit none(RLIMIT_NOFILE, 0);
      UseChannel(pipe);
    }
    LimitToOneWorker();
    UseCancellation(pipe);
  });
}

// The poller is there already when the limit falls below what it waits for,
// and poll itself refuses to wait for so many.
TEST_F(DescriptorLimitDeathTest, LimitMayFallWhileRequestsWait) {
  InOwnProcess([] {
    Refusal::Impose({SYS_epoll_create1}, EPERM);
    LimitToOneWorker();
    std::array<Channel, 3> pipes;
    std::array<std::string, 3> buffers;
    std::array<aiocb, 3> reads;
    for (size_t i = 0; i < pipes.size(); ++i) {
      pipes[i] = MakePipe();
      buffers[i].resize(5);
      reads[i] = ReadBlock(pipes[i].reader.number(), buffers[i]);
      ReadAndWait(reads[i]);
    }
    const LoweredLimit none(RLIMIT_NOFILE, 0);
    for (size_t i = pipes.size(); i-- > 0;) {
      Send(pipes[i].writer.number(), "words");
      EXPECT_EQ(AwaitSuccess(reads[i]), 5);
    }
  });
}

// --- The limit passes, so nothing is remembered of it.

TEST_F(DescriptorLimitDeathTest, IsNoRefusalOfThePoller) {
  InOwnProcess([] {
    const Refusal& refusal = Refusal::Impose({SYS_epoll_create1}, 0);
    {
      const LoweredLimit none(RLIMIT_NOFILE, 0);
      EXPECT_EQ(readiness::New(), nullptr);
    }
    EXPECT_NE(readiness::New(), nullptr);
    EXPECT_EQ(refusal.count(SYS_epoll_create1), 2);
  });
}

TEST_F(DescriptorLimitDeathTest, IsNoRefusalToOpenAPipeAgain) {
  InOwnProcess([] {
    const Channel pipe = MakePipe();
    Refusal::Impose({SYS_preadv2}, EPERM);
    Send(pipe.writer.number(), "x");
    char byte = 0;
    {
      const LoweredLimit none(RLIMIT_NOFILE, 0);
      EXPECT_EQ(streams::TryRead(pipe.reader.number(), &byte, 1), -EOPNOTSUPP);
    }
    EXPECT_EQ(streams::TryRead(pipe.reader.number(), &byte, 1), 1);
  });
}

}  // namespace
}  // namespace aioemul::testing
