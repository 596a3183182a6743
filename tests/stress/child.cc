#include "tests/stress/child.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "tests/stress/random.h"

namespace aioemul::stress {
namespace {

// A child that hangs dies of SIGALRM.
constexpr unsigned kSecondsToLive = 120;

constexpr size_t kBytes = 4096;

// Exit statuses of a child, and what they tell.
constexpr const char* kVerdicts[] = {
    nullptr,
    "in a forked child an inherited request was in progress",
    "in a forked child an inherited request was unknown",
    "in a forked child a cancelled request had a result",
    "in a forked child a request was refused",
    "in a forked child a request did not wait",
    "in a forked child aio_suspend failed",
    "in a forked child a request failed",
    "in a forked child wrong bytes were moved",
    "in a forked child something was outstanding",
};
enum Verdict {
  kFine,
  kInProgress,
  kUnknown,
  kNotCancelled,
  kRefused,
  kDidNotWait,
  kNoWait,
  kFailed,
  kWrongBytes,
  kOutstanding,
};

void Expect(bool holds, Verdict verdict) {
  if (!holds) _exit(verdict);
}

class Child {
 public:
  Child(EngineUnderTest& engine, const Inheritance& inheritance)
      : engine_(engine), inheritance_(inheritance) {}

  // Complete before the fork, or given up.
  void LookAtInherited() {
    for (aiocb* block : inheritance_.blocks) {
      if (block == nullptr) continue;
      const int status = engine_.Error(block);
      Expect(status != EINPROGRESS, kInProgress);
      Expect(status != EINVAL, kUnknown);
      if (status != ECANCELED) continue;
      ssize_t result = 0;
      int again = 0;
      Expect(engine_.Return(block, &result, &again) == 0 && result == -1 &&
                 again == ECANCELED,
             kNotCancelled);
    }
  }

  void UseFile() {
    Expect(engine_.Cancel(inheritance_.file, nullptr) == AIO_ALLDONE,
           kOutstanding);
    Fill(static_cast<uint64_t>(getpid()), sent_, kBytes);
    aiocb write = BlockFor(inheritance_.file, sent_);
    Expect(engine_.Write(&write) == 0, kRefused);
    Finish(&write);
    aiocb sync = BlockFor(inheritance_.file, nullptr);
    Expect(engine_.Sync(O_DSYNC, &sync) == 0, kRefused);
    Await(sync);
    aiocb read = BlockFor(inheritance_.file, received_);
    Expect(engine_.Read(&read) == 0, kRefused);
    Finish(&read);
    Compare();
  }

  // The read must wait, so it needs whatever waits for streams.
  void UsePipe() {
    aiocb read = BlockFor(inheritance_.pipe[0], received_);
    Expect(engine_.Read(&read) == 0, kRefused);
    Expect(engine_.Error(&read) == EINPROGRESS, kDidNotWait);
    Fill(static_cast<uint64_t>(getpid()) + 1, sent_, kBytes);
    aiocb write = BlockFor(inheritance_.pipe[1], sent_);
    Expect(engine_.Write(&write) == 0, kRefused);
    Finish(&write);
    Finish(&read);
    Compare();
  }

 private:
  static aiocb BlockFor(int fd, char* bytes) {
    aiocb block = {};
    block.aio_fildes = fd;
    block.aio_buf = bytes;
    block.aio_nbytes = kBytes;
    block.aio_sigevent.sigev_notify = SIGEV_NONE;
    return block;
  }

  void Await(const aiocb& block) {
    const aiocb* const list[] = {&block};
    int result = 0;
    do {
      result = engine_.Suspend(list, 1, nullptr);
    } while (result == -EINTR);
    Expect(result == 0, kNoWait);
  }

  void Finish(aiocb* block) {
    Await(*block);
    ssize_t result = 0;
    int status = 0;
    Expect(engine_.Return(block, &result, &status) == 0 &&
               result == static_cast<ssize_t>(kBytes),
           kFailed);
  }

  void Compare() { Expect(memcmp(sent_, received_, kBytes) == 0, kWrongBytes); }

  EngineUnderTest& engine_;
  const Inheritance& inheritance_;
  char sent_[kBytes] = {};
  char received_[kBytes] = {};
};

}  // namespace

void LiveAsChild(EngineUnderTest& engine, const Inheritance& inheritance) {
  signal(SIGALRM, SIG_DFL);
  alarm(kSecondsToLive);
  Child child(engine, inheritance);
  child.LookAtInherited();
  if (inheritance.file >= 0) child.UseFile();
  child.UsePipe();
  _exit(kFine);
}

const char* WrongWithChild(int status) {
  if (WIFSIGNALED(status)) {
    return WTERMSIG(status) == SIGALRM ? "a forked child hung"
                                       : "a forked child was killed";
  }
  const auto verdict = static_cast<size_t>(WEXITSTATUS(status));
  return verdict < std::size(kVerdicts) ? kVerdicts[verdict]
                                        : "a forked child broke down";
}

}  // namespace aioemul::stress
