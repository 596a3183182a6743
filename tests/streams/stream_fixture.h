// What the behaviour tests of streams start from: an engine of its own over a
// fake platform, by one of the ways in which a stream can be waited for and
// tried, so that one test body runs over all of them.

#ifndef AIOEMUL_TESTS_STREAMS_STREAM_FIXTURE_H_
#define AIOEMUL_TESTS_STREAMS_STREAM_FIXTURE_H_

#include <aio.h>
#include <sys/types.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>

#include "emul/engine.h"
#include "emul/options.h"
#include "gtest/gtest.h"
#include "tests/streams/watched_readiness.h"
#include "tests/support/fake_platform.h"

namespace aioemul::testing {

// What aio_error and aio_return said of a request.
struct Outcome {
  int error;
  ssize_t result;
};
inline bool operator==(const Outcome& a, const Outcome& b) {
  return a.error == b.error && a.result == b.result;
}
std::ostream& operator<<(std::ostream& stream, const Outcome& outcome);

inline Outcome Success(size_t count) {
  return {0, static_cast<ssize_t>(count)};
}
inline Outcome Failure(int error) { return {error, -1}; }

// --- Control blocks that notify nobody.
aiocb ReadBlock(int fd, std::string& buffer);
// The text must outlive the request.
aiocb WriteBlock(int fd, std::string_view text);

enum class Mechanism {
  kNative,  // the system's best
  kPoll,    // readiness by poll
  kDevice,  // nothing can be tried: each transfer has a thread of its own
};
std::string NameOf(const ::testing::TestParamInfo<Mechanism>& info);

class StreamTest : public ::testing::Test {
 protected:
  explicit StreamTest(Mechanism mechanism = Mechanism::kNative);

  // Made by the first call, with the options of that moment.
  Engine& engine();
  // Destroys it.  No request may be outstanding.
  void CloseEngine() { engine_.reset(); }

  // Submits one that must be accepted.
  void Read(aiocb& block) { ASSERT_EQ(engine().Read(&block), 0); }
  void Write(aiocb& block) { ASSERT_EQ(engine().Write(&block), 0); }
  // The same, and waits until it waits for the poller.
  void ReadAndWait(aiocb& block);
  void WriteAndWait(aiocb& block);

  int ErrorOf(const aiocb& block) { return engine().Error(&block); }
  Outcome Await(aiocb& block);
  Outcome Take(aiocb& block);  // the result, without waiting

  ArmCount arms;
  FakePlatform platform;
  Options options;

 private:
  std::unique_ptr<Engine> engine_;
};

// The same, by every mechanism.
class EveryMechanismTest : public StreamTest,
                           public ::testing::WithParamInterface<Mechanism> {
 protected:
  EveryMechanismTest() : StreamTest(GetParam()) {}
};

inline auto EveryMechanism() {
  return ::testing::Values(Mechanism::kNative, Mechanism::kPoll,
                           Mechanism::kDevice);
}

// How many entries a directory such as /proc/self/fd has.
int EntriesOf(const char* directory);

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_STREAMS_STREAM_FIXTURE_H_
