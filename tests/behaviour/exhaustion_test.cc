// Running out of memory and threads (contract A2, A6).
//
// Each scenario is run again and again, in a fresh engine, with its first call
// for a resource failing, then with its second, and so on, until it runs
// through without meeting the failure.

#include <aio.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <array>
#include <cerrno>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using Submitter = int (*)(Engine& engine, aiocb& block);

int Read(Engine& engine, aiocb& block) { return engine.Read(&block); }
int Write(Engine& engine, aiocb& block) { return engine.Write(&block); }
int Sync(Engine& engine, aiocb& block) { return engine.Sync(O_SYNC, &block); }

// A descriptor of the same file with a number far from the others.
int DuplicateFarAway(int fd) {
  rlimit limit = {};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const int far = fcntl(fd, F_DUPFD, 1500);
  EXPECT_GE(far, 1500);
  return far;
}

// An engine, and what a scenario asks of it.
class World {
 public:
  World() : far_(DuplicateFarAway(file_.fd())) {
    options_.max_requests.value = kMaxRequests;
    engine_ = std::make_unique<Engine>(options_, platform_);
  }

  FakePlatform& platform() { return platform_; }
  Engine& engine() { return *engine_; }
  int fd() const { return file_.fd(); }
  int far() const { return far_.number(); }

  // Keeps a request, to be checked at the end.
  aiocb& Keep(const aiocb& block, Submitter submit) {
    uses_.push_back(std::make_unique<Use>(Use{block, submit}));
    return uses_.back()->block;
  }
  // A write of its own place in the file.
  aiocb& KeepWrite(int fd, int delta) {
    aiocb block = WriteBlock(fd, "text", writes_);
    writes_ += 4;
    block.aio_reqprio = delta;
    return Keep(block, &testing::Write);
  }

  // A submission that may have met the failure: it was accepted, or the control
  // block tells why not.
  void ExpectAcceptedOrAgain(const aiocb& block, int result) {
    const int status = engine_->Error(&block);
    if (result == 0) {
      EXPECT_TRUE(status == EINPROGRESS || status == 0) << status;
    } else {
      EXPECT_EQ(result, -EAGAIN);
      EXPECT_EQ(status, EAGAIN);
      EXPECT_TRUE(platform_.resource_failed());
    }
  }
  void Submit(const aiocb& block, Submitter submit) {
    aiocb& kept = Keep(block, submit);
    ExpectAcceptedOrAgain(kept, submit(*engine_, kept));
  }
  void Write(int fd, int delta = 0) {
    aiocb& block = KeepWrite(fd, delta);
    ExpectAcceptedOrAgain(block, engine_->Write(&block));
  }

  // With resources again, all was well or can be had now, and neither a place
  // nor a thread is lost.
  void ExpectRecovery() {
    platform_.FailResource(-1);
    for (auto& use : uses_) {
      const int status = engine_->Error(&use->block);
      if (status != 0 && status != EINPROGRESS) {
        EXPECT_EQ(use->submit(*engine_, use->block), 0);
      }
      EXPECT_EQ(Await(*engine_, use->block).error, 0);
    }
    std::string expected;
    for (off_t i = 0; i < writes_; i += 4) expected += "text";
    EXPECT_EQ(file_.Content(), expected);
    ExpectAllPlacesFree();
  }

 private:
  static constexpr int kMaxRequests = 8;
  struct Use {
    aiocb block;
    Submitter submit;
  };

  void ExpectAllPlacesFree() {
    platform_.HoldTransfers();
    std::array<aiocb, kMaxRequests + 1> blocks;
    blocks.fill(WriteBlock(fd(), "text"));
    for (int i = 0; i < kMaxRequests; ++i) {
      EXPECT_EQ(engine_->Write(&blocks[static_cast<size_t>(i)]), 0);
    }
    EXPECT_EQ(engine_->Write(&blocks.back()), -EAGAIN);
    // And the pool grows as it should, if perhaps not at the first occasion
    // after a failure: tuning it is another.
    while (engine_->thread_count() < kMaxRequests) {
      engine_->Configure(options_.threads.value, 0, options_.idle_time.value);
    }
    platform_.AwaitHeld(kMaxRequests);
    platform_.ReleaseAll();
    for (aiocb& block : blocks) Await(*engine_, block);
  }

  Options options_;
  FakePlatform platform_;
  const TempFile file_;
  const Descriptor far_;
  std::unique_ptr<Engine> engine_;
  std::vector<std::unique_ptr<Use>> uses_;
  off_t writes_ = 0;  // where the next one goes
};

// --- Scenarios ---------------------------------------------------------------

void Nothing(World& /*world*/) {}
void OneWrite(World& world) { world.Write(world.fd()); }

void FirstRead(World& world) {
  static char byte;
  world.Submit(ReadBlock(world.fd(), &byte, 1), &Read);
}

void FirstSync(World& world) { world.Submit(SyncBlock(world.fd()), &Sync); }

void MixedPriorities(World& world) {
  for (const int delta : {20, 0, 3}) world.Write(world.fd(), delta);
  FirstSync(world);
}

// The whole list may be refused, or some of its entries.
void SubmitList(World& world, int mode, const sigevent* event) {
  const std::array<aiocb*, 3> list = {&world.KeepWrite(world.fd(), 0),
                                      &world.KeepWrite(world.fd(), 5),
                                      &world.KeepWrite(world.fd(), 0)};
  const int result = world.engine().List(mode, list.data(), 3, event);
  bool refused = false;
  for (const aiocb* entry : list) {
    const bool again = world.engine().Error(entry) == EAGAIN;
    refused |= again;
    world.ExpectAcceptedOrAgain(*entry, again ? -EAGAIN : 0);
  }
  EXPECT_EQ(result != 0, refused);
  const bool may_say_eio = mode == LIO_WAIT;
  EXPECT_TRUE(result == 0 || result == -EAGAIN ||
              (may_say_eio && result == -EIO))
      << result;
}

void WaitingList(World& world) { SubmitList(world, LIO_WAIT, nullptr); }
void ListWithoutEvent(World& world) { SubmitList(world, LIO_NOWAIT, nullptr); }

void ListWithEvent(World& world) {
  world.platform().CaptureSignals(/*limit=*/1);
  const sigevent event = SignalEvent(SIGUSR1, 3);
  SubmitList(world, LIO_NOWAIT, &event);
}

// With the only worker held, each further request wants a further thread, and
// does without when there is none.
void HoldOneWrite(World& world) {
  world.platform().HoldTransfers();
  OneWrite(world);
  world.platform().AwaitHeld(1);
}

void GrowingPool(World& world) {
  for (int i = 0; i < 4; ++i) {
    aiocb& block = world.KeepWrite(world.fd(), 0);
    EXPECT_EQ(world.engine().Write(&block), 0);
  }
  world.platform().ReleaseAll();
}

void FarDescriptor(World& world) { world.Write(world.far(), 3); }

struct Scenario {
  const char* name;
  void (*prepare)(World& world);  // with all the resources
  void (*run)(World& world);
};
std::ostream& operator<<(std::ostream& stream, const Scenario& scenario) {
  return stream << scenario.name;
}

const Scenario kScenarios[] = {
    {"FirstRead", &Nothing, &FirstRead},
    {"FirstSync", &Nothing, &FirstSync},
    {"MixedPriorities", &Nothing, &MixedPriorities},
    {"WaitingList", &Nothing, &WaitingList},
    {"ListWithoutEvent", &Nothing, &ListWithoutEvent},
    {"ListWithEvent", &Nothing, &ListWithEvent},
    {"ListAfterAWrite", &OneWrite, &ListWithoutEvent},
    {"GrowingPool", &HoldOneWrite, &GrowingPool},
    {"FirstFarDescriptor", &Nothing, &FarDescriptor},
    {"SecondFarDescriptor", &OneWrite, &FarDescriptor},
};

class ExhaustionTest : public ::testing::TestWithParam<Scenario> {};

INSTANTIATE_TEST_SUITE_P(Scenarios, ExhaustionTest,
                         ::testing::ValuesIn(kScenarios),
                         [](const auto& test) { return test.param.name; });

// The worlds check that no memory is lost when they end.
TEST_P(ExhaustionTest, OfAnyResourceIsAnErrorAndPasses) {
  int index = 0;
  for (bool failed = true; failed; ++index) {
    SCOPED_TRACE(index);
    World world;
    GetParam().prepare(world);
    world.platform().FailResource(index);
    GetParam().run(world);
    failed = world.platform().resource_failed();
    world.ExpectRecovery();
    if (HasFailure()) break;
  }
  EXPECT_GT(index, 1) << "the scenario needs no resource";
}

// Nothing at all can be had, for any number of calls.
TEST_P(ExhaustionTest, OfAllResourcesIsAnErrorAndPasses) {
  World world;
  GetParam().prepare(world);
  world.platform().FailAllResources(true);
  GetParam().run(world);
  world.platform().FailAllResources(false);
  world.ExpectRecovery();
}

class SteadyStateTest : public EngineTest {};

// A6: what has been needed once is kept, so that a program in its stride cannot
// run out of anything.
TEST_F(SteadyStateTest, NeedsNothing) {
  options.threads.value = 3;
  options.idle_time.value = 1'000'000;
  platform.CaptureSignals(/*limit=*/1'000'000);
  // Not of the disk's time.
  platform.AnswerTransfers([](const TransferCall& call) {
    return call.kind == TransferCall::Kind::kSync ? std::optional<ssize_t>(0)
                                                  : std::nullopt;
  });
  const TempFile file("hello world");
  const TempFile appended("", O_APPEND);
  std::string buffer(5, ' ');
  const auto work = [&] {
    std::array<aiocb, 6> blocks;
    blocks.fill(WriteBlock(file.fd(), "hello"));
    blocks[0] = ReadBlock(file.fd(), buffer);
    blocks[1].aio_reqprio = 3;
    blocks[2] = WriteBlock(appended.fd(), "a");
    blocks[2].aio_sigevent = SignalEvent(SIGUSR1);
    ASSERT_EQ(engine().Read(&blocks[0]), 0);
    ASSERT_EQ(engine().Write(&blocks[1]), 0);
    ASSERT_EQ(engine().Write(&blocks[2]), 0);
    ASSERT_EQ(engine().Sync(O_SYNC, &blocks[3]), 0);
    aiocb* const list[] = {&blocks[4], &blocks[5]};
    ASSERT_EQ(engine().List(LIO_WAIT, list, 2, nullptr), 0);
    engine().Cancel(file.fd(), &blocks[3]);
    for (aiocb& block : blocks) Await(block);
  };
  platform.HoldTransfers();
  std::array<aiocb, 3> held;
  held.fill(WriteBlock(file.fd(), "hello"));
  for (aiocb& block : held) ASSERT_EQ(engine().Write(&block), 0);
  platform.AwaitHeld(3);
  platform.ReleaseAll();
  for (aiocb& block : held) EXPECT_EQ(Await(block), Success(5));
  work();

  const int before = platform.total_allocations();
  platform.FailAllResources(true);
  for (int i = 0; i < 1000; ++i) work();
  EXPECT_EQ(platform.total_allocations(), before);
  platform.FailAllResources(false);
}

}  // namespace
}  // namespace aioemul::testing
