#include "tests/stress/program.h"

#include <sched.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace aioemul::stress {

void Counts::Add(const Counts& other) {
  accepted += other.accepted;
  refused_for_want += other.refused_for_want;
  refused_as_invalid += other.refused_as_invalid;
  busy += other.busy;
  completed += other.completed;
  cancelled += other.cancelled;
  cut_short += other.cut_short;
  failed += other.failed;
  sync_errors += other.sync_errors;
  lists += other.lists;
  suspensions += other.suspensions;
  notices += other.notices;
  handlers += other.handlers;
  forks += other.forks;
  closes += other.closes;
  cut_off += other.cut_off;
  signal_shortages += other.signal_shortages;
  thread_shortages += other.thread_shortages;
}

Program::Program(Session& session, int number, Subjects subjects)
    : session_(session),
      number_(number),
      random_(Key({session.seed, static_cast<uint64_t>(number)})),
      subjects_(std::move(subjects)) {
  const size_t first = static_cast<size_t>(number) * kBuffersOfProgram;
  for (size_t i = 0; i < kBuffersOfProgram; ++i) {
    free_buffers_.push_back(session.buffers.At(first + i));
  }
}

void Program::Run() {
  watch_.emplace(session_.engine);
  while (counts_.accepted < mix().operations && !failures().any()) {
    Step();
    if (watch_->wrong() != nullptr) failures().Add(watch_->wrong());
  }
  Finish();
  counts_.handlers = watch_->runs();
  watch_.reset();
}

void Program::Step() {
  if (free_buffers_.empty()) return MakeRoom();
  if (DoToProcess()) return;
  const int choice = random_.Below(100);
  if (choice < 25) return Collect(500);
  if (choice < 57) return SubmitOne();
  if (choice < 65) return SubmitNeighbours();
  if (choice < 70) return SuspendOnSome();
  if (choice < 80) return AnySubject()->Idle(random_);
  if (choice < 82) return SubmitInvalid();
  if (choice < 84) return SubmitAgain();
  if (choice < 86 && mix().lists) return SubmitList();
  if (choice < 89 && mix().syncs) return SubmitSync();
  if (choice < 92 && mix().cancels) return CancelOne(AnyOutstanding());
  if (choice < 93) {
    return mix().cancels && random_.OneIn(4) ? CancelAll(AnySubject())
                                             : CancelInvalid();
  }
  if (choice < 99 && mix().handlers) {
    return session_.interruptions.Interrupt(random_);
  }
  if (mix().reconfigure) {
    session_.engine.Configure(random_.Below(mix().workers) + 1,
                              random_.Below(512), random_.Below(2));
  }
}

// Every buffer may belong to a request that waits for this very program, and a
// worker may be blocked until one end of a stream is free for plain transfers.
// Where every worker is, and no other thread can be had, what could not be
// notified at once waits for them too: then it does not do to wait for notices.
void Program::MakeRoom() {
  sched_yield();
  Collect(500);
  if (!free_buffers_.empty()) return;
  if (random_.OneIn(8)) LearnByLooking();
  Subject* subject = AnySubject();
  if (subject->is_stream() && random_.OneIn(8)) {
    for (const auto& attempt : outstanding_) {
      if (attempt->subject == subject) CancelOne(attempt.get());
    }
    Collect(1000);
  }
  subject->Idle(random_);
}

// --- The end

void Program::LearnByLooking() {
  for (const auto& attempt : outstanding_) attempt->seen_by_notice = false;
}

void Program::Finish() {
  LearnByLooking();
  const bool cancel_everything = mix().cancels && random_.OneIn(2);
  bool unfinished = true;
  bool reported = false;
  while (session_.unfinished.load(std::memory_order_acquire) > 0) {
    CancelForFinish(cancel_everything);
    Collect(1000);
    for (const auto& subject : subjects_) subject->Unblock();
    if (unfinished && outstanding_.empty()) {
      unfinished = false;
      session_.unfinished.fetch_sub(1, std::memory_order_release);
    }
    if (session_.stalled.load(std::memory_order_relaxed) && !reported) {
      reported = true;
      ReportLost();
    }
    sched_yield();
  }
}

void Program::CancelForFinish(bool everything) {
  for (const auto& attempt : outstanding_) {
    if ((everything || attempt->subject->is_stream()) &&
        IsInProgress(*attempt)) {
      CancelOne(attempt.get());
    }
  }
}

void Program::ReportLost() {
  for (const auto& attempt : outstanding_) {
    failures().Add(
        std::string(IsInProgress(*attempt) ? "never completed: "
                                           : "complete, but never notified: ") +
            Describe(*attempt),
        Finding::kLost);
  }
}

bool Program::NoticesArrived() const {
  return std::all_of(notices_.begin(), notices_.end(),
                     [](const Notice& notice) { return notice.HasArrived(); });
}

void Program::CheckNotices() {
  for (const Notice& notice : notices_) {
    counts_.notices += notice.arrived;
    failures().Check(notice.arrived >= notice.expected,
                     "a notification was lost", Finding::kLost);
    failures().Check(notice.arrived <= notice.expected + notice.optional,
                     "a notification came twice, or for a refused request");
  }
}

// --- Completions

bool Program::IsComplete(const Attempt& attempt) {
  if (!attempt.seen_by_notice) return !IsInProgress(attempt);
  if (!attempt.notice->HasArrived()) return false;
  failures().Check(!IsInProgress(attempt),
                   "a notification was sent before the result was visible");
  return true;
}

void Program::Collect(int per_mille) {
  for (size_t i = 0; i < outstanding_.size();) {
    if (random_.Chance(per_mille) && IsComplete(*outstanding_[i])) {
      End(i);
    } else {
      ++i;
    }
  }
  CollectLists();
  ForgetRetired();
}

void Program::CollectLists() {
  const auto first_gone = std::remove_if(
      list_waits_.begin(), list_waits_.end(), [&](const ListWait& wait) {
        if (!wait.notice->HasArrived()) return false;
        for (const auto& attempt : outstanding_) {
          failures().Check(
              attempt->list != wait.notice || !IsInProgress(*attempt),
              "a list's notification was sent before its requests were done");
        }
        for (const Notice* entry : wait.entries) {
          failures().Check(entry->HasArrived(),
                           "a list's signal was sent before its entries'");
        }
        return true;
      });
  list_waits_.erase(first_gone, list_waits_.end());
}

void Program::CheckOrder(size_t index) {
  const Attempt& later = *outstanding_[index];
  const bool sync = later.kind == Attempt::Kind::kSync;
  if (!sync && !later.subject->in_order()) return;
  for (size_t i = 0; i < index; ++i) {
    const Attempt& earlier = *outstanding_[i];
    if (earlier.subject != later.subject ||
        (!sync && earlier.kind == Attempt::Kind::kSync)) {
      continue;
    }
    failures().Check(
        !IsInProgress(earlier),
        sync ? "a sync completed before a request accepted earlier"
             : "a request of a lane completed before an earlier one");
  }
}

Outcome Program::TakeOutcome(const Attempt& attempt) {
  EngineUnderTest& engine = session_.engine;
  aiocb* block = attempt.block.get();
  Outcome outcome = {engine.Error(block), -1};
  // Now and then nobody asks for the result (C4), where it is known.
  if (!attempt.subject->is_stream() && !attempt.inexact && random_.OneIn(4)) {
    if (outcome.status == 0) {
      outcome.result = static_cast<ssize_t>(attempt.expected);
    }
    return outcome;
  }
  int status = outcome.status;
  failures().Check(engine.Return(block, &outcome.result, &status) == 0,
                   "aio_return refused a complete request");
  failures().Check(status == outcome.status,
                   "aio_return and aio_error disagree");
  ssize_t again = 0;
  failures().Check(engine.Return(block, &again, &status) == -EINVAL,
                   "aio_return gave a result twice");
  failures().Check(engine.Error(block) == outcome.status,
                   "aio_error gave another status after aio_return");
  return outcome;
}

void Program::End(size_t index) {
  session_.progress.fetch_add(1, std::memory_order_relaxed);
  const int status = session_.engine.Error(outstanding_[index]->block.get());
  if (status != ECANCELED) CheckOrder(index);
  std::unique_ptr<Attempt> attempt = std::move(outstanding_[index]);
  outstanding_.erase(outstanding_.begin() + static_cast<std::ptrdiff_t>(index));
  watch_->Remove(attempt->block.get());
  const Outcome outcome = TakeOutcome(*attempt);
  Judge(*attempt, outcome, failures());

  const bool sync = attempt->kind == Attempt::Kind::kSync;
  const size_t moved =
      outcome.status == 0 ? static_cast<size_t>(outcome.result) : 0;
  ++counts_.completed;
  if (outcome.status == ECANCELED) {
    ++counts_.cancelled;
  } else if (outcome.status != 0) {
    ++counts_.failed;
    if (sync && outcome.status == EIO) ++counts_.sync_errors;
  }
  if (!attempt->inexact && attempt->subject->is_stream() &&
      outcome.status == 0 && moved < attempt->expected) {
    ++counts_.cut_short;
  }
  if (sync) {
    attempt->subject->SyncEnded();
  } else {
    attempt->subject->Ended(*attempt, moved);
  }
  Recycle(std::move(attempt));
}

}  // namespace aioemul::stress
