// The end of a run: all is let go, waited for and compared.

#include <errno.h>
#include <sched.h>
#include <time.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/generator.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/notices.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/run.h"

namespace aioemul::tools::diff {

void Patience::Wait() {
  constexpr int kSoon = 50;
  constexpr timespec kMoment = {0, 100'000};
  if (++times_ < kSoon) {
    sched_yield();
  } else {
    nanosleep(&kMoment, nullptr);
  }
}

void Run::Finish() {
  Expectation expectation;
  expectation.what = "the wait for all that is left";
  Do(Event::Kind::kFinish, 0, expectation);
  for (size_t i = 0; i < program_.objects.size(); ++i) {
    const int object = static_cast<int>(i);
    if (IsFile(program_.objects[i].kind)) continue;
    stage_.EndSending(object);
    model_.Ended(object);
  }
  DrainUntilDone();
  if (is_over()) return;
  for (int block = 0; block < program_.blocks && !is_over(); ++block) {
    const Submission* const last = model_.Current(block);
    if (last != nullptr && last->accepted && !last->returned) Return(block);
  }
  if (is_over()) return;
  Do(Event::Kind::kNotices, 0, {});
  AwaitNotices();
  if (contract_ == Contract::kProject) FindChanges();
  CompareContents();
}

// Every request can complete once its peer takes what comes.
void Run::DrainUntilDone() {
  constexpr int kAll = 1 << 24;
  Patience patience;
  for (bool outstanding = true; outstanding; patience.Wait()) {
    outstanding = false;
    for (int block = 0; block < program_.blocks; ++block) {
      const Submission* const last = model_.Current(block);
      if (last != nullptr && last->accepted && !last->returned &&
          !last->status_known) {
        const int status = StatusOf(block);
        if (IsMissing(status, "error")) return;
        if (status != EINPROGRESS) model_.Status(block, status);
        outstanding = outstanding || status == EINPROGRESS;
      }
    }
    for (size_t i = 0; i < program_.objects.size(); ++i) {
      const int object = static_cast<int>(i);
      if (!IsFile(program_.objects[i].kind) &&
          CanWrite(program_.objects[i].kind) && !model_.hung_up(object)) {
        model_.Received(object, stage_.Receive(object, kAll));
      }
    }
  }
}

void Run::TakeNotices() {
  for (const Notices::Came& came : Notices::Get().Take()) {
    journal_.Count("notifications");
    model_.Noticed(came.id, came.status, came.whole);
  }
}

void Run::AwaitNotices() {
  Patience patience;
  for (TakeNotices(); !is_over() && !model_.MissingNotices().empty();
       TakeNotices()) {
    patience.Wait();
  }
  model_.AllNoticed();
}

void Run::FindChanges() {
  for (int block = 0; block < program_.blocks; ++block) {
    if (model_.Current(block) == nullptr) continue;
    model_.Kept("A9", !requests_.IsChanged(block),
                absl::StrCat("members of block ", block,
                             " are no more what the program made them"));
  }
  for (size_t i = 0; i < program_.objects.size(); ++i) {
    if (IsFile(program_.objects[i].kind)) continue;
    model_.Kept("I4", !stage_.HasOtherFlags(static_cast<int>(i)),
                absl::StrCat("the descriptor of object ", i,
                             " has other flags than before"));
  }
  model_.Kept("I4", !Notices::TakePipeSignal(),
              "SIGPIPE was raised in a thread of the program");
}

void Run::CompareContents() {
  for (size_t i = 0; i < program_.objects.size(); ++i) {
    const int object = static_cast<int>(i);
    if (IsFile(program_.objects[i].kind)) {
      const std::string bytes = stage_.Contents(object);
      if (journal_.wants_outcomes()) {
        for (const Event& event :
             model_.OutcomesOf(object, static_cast<long>(bytes.size()))) {
          journal_.Do(event);
        }
      }
      model_.FileHolds(object, bytes);
    } else {
      model_.StreamHolds(object, CanRead(program_.objects[i].kind)
                                     ? stage_.Contents(object)
                                     : std::string());
    }
  }
}

}  // namespace aioemul::tools::diff
