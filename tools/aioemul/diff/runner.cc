#include "tools/aioemul/diff/runner.h"

#include <stddef.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
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
#include "tools/backends/backend.h"

namespace aioemul::tools::diff {

RunResult Run::Carry(absl::string_view directory) {
  const absl::Status status = stage_.Open(program_.objects, directory);
  if (!status.ok()) {
    result_.not_run = std::string(status.message());
    return result_;
  }
  Notices::Get().Begin(backend_);
  for (size_t i = 0; i < program_.steps.size() && !is_over(); ++i) {
    journal_.At(i);
    RunStep(i);
  }
  journal_.At(program_.steps.size());
  // After a fault the process is of no use, and the backend's requests end
  // with it.
  if (model_.faults().empty()) Finish();
  result_.faults = model_.faults();
  result_.clauses = model_.clauses();
  Notices::Get().End();
  return result_;
}

void Run::RunStep(size_t index) {
  const Step& step = program_.steps[index];
  if (!IsDefined(contract_, step.call)) return;
  switch (step.call) {
    case Call::kRequest:
      return Submit(index);
    case Call::kAgain:
      return SubmitAgain(step.requests[0].block);
    case Call::kList:
      return List(index);
    case Call::kCancel:
      return Cancel(step.blocks[0]);
    case Call::kCancelAll:
      return CancelAll(step.object);
    case Call::kSuspend:
      return Suspend(index);
    case Call::kError:
      return Ask(step.blocks[0]);
    case Call::kReturn:
      return Return(step.blocks[0]);
    case Call::kFresh:
      return Fresh(step.blocks[0]);
    case Call::kAwait:
      return Await(step.blocks[0]);
    case Call::kCatch:
      return TakeNotices();
    case Call::kSend:
    case Call::kReceive:
    case Call::kHangUp:
      return Peer(step);
  }
}

// --- The peer

void Run::Send(const Step& step) {
  const int sent =
      stage_.Send(step.object, model_.sent(step.object), step.bytes);
  model_.Sent(step.object, sent);
}

void Run::Peer(const Step& step) {
  const ObjectKind kind =
      program_.objects[static_cast<size_t>(step.object)].kind;
  if (IsFile(kind) || model_.hung_up(step.object)) return;
  if (step.call == Call::kHangUp) {
    Do(Event::Kind::kHangUp, step.object, {});
    stage_.HangUp(step.object);
    model_.HungUp(step.object);
  } else if (step.call == Call::kSend && CanRead(kind)) {
    Do(Event::Kind::kSend, step.object, {}, step.bytes);
    Send(step);
  } else if (step.call == Call::kReceive && CanWrite(kind)) {
    Do(Event::Kind::kReceive, step.object, {}, step.bytes);
    model_.Received(step.object, stage_.Receive(step.object, step.bytes));
  }
}

RunResult RunProgram(const Program& program, Contract contract,
                     const Backend& backend, absl::string_view directory,
                     Journal& journal) {
  auto run = std::make_unique<Run>(program, contract, backend, journal);
  RunResult result = run->Carry(directory);
  // The backend may use control blocks and buffers still.
  if (!result.faults.empty() || !result.missing.empty()) {
    static_cast<void>(run.release());
  }
  return result;
}

}  // namespace aioemul::tools::diff
