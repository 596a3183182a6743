#include "tools/aioemul/diff/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/generator.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/notices.h"
#include "tools/aioemul/diff/orders.h"
#include "tools/aioemul/diff/program.h"
#include "tools/aioemul/diff/runner.h"
#include "tools/backends/backend.h"

namespace aioemul::tools::diff {
namespace {

void Tell(const std::string& line) {
  // At once: the next call may be the last.
  fputs(absl::StrCat(line, "\n").c_str(), stdout);
  fflush(stdout);
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Progress* MapProgress(const std::string& path) {
  const int fd = open(path.c_str(), O_RDWR);
  void* const memory = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE,
                            MAP_SHARED, fd, 0);
  close(fd);
  return memory == MAP_FAILED ? nullptr : static_cast<Progress*>(memory);
}

class ChildJournal : public Journal {
 public:
  ChildJournal(Progress* progress, bool tells_events)
      : progress_(progress), tells_events_(tells_events) {}

  void At(size_t step) override {
    progress_->step = static_cast<int>(step);
    ++progress_->beats;
  }

  void Do(const Event& event) override {
    progress_->event = static_cast<int>(event.kind);
    progress_->number = event.number;
    ++progress_->beats;
    if (!tells_events_) return;
    const Expectation& expectation = event.expectation;
    Tell(absl::StrCat("event\t", static_cast<int>(event.kind), "\t",
                      event.number, "\t", event.bytes, "\t",
                      absl::StrJoin(expectation.legal, ","), "\t",
                      expectation.low, "\t", expectation.high, "\t",
                      expectation.clause, "\t", expectation.what));
  }

  bool wants_outcomes() const override { return tells_events_; }

  void Count(absl::string_view what) override { ++counts_[std::string(what)]; }
  void Count(absl::string_view what, int64_t times) {
    counts_[std::string(what)] += times;
  }

  void TellCounts() const {
    for (const auto& [name, count] : counts_) {
      Tell(absl::StrCat("count\t", name, "\t", count));
    }
  }

 private:
  Progress* const progress_;
  const bool tells_events_;
  std::map<std::string, int64_t> counts_;
};

// All that one child does.
class Child {
 public:
  Child(const Orders& orders, const Backend& backend, Progress* progress)
      : orders_(orders),
        missing_(orders.missing),
        backend_(backend),
        progress_(progress),
        journal_(progress, orders.tells_events) {}

  void Run();

 private:
  void RunSeeds();
  void RunOne(const Program& program);
  // Returns whether the program could be run.
  bool RunOnce(const Program& program);
  // What came too late for its program.
  void TellLateNotices();

  const Orders& orders_;
  Features missing_;
  const Backend& backend_;
  Progress* const progress_;
  ChildJournal journal_;
  bool over_ = false;
};

void Child::Run() {
  if (orders_.program.empty()) {
    RunSeeds();
  } else {
    const absl::StatusOr<Program> program = ParseProgram(orders_.program);
    if (!program.ok()) {
      Tell(absl::StrCat("not-run\t", program.status().message()));
      return;
    }
    RunOne(*program);
  }
  if (!over_) TellLateNotices();
  journal_.TellCounts();
  Tell("end\t");
}

void Child::RunSeeds() {
  uint64_t seed = orders_.seed;
  for (int i = 0; i < orders_.programs && !over_; ++i) {
    progress_->program = i;
    // Made again without what the backend lacks, until it lacks nothing more.
    while (
        !RunOnce(Generate(seed, {orders_.contract, orders_.calls, missing_})))
      ;
    journal_.Count("programs");
    seed = NextSeed(seed);
  }
}

void Child::RunOne(const Program& program) {
  for (int i = 0; i < orders_.repeats && !over_; ++i) {
    if (orders_.tells_events) Tell("begin\t");
    if (!RunOnce(program)) return;
    journal_.Count("programs");
  }
}

bool Child::RunOnce(const Program& program) {
  const RunResult result = RunProgram(program, orders_.contract, backend_,
                                      orders_.directory, journal_);
  for (const auto& [clause, times] : result.clauses) {
    journal_.Count(absl::StrCat("clause ", clause), times);
  }
  if (!result.not_run.empty()) {
    Tell(absl::StrCat("not-run\t", result.not_run));
    over_ = true;
  }
  for (const Fault& fault : result.faults) {
    Tell(absl::StrCat("fault\t", fault.clause, "\t", fault.text));
    over_ = true;
  }
  if (result.missing.empty() || over_) return true;
  Tell(absl::StrCat("missing\t", result.missing));
  journal_.Count(absl::StrCat("unsupported ", result.missing));
  // The same again would go on for ever.
  over_ = !missing_.insert(result.missing).second;
  return over_;
}

void Child::TellLateNotices() {
  // A notification too many may be on its way still.  One that is later than
  // this is missed, and nothing is accused wrongly.
  constexpr timespec kGrace = {0, 5'000'000};
  nanosleep(&kGrace, nullptr);
  if (Notices::Get().Take().empty()) return;
  Tell("fault\tG1\ta notification came after those that were asked for");
}

}  // namespace

void CarryOut(const std::string& directory) {
  // It must not outlive the command.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  const absl::StatusOr<Orders> orders =
      ParseOrders(ReadFile(absl::StrCat(directory, "/", kOrdersFile)));
  Progress* const progress =
      MapProgress(absl::StrCat(directory, "/", kProgressFile));
  if (!orders.ok() || progress == nullptr) {
    Tell("not-run\tno orders");
    _exit(0);
  }
  const absl::StatusOr<Backend> backend = OpenBackend(orders->backend);
  if (backend.ok()) {
    Child(*orders, *backend, progress).Run();
  } else {
    Tell(absl::StrCat("not-run\t", backend.status().message()));
  }
  // Without waiting for anybody's threads.
  _exit(0);
}

}  // namespace aioemul::tools::diff
