// What a program does to the process: forks, closes descriptors in use, and
// lowers limits (contract A6, G1, G2, H1, H2).

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include "tests/stress/child.h"
#include "tests/stress/program.h"
#include "tests/stress/reopened_subjects.h"

namespace aioemul::stress {

bool Program::DoToProcess() {
  const FaultRates& rates = mix().faults;
  if (rates.fork > 0 && random_.Chance(rates.fork)) {
    Fork();
    return true;
  }
  if (rates.close > 0 && random_.Chance(rates.close)) {
    CloseOne();
    return true;
  }
  if (session_.limits == nullptr) return false;
  if (rates.signals > 0 && random_.Chance(rates.signals)) {
    ++counts_.signal_shortages;
    WithLowered(session_.limits->signals());
    return true;
  }
  if (rates.thread > 0 && random_.Chance(rates.thread)) {
    ++counts_.thread_shortages;
    WithLowered(session_.limits->threads());
    return true;
  }
  return false;
}

// Nothing here waits for anything: what is lowered may hold it up.
void Program::WithLowered(Limit& limit) {
  constexpr int kSteps = 8;
  limit.Lower();
  for (int i = 0; i < kSteps; ++i) {
    SubmitOne();
    Collect(500);
  }
  limit.Raise();
}

// --- Forks

void Program::Fork() {
  const UnnamedFile file(session_.place, 0);
  Inheritance inheritance;
  if (!mix().full_disk) inheritance.file = file.fd();
  if (!failures().Check(pipe2(inheritance.pipe, O_CLOEXEC) == 0,
                        "the system gives no pipe")) {
    return;
  }
  const size_t count = std::min(outstanding_.size(), inheritance.blocks.size());
  for (size_t i = 0; i < count; ++i) {
    inheritance.blocks[i] = outstanding_[i]->block.get();
  }
  const pid_t child = session_.engine.Fork();
  if (child == 0) LiveAsChild(session_.engine, inheritance);
  close(inheritance.pipe[0]);
  close(inheritance.pipe[1]);
  if (child > 0) {
    ++counts_.forks;
    AwaitChild(child);
  } else {
    failures().Check(mix().faults.thread > 0, "the process cannot fork");
  }
  session_.progress.fetch_add(1, std::memory_order_relaxed);
}

void Program::AwaitChild(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (!failures().Check(errno == EINTR, "a forked child was lost")) return;
  }
  const char* wrong = WrongWithChild(status);
  if (wrong != nullptr) failures().Add(wrong);
}

// --- Closes

void Program::CloseOne() {
  const auto any = std::find_if(
      subjects_.begin() + random_.Below(static_cast<int>(subjects_.size())),
      subjects_.end(),
      [](const auto& subject) { return subject->may_be_closed(); });
  if (any == subjects_.end()) return;
  Subject* subject = any->get();
  std::vector<const Attempt*> cut_off;
  for (const auto& attempt : outstanding_) {
    if (attempt->subject != subject) continue;
    attempt->cancel_asked = true;
    cut_off.push_back(attempt.get());
  }
  failures().Check(session_.engine.Close(subject->fd()) == 0,
                   "a descriptor could not be closed");
  ++counts_.closes;
  counts_.cut_off += static_cast<int>(cut_off.size());
  for (const Attempt* attempt : cut_off) {
    // What runs on a file was waited for.
    const bool may_go_on = subject->is_stream() && !CancelIsCertain(*attempt);
    failures().Check(may_go_on || !IsInProgress(*attempt),
                     "a request outlived its descriptor");
  }
  subject->Closed();
  retired_.push_back(std::move(*any));
  *any = OpenAny(random_, session_.place);
}

void Program::ForgetRetired() {
  const auto first_gone = std::remove_if(
      retired_.begin(), retired_.end(), [&](const auto& subject) {
        return std::none_of(outstanding_.begin(), outstanding_.end(),
                            [&](const auto& attempt) {
                              return attempt->subject == subject.get();
                            });
      });
  retired_.erase(first_gone, retired_.end());
}

}  // namespace aioemul::stress
