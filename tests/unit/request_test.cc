// A request's states, and how it is found from its control block: contract A7,
// C1, C2, C3.

#include "emul/request.h"

#include <atomic>
#include <cerrno>
#include <set>
#include <tuple>
#include <utility>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

using State = RequestState;

constexpr State kStates[] = {State::kFree,    State::kHeld,
                             State::kQueued,  State::kRunning,
                             State::kWaiting, State::kComplete};

const std::set<std::pair<State, State>>& LegalTransitions() {
  static const auto* legal = new std::set<std::pair<State, State>>{
      {State::kFree, State::kHeld},        {State::kFree, State::kQueued},
      {State::kFree, State::kWaiting},     {State::kFree, State::kComplete},
      {State::kHeld, State::kQueued},      {State::kHeld, State::kWaiting},
      {State::kHeld, State::kComplete},    {State::kQueued, State::kRunning},
      {State::kQueued, State::kComplete},  {State::kWaiting, State::kRunning},
      {State::kWaiting, State::kComplete}, {State::kRunning, State::kWaiting},
      {State::kRunning, State::kComplete}, {State::kComplete, State::kFree}};
  return *legal;
}

class RequestTransitionTest
    : public ::testing::TestWithParam<std::tuple<State, State>> {};

TEST_P(RequestTransitionTest, IsMadeWhenLegalAndEndsTheProcessWhenNot) {
  // Other tests of this binary start threads.
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto [from, to] = GetParam();
  Request request;
  request.state = from;
  if (LegalTransitions().count({from, to}) != 0) {
    request.MoveTo(to);
    EXPECT_EQ(request.state, to);
  } else {
    const State next = to;
    EXPECT_DEATH(request.MoveTo(next), "illegal transition of a request");
  }
}

INSTANTIATE_TEST_SUITE_P(EveryPair, RequestTransitionTest,
                         ::testing::Combine(::testing::ValuesIn(kStates),
                                            ::testing::ValuesIn(kStates)));

TEST(RequestTest, NewRequestIsFreeAndServesNobody) {
  const Request request;
  EXPECT_EQ(request.state, State::kFree);
  EXPECT_EQ(request.control_block.load(), nullptr);
  EXPECT_EQ(request.queue.load(), nullptr);
}

TEST(RequestTest, SynchronizationsAloneAreBarriers) {
  const std::pair<Operation, bool> expectations[] = {
      {Operation::kReadAt, false},      {Operation::kWriteAt, false},
      {Operation::kAppend, false},      {Operation::kReadStream, false},
      {Operation::kWriteStream, false}, {Operation::kSync, true},
      {Operation::kSyncData, true}};
  for (const auto& [operation, is_barrier] : expectations) {
    Request request;
    request.transfer.operation = operation;
    EXPECT_EQ(request.IsBarrier(), is_barrier) << static_cast<int>(operation);
  }
}

class RequestTableTest : public ::testing::Test {
 protected:
  // Makes `request` serve `block`, in the order of a submission.
  static void Claim(Request* request, aiocb* block) {
    request->control_block.store(block);
    ASSERT_TRUE(control_block::Exchange(
        block, control_block::Load(block),
        control_block::InProgress(request->slot, ++request->uses)));
  }
  // And the other way round, in the order of a completion.
  static void Complete(Request* request, aiocb* block, ssize_t result) {
    control_block::Publish(block, result);
    request->control_block.store(nullptr);
  }

  testing::FakePlatform platform_;
  RequestTable table_{platform_};
};

TEST_F(RequestTableTest, BlockInProgressFindsItsRequest) {
  aiocb block = {};
  Request* other = table_.Acquire();
  Request* request = table_.Acquire();
  Claim(request, &block);
  control_block::Word word = 0;
  EXPECT_EQ(table_.Find(&block, &word), request);
  EXPECT_EQ(word, control_block::InProgress(request->slot, request->uses));
  EXPECT_EQ(table_.Serving(&block, word), request);
  table_.Release(request);
  table_.Release(other);
}

TEST_F(RequestTableTest, CompleteBlockFindsNothing) {
  aiocb block = {};
  Request* request = table_.Acquire();
  Claim(request, &block);
  Complete(request, &block, 3);
  control_block::Word word = 0;
  EXPECT_EQ(table_.Find(&block, &word), nullptr);
  EXPECT_TRUE(control_block::IsComplete(word));
  table_.Release(request);
}

// The result is visible first, then the request lets go of the block.
TEST_F(RequestTableTest, BlockWithAResultFindsNothingThoughTheRequestLingers) {
  aiocb block = {};
  Request* request = table_.Acquire();
  Claim(request, &block);
  control_block::Publish(&block, 3);
  EXPECT_EQ(table_.Find(&block), nullptr);
  table_.Release(request);
}

TEST_F(RequestTableTest, ZeroedBlockFindsNothing) {
  aiocb block = {};
  control_block::Word word = 1;
  EXPECT_EQ(table_.Find(&block, &word), nullptr);
  EXPECT_EQ(word, 0U);
}

TEST_F(RequestTableTest, CopyOfABlockInProgressFindsNothing) {
  aiocb block = {};
  Request* request = table_.Acquire();
  Claim(request, &block);
  const aiocb copy = block;
  EXPECT_EQ(table_.Find(&copy), nullptr);
  EXPECT_EQ(table_.Find(&block), request);
  table_.Release(request);
}

TEST_F(RequestTableTest, GarbageThatLooksInProgressFindsNothing) {
  Request* request = table_.Acquire();
  for (const uint32_t slot : {0U, 1U, RequestTable::kChunkSlots,
                              RequestTable::kMaxSlots, UINT32_MAX}) {
    aiocb block = {};
    ASSERT_TRUE(
        control_block::Exchange(&block, 0, control_block::InProgress(slot)));
    EXPECT_EQ(table_.Find(&block), nullptr) << slot;
  }
  aiocb block = {};
  ASSERT_TRUE(control_block::Exchange(
      &block, 0,
      ~control_block::kStatusMask | control_block::Word{EINPROGRESS}));
  EXPECT_EQ(table_.Find(&block), nullptr);
  table_.Release(request);
}

// A thread that looks at a block may be away between its two looks while the
// block completes and is submitted again, by the same request, as the table's
// reuse of the last one makes likely.  If the word were the same as before, it
// would take the block for one in progress that nobody serves: aio_error would
// say EINVAL, and a second submission would not be refused (A7).
TEST_F(RequestTableTest, SubmissionsOfOneBlockHaveDifferentWords) {
  aiocb block = {};
  Request* request = table_.Acquire();
  Claim(request, &block);
  const control_block::Word word = control_block::Load(&block);
  Complete(request, &block, 1);
  table_.Release(request);
  ASSERT_EQ(table_.Acquire(), request);
  Claim(request, &block);
  EXPECT_NE(control_block::Load(&block), word);
  table_.Release(request);
}

// The same as a race.  Whoever looks finds the block in progress or complete,
// and never a word in progress without a request.
TEST_F(RequestTableTest, BlockThatIsReusedIsNeverFoundInProgressByNobody) {
  aiocb block = {};
  Request* request = table_.Acquire();
  constexpr int kLookers = 2;
  std::atomic<int> looking{kLookers};
  std::atomic<int> lost{0};
  RunTogether(kLookers + 1, [&](int thread) {
    if (thread == kLookers) {
      while (looking.load() != 0) {
        Claim(request, &block);
        Complete(request, &block, 1);
      }
      return;
    }
    for (int look = 0; look < 1'000'000; ++look) {
      control_block::Word word = 0;
      if (table_.Find(&block, &word) == nullptr &&
          control_block::IsInProgress(word)) {
        ++lost;
      }
    }
    --looking;
  });
  EXPECT_EQ(lost, 0);
  table_.Release(request);
}

}  // namespace
}  // namespace aioemul
