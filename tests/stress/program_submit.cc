// The submissions of a program.

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "tests/stress/program.h"

namespace aioemul::stress {
namespace {

constexpr int kMostPriorityDelta = 20;

}  // namespace

Subject* Program::AnySubject() {
  return subjects_[random_.Below(subjects_.size())].get();
}

Attempt* Program::AnyOutstanding() {
  return outstanding_.empty()
             ? nullptr
             : outstanding_[random_.Below(outstanding_.size())].get();
}

// --- Control blocks and buffers

// What a program might leave in it: zeros, or anything.
void Program::Scribble(aiocb* block) {
  if (random_.OneIn(2)) {
    *block = {};
  } else {
    Fill(random_.Next(), reinterpret_cast<char*>(block), sizeof(*block));
  }
}

std::unique_ptr<aiocb> Program::NewBlock() {
  auto block = std::make_unique<aiocb>();
  Scribble(block.get());
  return block;
}

std::unique_ptr<aiocb> Program::NewOrUsedBlock() {
  return used_block_ != nullptr ? std::move(used_block_) : NewBlock();
}

// The control block goes at once: used again as it is, or overwritten and freed
// (A9).
void Program::Recycle(std::unique_ptr<Attempt> attempt) {
  if (random_.OneIn(2)) {
    used_block_ = std::move(attempt->block);
  } else {
    Scribble(attempt->block.get());
  }
  if (attempt->buffer != nullptr) {
    attempt->buffer->plan = {};
    free_buffers_.push_back(attempt->buffer);
  }
}

// --- Proposals

void Program::MakePlan(Attempt* attempt) {
  if (mix().public_interface) return;
  const FaultRates& rates = mix().faults;
  FaultPlan& plan = attempt->buffer->plan;
  if (random_.Chance(rates.error)) {
    const bool full =
        attempt->kind == Attempt::Kind::kWrite && random_.OneIn(2);
    plan.error = attempt->error = full ? ENOSPC : EIO;
  }
  const Subject::Cut cut = attempt->subject->cut();
  if (cut != Subject::Cut::kNotAllowed && random_.Chance(rates.cut)) {
    // Not so little that it takes for ever.
    plan.most = random_.Between(attempt->count / 8 + 1, attempt->count);
    if (cut == Subject::Cut::kShortens) {
      attempt->expected = std::min(attempt->expected, plan.most);
    }
  }
  if (random_.Chance(rates.interruption)) {
    plan.interruptions = random_.Below(3) + 1;
  }
  if (random_.Chance(rates.delay)) plan.yields = random_.Below(20) + 1;
  PlanCache(attempt);
}

void Program::PlanCache(Attempt* attempt) {
  FaultPlan& plan = attempt->buffer->plan;
  plan.evicted = random_.OneIn(2);
  // Seldom: after that the file's reads are not tried for a while.
  plan.refused = random_.OneIn(64);
  if (!random_.Chance(mix().faults.miss)) return;
  // The caller's try, and perhaps the worker's.
  plan.misses = random_.Below(2) + 1;
  if (random_.OneIn(2)) plan.cached = random_.Below(attempt->count);
}

Notice* Program::MakeEvent(sigevent* event) {
  const int choice = random_.Below(100);
  Fill(random_.Next(), reinterpret_cast<char*>(event), sizeof(*event));
  event->sigev_notify = SIGEV_NONE;
  if (choice < 40) return nullptr;
  event->sigev_notify = SIGEV_SIGNAL;
  event->sigev_signo = 0;
  if (choice < 50) return nullptr;
  event->sigev_signo = NoticeSignal();
  Notice* notice = &notices_.emplace_back();
  notice->expected = 1;
  Notice::Announce();
  event->sigev_value.sival_ptr = notice;
  if (choice < 97) return notice;
  event->sigev_notify = SIGEV_THREAD;
  event->sigev_notify_function = &Notice::Arrive;
  event->sigev_notify_attributes = nullptr;
  return notice;
}

int Program::AnyPriorityDelta() {
  return random_.OneIn(2) ? 0 : random_.Below(kMostPriorityDelta + 1);
}

void Program::WriteDown(Attempt* attempt, int priority_delta) {
  aiocb* block = attempt->block.get();
  block->aio_fildes = attempt->subject->fd();
  block->aio_lio_opcode =
      attempt->kind == Attempt::Kind::kWrite ? LIO_WRITE : LIO_READ;
  block->aio_reqprio = priority_delta;
  block->aio_buf = attempt->buffer != nullptr ? attempt->bytes() : nullptr;
  block->aio_nbytes = attempt->count;
  block->aio_offset = attempt->offset;
  attempt->notice = MakeEvent(&block->aio_sigevent);
  attempt->seen_by_notice = attempt->notice != nullptr && random_.OneIn(4);
}

std::unique_ptr<Attempt> Program::Propose(Subject* subject,
                                          const Attempt* before,
                                          std::unique_ptr<aiocb> block) {
  if (free_buffers_.empty()) return nullptr;
  auto attempt = std::make_unique<Attempt>();
  attempt->subject = subject;
  attempt->block = std::move(block);
  attempt->buffer = free_buffers_.back();
  free_buffers_.pop_back();
  attempt->buffer->plan = {};
  attempt->buffer->plan.start =
      attempt->buffer->bytes + random_.Below(size_t{64});
  const bool proposed =
      before == nullptr ? subject->Propose(random_, attempt.get())
                        : subject->ProposeNext(random_, *before, attempt.get());
  if (!proposed) {
    Recycle(std::move(attempt));
    return nullptr;
  }
  // Without a thread for its rest a write ends with what is out.
  if (mix().faults.thread > 0 && attempt->kind == Attempt::Kind::kWrite &&
      subject->cut() == Subject::Cut::kGoesOn) {
    attempt->inexact = true;
  }
  MakePlan(attempt.get());
  // Neighbours of different priorities are not carried out together.
  WriteDown(attempt.get(), before == nullptr ? AnyPriorityDelta()
                                             : before->block->aio_reqprio);
  return attempt;
}

std::unique_ptr<Attempt> Program::ProposeSync(Subject* subject) {
  auto attempt = std::make_unique<Attempt>();
  attempt->kind = Attempt::Kind::kSync;
  attempt->subject = subject;
  attempt->block = NewOrUsedBlock();
  attempt->sync_operation = random_.OneIn(2) ? O_SYNC : O_DSYNC;
  WriteDown(attempt.get(), AnyPriorityDelta());
  return attempt;
}

// --- Answers

int Program::Submit(const Attempt& attempt) {
  aiocb* block = attempt.block.get();
  switch (attempt.kind) {
    case Attempt::Kind::kRead:
      return session_.engine.Read(block);
    case Attempt::Kind::kWrite:
      return session_.engine.Write(block);
    case Attempt::Kind::kSync:
      return session_.engine.Sync(attempt.sync_operation, block);
  }
  return 0;
}

void Program::Accept(std::unique_ptr<Attempt> attempt) {
  ++counts_.accepted;
  session_.progress.fetch_add(1, std::memory_order_relaxed);
  if (attempt->kind == Attempt::Kind::kSync) attempt->subject->SyncAccepted();
  watch_->Add(attempt->block.get());
  outstanding_.push_back(std::move(attempt));
}

void Program::Refuse(std::unique_ptr<Attempt> attempt, int error) {
  ++counts_.refused_for_want;
  sched_yield();
  if (error != -EAGAIN || !mix().IsScarce()) {
    failures().Add(std::string("refused with ") + strerror(-error) + ": " +
                   Describe(*attempt));
  }
  if (attempt->notice != nullptr) attempt->notice->expected = 0;
  if (attempt->kind != Attempt::Kind::kSync) {
    attempt->subject->Refused(*attempt);
  }
  Recycle(std::move(attempt));
}

void Program::AcceptOrRefuse(std::unique_ptr<Attempt> attempt, int result) {
  if (result == 0) return Accept(std::move(attempt));
  failures().Check(session_.engine.Error(attempt->block.get()) == -result,
                   "a refused request's status is not what the call gave");
  Refuse(std::move(attempt), result);
}

void Program::SubmitOne() {
  auto attempt = Propose(AnySubject(), nullptr, NewOrUsedBlock());
  if (attempt == nullptr) return;
  const int result = Submit(*attempt);
  AcceptOrRefuse(std::move(attempt), result);
}

void Program::SubmitNeighbours() {
  const auto any = std::find_if(
      subjects_.begin() + random_.Below(static_cast<int>(subjects_.size())),
      subjects_.end(),
      [](const auto& subject) { return subject->has_neighbours(); });
  if (any == subjects_.end()) return SubmitOne();
  std::vector<std::unique_ptr<Attempt>> sequence;
  const size_t most = random_.Between(2, 6);
  while (sequence.size() < most) {
    auto attempt =
        Propose(any->get(), sequence.empty() ? nullptr : sequence.back().get(),
                NewOrUsedBlock());
    if (attempt == nullptr) break;
    sequence.push_back(std::move(attempt));
  }
  // At once, so that they wait together.
  for (auto& attempt : sequence) {
    const int result = Submit(*attempt);
    AcceptOrRefuse(std::move(attempt), result);
  }
}

void Program::SubmitSync() {
  Subject* subject = AnySubject();
  if (!subject->CanSync()) return;
  auto attempt = ProposeSync(subject);
  const int result = Submit(*attempt);
  AcceptOrRefuse(std::move(attempt), result);
}

// --- Submissions that must be refused

void Program::SubmitInvalid() {
  char byte = 0;
  aiocb block;
  Scribble(&block);
  block.aio_fildes = AnySubject()->fd();
  block.aio_buf = &byte;
  block.aio_nbytes = 1;
  block.aio_offset = 0;
  block.aio_reqprio = 0;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  int expected = -EINVAL;
  int operation = O_SYNC;
  bool sync = false;
  switch (random_.Below(7)) {
    case 0:
      block.aio_fildes = -1;
      expected = -EBADF;
      sync = random_.OneIn(3);
      break;
    case 1:
      block.aio_reqprio = random_.OneIn(2) ? -1 : kMostPriorityDelta + 1;
      break;
    case 2:
      block.aio_nbytes = size_t{SSIZE_MAX} + 1;
      break;
    case 3:
      block.aio_sigevent.sigev_notify = 77;
      break;
    case 4:
      block.aio_sigevent.sigev_notify = SIGEV_THREAD;
      block.aio_sigevent.sigev_notify_function = nullptr;
      break;
    case 5:
      block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
      block.aio_sigevent.sigev_signo = SIGRTMAX + 1;
      break;
    default:
      sync = true;
      operation = O_SYNC | O_APPEND;
      break;
  }
  const int result = sync ? session_.engine.Sync(operation, &block)
                          : session_.engine.Read(&block);
  // A descriptor of the wrong direction may be found out first.
  if (expected == -EINVAL && result == -EBADF) expected = -EBADF;
  failures().Check(result == expected, "an invalid request got a wrong answer");
  failures().Check(session_.engine.Error(&block) == -expected,
                   "an invalid request's status is not what the call gave");
  ++counts_.refused_as_invalid;
}

// A control block whose request may be in progress: EBUSY (A7), or it is
// complete by now and serves once more.
void Program::SubmitAgain() {
  Attempt* attempt = AnyOutstanding();
  if (attempt == nullptr || attempt->kind != Attempt::Kind::kRead ||
      attempt->subject->is_stream() || attempt->subject->fd() < 0 ||
      attempt->seen_by_notice || attempt->list != nullptr) {
    return;
  }
  const auto place = std::find_if(
      outstanding_.begin(), outstanding_.end(),
      [&](const auto& candidate) { return candidate.get() == attempt; });
  const bool was_complete = !IsInProgress(*attempt);
  // The second notification, if there is to be one, may come at once.
  if (attempt->notice != nullptr) ++attempt->notice->expected;
  const int result = Submit(*attempt);
  if (result != 0 && attempt->notice != nullptr) --attempt->notice->expected;
  if (result == -EBUSY) {
    ++counts_.busy;
    failures().Check(!was_complete, "a complete request's block was busy");
    return;
  }
  // Either way the first result is lost, and the place in the order.
  std::unique_ptr<Attempt> again = std::move(*place);
  outstanding_.erase(place);
  watch_->Remove(again->block.get());
  again->had_started = false;
  again->cancel_asked = false;
  if (result == 0) return Accept(std::move(again));
  again->notice = nullptr;
  AcceptOrRefuse(std::move(again), result);
}

}  // namespace aioemul::stress
