// One run of a program, for those who carry it out.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_RUN_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_RUN_H_

#include <errno.h>
#include <stddef.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/requests.h"
#include "tools/aioemul/diff/runner.h"
#include "tools/aioemul/diff/stage.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::diff {

// Waits a moment for what another thread does: soon, then seldom.
class Patience {
 public:
  void Wait();

 private:
  int times_ = 0;
};

// Not thread-safe.  The parts are in runner.cc, run_requests.cc and
// run_finish.cc.
class Run {
 public:
  Run(const Program& program, Contract contract, const Backend& backend,
      Journal& journal)
      : program_(program),
        contract_(contract),
        backend_(backend),
        journal_(journal),
        model_(program, contract),
        requests_(program.blocks) {}

  RunResult Carry(absl::string_view directory);

 private:
  bool is_over() const {
    return !model_.faults().empty() || !result_.missing.empty();
  }
  void RunStep(size_t index);
  void Submit(size_t index);
  void SubmitAgain(int block);
  void List(size_t index);
  void Cancel(int block);
  void CancelAll(int object);
  void Suspend(size_t index);
  void Ask(int block);
  void Await(int block);
  void Return(int block);
  void Fresh(int block);
  void Peer(const Step& step);
  void Send(const Step& step);
  void Finish();
  void DrainUntilDone();
  void TakeNotices();
  void AwaitNotices();
  void FindChanges();
  void CompareContents();

  void Do(Event::Kind kind, int number, Expectation expectation,
          int bytes = 0) {
    journal_.Do({kind, number, bytes, std::move(expectation)});
  }
  void Count(absl::string_view call, const std::string& outcome) {
    journal_.Count(absl::StrCat("call ", call));
    journal_.Count(absl::StrCat("outcome ", call, ": ", outcome));
  }
  // Whether a call failed because the backend has no such thing.
  bool IsMissing(int error, const std::string& feature) {
    if (error == ENOSYS) result_.missing = feature;
    return error == ENOSYS;
  }
  int Transfer(const Request& request);
  int StatusOf(int block) { return backend_.error(requests_.block(block)); }
  // Of a request that is complete, the status is known from then on.
  void LearnStatus(int block);
  bool MaySubmit(const Request& request);
  int DescriptorOf(const Request& request) const {
    return stage_.descriptor(request.object);
  }

  const Program& program_;
  const Contract contract_;
  const Backend& backend_;
  Journal& journal_;
  Model model_;
  Requests requests_;
  Stage stage_;
  RunResult result_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_RUN_H_
