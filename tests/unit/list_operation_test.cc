// What the requests of one lio_listio call have in common: contract F2, F3,
// A6, D5.

#include "emul/list_operation.h"

#include <atomic>

#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/run_together.h"

namespace aioemul {
namespace {

class ListOperationTest : public ::testing::Test {
 protected:
  ListOperation* Make() { return ListOperation::Make(table_, {}); }
  // Gives up both references.
  static void Finish(ListOperation* list) {
    list->notification().sent(&list->notification());
    list->Unreference();
  }

  testing::FakePlatform platform_;
  ListTable table_{platform_};
};

TEST_F(ListOperationTest, ListWithoutEntriesIsDoneWhenSealed) {
  ListOperation* list = Make();
  EXPECT_FALSE(list->IsDone());
  EXPECT_TRUE(list->Seal());
  EXPECT_TRUE(list->IsDone());
  EXPECT_FALSE(list->failed());
  Finish(list);
}

TEST_F(ListOperationTest, LastEntryAfterSealIsTheLastOfAll) {
  ListOperation* list = Make();
  list->AddEntry();
  list->AddEntry();
  EXPECT_FALSE(list->Seal());
  EXPECT_FALSE(list->EntryDone(false));
  EXPECT_FALSE(list->IsDone());
  EXPECT_TRUE(list->EntryDone(false));
  EXPECT_TRUE(list->IsDone());
  Finish(list);
}

TEST_F(ListOperationTest, ListStaysOpenUntilSealedThoughAllEntriesAreDone) {
  ListOperation* list = Make();
  list->AddEntry();
  EXPECT_FALSE(list->EntryDone(false));
  EXPECT_FALSE(list->IsDone());
  list->AddEntry();
  EXPECT_FALSE(list->EntryDone(false));
  EXPECT_TRUE(list->Seal());
  Finish(list);
}

TEST_F(ListOperationTest, OneFailedEntryFailsTheList) {
  for (const int failing : {0, 1, 2}) {
    ListOperation* list = Make();
    for (int i = 0; i < 3; ++i) list->AddEntry();
    EXPECT_FALSE(list->Seal());
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(list->EntryDone(i == failing), i == 2);
    }
    EXPECT_TRUE(list->failed());
    Finish(list);
  }
}

TEST_F(ListOperationTest, NotificationIsTheGivenOne) {
  Notification given;
  given.kind = Notification::Kind::kSignal;
  given.signal = SIGUSR1;
  given.value.sival_int = 9;
  ListOperation* list = ListOperation::Make(table_, given);
  EXPECT_EQ(list->notification().kind, Notification::Kind::kSignal);
  EXPECT_EQ(list->notification().signal, SIGUSR1);
  EXPECT_EQ(list->notification().value.sival_int, 9);
  Finish(list);
}

TEST_F(ListOperationTest, LivesUntilCallerAndRequestsHaveLetGo) {
  ListOperation* list = Make();
  list->Unreference();
  EXPECT_EQ(table_.in_use(), 1U);
  list->notification().sent(&list->notification());
  EXPECT_EQ(table_.in_use(), 0U);

  list = Make();
  list->notification().sent(&list->notification());
  EXPECT_EQ(table_.in_use(), 1U);
  list->Unreference();
  EXPECT_EQ(table_.in_use(), 0U);
}

TEST_F(ListOperationTest, ReusedListRemembersNothing) {
  ListOperation* first = Make();
  first->AddEntry();
  EXPECT_FALSE(first->EntryDone(true));
  EXPECT_TRUE(first->Seal());
  Finish(first);
  ListOperation* second = Make();
  ASSERT_EQ(second, first);
  EXPECT_FALSE(second->failed());
  EXPECT_FALSE(second->IsDone());
  EXPECT_TRUE(second->Seal());
  Finish(second);
}

TEST_F(ListOperationTest, LackOfMemoryIsReportedAndPasses) {
  platform_.FailAllResources(true);
  EXPECT_EQ(Make(), nullptr);
  EXPECT_EQ(table_.in_use(), 0U);
  platform_.FailAllResources(false);
  ListOperation* list = Make();
  ASSERT_NE(list, nullptr);
  Finish(list);
}

TEST_F(ListOperationTest, WaitEndsWhenTheLastEntryIsDone) {
  ListOperation* list = Make();
  ListDone done(*list);
  Waiters::Stay stay;
  EXPECT_TRUE(done.IsOne());
  EXPECT_FALSE(done.Arm(stay));
  EXPECT_TRUE(list->Seal());
  EXPECT_TRUE(done.Arm(stay));
  Finish(list);
}

TEST_F(ListOperationTest, OfEntriesThatEndAtOnceOneIsTheLast) {
  constexpr int kThreads = 4;
  for (int round = 0; round < 500; ++round) {
    ListOperation* list = Make();
    for (int i = 1; i < kThreads; ++i) list->AddEntry();
    std::atomic<int> last{0};
    RunTogether(kThreads, [&](int thread) {
      const bool is_last =
          thread == 0 ? list->Seal() : list->EntryDone(thread == 1);
      if (!is_last) return;
      ++last;
      EXPECT_TRUE(list->failed());
    });
    ASSERT_EQ(last, 1);
    Finish(list);
  }
}

}  // namespace
}  // namespace aioemul
