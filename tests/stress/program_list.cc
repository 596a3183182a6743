// The lists of a program (contract F).

#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "tests/stress/program.h"

namespace aioemul::stress {

struct Program::ListOutcome {
  bool all_refused = false;  // nothing was submitted
  bool any_lacking = false;  // EAGAIN
  bool any_invalid = false;
  bool any_failed = false;  // for any reason
  bool any_in_progress = false;
  const Notice* notice = nullptr;
  std::vector<const Notice*> entry_signals;
};

Program::Entry Program::MakeInvalidEntry() {
  Entry entry;
  entry.attempt = std::make_unique<Attempt>();
  entry.attempt->block = NewBlock();
  entry.block = entry.attempt->block.get();
  aiocb& block = *entry.block;
  block.aio_fildes = AnySubject()->fd();
  block.aio_lio_opcode = LIO_READ;
  block.aio_reqprio = 0;
  block.aio_nbytes = 0;
  block.aio_offset = 0;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  entry.refusal = EINVAL;
  switch (random_.Below(3)) {
    case 0:
      block.aio_lio_opcode = 1234;
      break;
    case 1:
      block.aio_reqprio = -1;
      break;
    default:
      block.aio_fildes = -1;
      entry.refusal = EBADF;
      break;
  }
  return entry;
}

Program::Entry Program::MakeEntry(bool streams_too, const Attempt* before) {
  Entry entry;
  if (random_.OneIn(16)) return MakeInvalidEntry();
  if (random_.OneIn(16)) return entry;
  const bool next = before != nullptr && before->subject != nullptr &&
                    before->subject->has_neighbours() && random_.OneIn(2);
  Subject* subject = next ? before->subject : AnySubject();
  // EAGAIN must mean a refusal here.
  if (subject->MayFailWith(EAGAIN) || (subject->is_stream() && !streams_too)) {
    return entry;
  }
  entry.attempt = Propose(subject, next ? before : nullptr, NewBlock());
  if (entry.attempt != nullptr) entry.block = entry.attempt->block.get();
  return entry;
}

void Program::SubmitList() {
  const bool wait = mix().WaitsEnd() && random_.OneIn(2);
  const int mode = wait ? LIO_WAIT : LIO_NOWAIT;
  const int count = random_.Below(std::min(8, mix().max_requests) + 1);
  std::vector<Entry> entries;
  std::vector<aiocb*> list;
  for (int i = 0; i < count; ++i) {
    const Attempt* before =
        entries.empty() ? nullptr : entries.back().attempt.get();
    entries.push_back(MakeEntry(/*streams_too=*/!wait, before));
    list.push_back(entries.back().block);
  }
  aiocb nop = {};
  nop.aio_lio_opcode = LIO_NOP;
  if (count > 0 && list.front() == nullptr) list.front() = &nop;

  sigevent event = {};
  ListOutcome outcome;
  Notice* notice = wait ? nullptr : MakeEvent(&event);
  outcome.notice = notice;
  const bool by_signal = event.sigev_notify == SIGEV_SIGNAL;
  const int result = session_.engine.List(mode, list.data(), count, &event);
  ++counts_.lists;

  // For want of the means for the list itself, or for each entry.
  outcome.all_refused =
      result == (wait ? -EIO : -EAGAIN) &&
      std::all_of(list.begin(), list.end(), [&](const aiocb* block) {
        return block == nullptr || block->aio_lio_opcode == LIO_NOP ||
               session_.engine.Error(block) == EAGAIN;
      });
  for (Entry& entry : entries) TakeEntry(std::move(entry), &outcome);
  CheckListResult(mode, result, outcome);
  if (notice == nullptr) return;
  if (outcome.all_refused) {
    // Only in the second case it comes, and the answer does not tell.
    notice->expected = 0;
    notice->optional = 1;
    return;
  }
  if (!by_signal) outcome.entry_signals.clear();
  list_waits_.push_back({notice, std::move(outcome.entry_signals)});
}

void Program::TakeEntry(Entry entry, ListOutcome* outcome) {
  if (entry.attempt == nullptr) return;
  Attempt& attempt = *entry.attempt;
  const int status = session_.engine.Error(entry.block);
  if (entry.refusal != 0) {
    outcome->any_invalid = true;
    ++counts_.refused_as_invalid;
    failures().Check(outcome->all_refused || status == entry.refusal,
                     "an invalid entry of a list has a wrong status");
    return;
  }
  if (outcome->all_refused || status == EAGAIN) {
    outcome->any_lacking = true;
    return Refuse(std::move(entry.attempt), -EAGAIN);
  }
  if (status == EINPROGRESS) {
    outcome->any_in_progress = true;
  } else if (status != 0) {
    outcome->any_failed = true;
  }
  failures().Check(status != EINVAL, "an entry of a list was not submitted");
  attempt.list = outcome->notice;
  if (attempt.notice != nullptr &&
      attempt.block->aio_sigevent.sigev_notify == SIGEV_SIGNAL) {
    outcome->entry_signals.push_back(attempt.notice);
  }
  Accept(std::move(entry.attempt));
}

void Program::CheckListResult(int mode, int result,
                              const ListOutcome& outcome) {
  if (outcome.all_refused) {
    failures().Check(mix().IsScarce(), "a list was refused for no reason");
    return;
  }
  if (mode == LIO_NOWAIT) {
    const int expected = outcome.any_lacking   ? -EAGAIN
                         : outcome.any_invalid ? -EIO
                                               : 0;
    failures().Check(result == expected, "LIO_NOWAIT gave a wrong answer");
    return;
  }
  if (result == -EINTR && mix().handlers) return;
  const bool failed =
      outcome.any_lacking || outcome.any_invalid || outcome.any_failed;
  failures().Check(!outcome.any_in_progress,
                   "LIO_WAIT returned with a request in progress");
  failures().Check(result == (failed ? -EIO : 0),
                   "LIO_WAIT gave a wrong answer");
}

}  // namespace aioemul::stress
