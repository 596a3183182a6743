// H3: the end of a process, and exec, with requests outstanding.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <deque>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tools/aioemul/check/areas.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/scene.h"
#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

constexpr int kStatus = 43;
constexpr int kNoSuchProgram = 77;
constexpr int kUnsupported = 78;

// The child's; a backend that cannot do this has the whole check end so.
void SubmitInChild(int returned) {
  if (returned != 0) _exit(errno == ENOSYS ? kUnsupported : 1);
}

void ExpectStatus(Trial& trial, int status) {
  if (status == kUnsupported) trial.Unsupported("a request gives ENOSYS");
  if (status == kNoSuchProgram) trial.NotRun("there is no command `sh`");
  trial.ExpectEqual("its exit status, or minus the signal that ended it",
                    status, kStatus);
}

// In a child that has used no AIO before: idle reads and a finished one are
// there when it ends by `leave`.
void ExpectLeaves(Trial& trial, absl::string_view how, void (*leave)()) {
  trial.Expect(true, absl::StrCat("a child with idle reads ends by ", how,
                                  ", and is waited for"));
  ExpectStatus(trial, StatusOfChild(trial, [&] {
                 std::deque<IdleRead> reads;
                 for (int i = 0; i < 8; ++i) {
                   IdleRead& read = reads.emplace_back(trial);
                   SubmitInChild(trial.backend().read(read.block()));
                 }
                 reads[0].Feed();
                 trial.Await(*reads[0].block());
                 leave();
                 return 0;
               }));
}

void Exits(Trial& trial) {
  ExpectLeaves(trial, "exit", [] { exit(kStatus); });
}
void ExitsAtOnce(Trial& trial) {
  ExpectLeaves(trial, "_exit", [] { _exit(kStatus); });
}
void ExitsQuickly(Trial& trial) {
  ExpectLeaves(trial, "quick_exit", [] { quick_exit(kStatus); });
}
void Executes(Trial& trial) {
  ExpectLeaves(trial, "exec of a program that exits", [] {
    execlp("sh", "sh", "-c", absl::StrCat("exit ", kStatus).c_str(), nullptr);
    _exit(kNoSuchProgram);
  });
}

// Two threads make requests all the time.
[[noreturn]] void WorkAndExit(Trial& trial, int fd) {
  for (int i = 0; i < 2; ++i) {
    std::thread([&trial, fd, i] {
      char byte = 'x';
      aiocb block = BlockFor(fd, &byte, 1, i);
      for (;;) {
        if (trial.backend().write(&block) != 0) continue;
        SuspendFor(trial, &block);
        trial.Return(&block);
      }
    }).detach();
  }
  char byte = 'y';
  for (int i = 0; i < 20; ++i) {
    aiocb block = BlockFor(fd, &byte, 1, 2);
    trial.Write(&block);
    trial.Await(block);
    trial.Return(&block);
  }
  exit(kStatus);
}

void ExitsBusily(Trial& trial) {
  constexpr int kChildren = 20;
  const int fd = trial.NewFile(16, O_RDWR);
  trial.Expect(true, "children that write all the time end by exit");
  int status = kStatus;
  for (int i = 0; i < kChildren && status == kStatus; ++i) {
    status = StatusOfChild(trial, [&]() -> int { WorkAndExit(trial, fd); });
  }
  trial.ExpectEqual("exit status, or minus the signal that ended one", status,
                    kStatus);
}

Trial* exiting = nullptr;

// A write of a byte, in a child.
void WriteInChild(Trial& trial) {
  char byte = 'x';
  aiocb block = BlockFor(trial.NewFile(1, O_RDWR), &byte, 1, 0);
  SubmitInChild(trial.backend().write(&block));
  SuspendFor(trial, &block);
  if (trial.Await(block) != 0 || trial.Return(&block) != 1) _exit(1);
}

// Registered before the first use of AIO, so it runs after whatever the backend
// registers.
void WriteAtExit() {
  WriteInChild(*exiting);
  _exit(kStatus);
}

void ExpectWritesAtExit(Trial& trial, int (*on_exit)(void (*)()),
                        void (*leave)(int)) {
  trial.Expect(true, "a child writes in a function that runs when it exits");
  exiting = &trial;
  ExpectStatus(trial, StatusOfChild(trial, [&] {
                 on_exit(WriteAtExit);
                 WriteInChild(trial);
                 leave(0);
                 return 0;
               }));
}

void WritesAtExit(Trial& trial) { ExpectWritesAtExit(trial, atexit, exit); }
void WritesAtQuickExit(Trial& trial) {
  ExpectWritesAtExit(trial, at_quick_exit, quick_exit);
}

constexpr absl::string_view kMayWait = "_Exit, DESCRIPTION: it may wait";
constexpr Standing kDemanded = Standing::kDemanded;
constexpr Standing kChosen = Standing::kChosen;

constexpr Check kChecks[] = {
    {"exit.idle-reads", "H3", kMayWait, kChosen, "exit waits for no idle read",
     Exits},
    {"exit.idle-reads-at-once", "H3", kMayWait, kChosen,
     "_exit waits for no idle read", ExitsAtOnce},
    {"exit.idle-reads-quickly", "H3", kMayWait, kChosen,
     "quick_exit waits for no idle read", ExitsQuickly},
    {"exit.exec", "H3", "exec, DESCRIPTION: it may wait", kChosen,
     "exec waits for no idle read, and the new program runs", Executes},
    {"exit.busy", "H3", "exit, DESCRIPTION", kDemanded,
     "a process exits with its status while threads make requests",
     ExitsBusily},
    {"exit.in-atexit-function", "H3", "atexit, DESCRIPTION", kDemanded,
     "a function registered with atexit may use AIO", WritesAtExit},
    {"exit.in-quick-exit-function", "H3", "C17 at_quick_exit", kDemanded,
     "a function registered with at_quick_exit may use AIO", WritesAtQuickExit},
};

}  // namespace

absl::Span<const Check> ExitChecks() { return kChecks; }

}  // namespace aioemul::tools::check
