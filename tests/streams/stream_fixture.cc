#include "tests/streams/stream_fixture.h"

#include <dirent.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "emul/platform/readiness.h"

namespace aioemul::testing {

std::ostream& operator<<(std::ostream& stream, const Outcome& outcome) {
  return stream << "{" << strerror(outcome.error) << ", " << outcome.result
                << "}";
}

aiocb ReadBlock(int fd, std::string& buffer) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer.data();
  block.aio_nbytes = buffer.size();
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  block.aio_lio_opcode = LIO_READ;
  return block;
}

aiocb WriteBlock(int fd, std::string_view text) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = const_cast<char*>(text.data());
  block.aio_nbytes = text.size();
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  block.aio_lio_opcode = LIO_WRITE;
  return block;
}

std::string NameOf(const ::testing::TestParamInfo<Mechanism>& info) {
  switch (info.param) {
    case Mechanism::kNative:
      return "Native";
    case Mechanism::kPoll:
      return "Poll";
    case Mechanism::kDevice:
      return "Device";
  }
  return "";
}

StreamTest::StreamTest(Mechanism mechanism) {
  platform.ChooseReadiness([this, mechanism]() -> Readiness* {
    Readiness* real =
        mechanism == Mechanism::kPoll ? readiness::NewPoll() : readiness::New();
    return real == nullptr ? nullptr : new WatchedReadiness(real, arms);
  });
  if (mechanism == Mechanism::kDevice) {
    platform.AnswerTries([](const TransferCall&) { return -EOPNOTSUPP; });
  }
}

Engine& StreamTest::engine() {
  if (engine_ == nullptr) {
    engine_ = std::make_unique<Engine>(options, platform);
  }
  return *engine_;
}

void StreamTest::ReadAndWait(aiocb& block) {
  const int before = arms.count();
  Read(block);
  arms.Await(before + 1);
}

void StreamTest::WriteAndWait(aiocb& block) {
  const int before = arms.count();
  Write(block);
  arms.Await(before + 1);
}

Outcome StreamTest::Await(aiocb& block) {
  const std::array<const aiocb*, 1> list = {&block};
  while (ErrorOf(block) == EINPROGRESS) {
    engine().Suspend(list.data(), 1, nullptr);
  }
  return Take(block);
}

Outcome StreamTest::Take(aiocb& block) {
  Outcome outcome = {ErrorOf(block), 0};
  int status = 0;
  EXPECT_EQ(engine().Return(&block, &outcome.result, &status), 0);
  EXPECT_EQ(status, outcome.error);
  return outcome;
}

int EntriesOf(const char* directory) {
  DIR* stream = opendir(directory);
  EXPECT_NE(stream, nullptr) << directory;
  int entries = 0;
  while (const dirent* entry = readdir(stream)) {
    if (entry->d_name[0] != '.') ++entries;
  }
  closedir(stream);
  return entries;
}

}  // namespace aioemul::testing
