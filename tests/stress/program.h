// One thread's random program against an engine, and everything it must find
// to be true on the way.
//
// Thread safety: Run is the thread's; the rest is for others once it is over,
// but NoticesArrived, which is for any thread after Run.

#ifndef AIOEMUL_TESTS_STRESS_PROGRAM_H_
#define AIOEMUL_TESTS_STRESS_PROGRAM_H_

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "tests/stress/buffers.h"
#include "tests/stress/engine_under_test.h"
#include "tests/stress/failures.h"
#include "tests/stress/file_subjects.h"
#include "tests/stress/interruptions.h"
#include "tests/stress/judge.h"
#include "tests/stress/limits.h"
#include "tests/stress/mix.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// What the programs of a run share.
struct Session {
  const Mix& mix;
  const uint64_t seed;
  EngineUnderTest& engine;
  Failures& failures;
  Buffers& buffers;
  Interruptions& interruptions;
  const Place& place;
  Limits* limits;  // null where the platform fails instead
  // Grows as long as anything happens.
  std::atomic<uint64_t> progress{0};
  // Nothing has happened for too long.
  std::atomic<bool> stalled{false};
  // Programs with something outstanding, or still to be submitted.
  std::atomic<int> unfinished{0};
};

// What programs did.
struct Counts {
  int accepted = 0;
  int refused_for_want = 0;  // EAGAIN
  int refused_as_invalid = 0;
  int busy = 0;
  int completed = 0;
  int cancelled = 0;
  int cut_short = 0;
  int failed = 0;
  int sync_errors = 0;
  int lists = 0;
  int suspensions = 0;
  int notices = 0;
  int handlers = 0;
  int forks = 0;
  int closes = 0;   // of a descriptor
  int cut_off = 0;  // requests outstanding on it
  int signal_shortages = 0;
  int thread_shortages = 0;

  void Add(const Counts& other);
};

inline constexpr size_t kBuffersOfProgram = 24;

class Program {
 public:
  using Subjects = std::vector<std::unique_ptr<Subject>>;

  Program(Session& session, int number, Subjects subjects);
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The whole of it, until no program has anything outstanding.
  void Run();

  // Whether every notification that must come has come.
  bool NoticesArrived() const;
  // When no more can come: each must have come exactly once.
  void CheckNotices();
  const Counts& counts() const { return counts_; }

 private:
  // A lio_listio call whose notification has not come.
  struct ListWait {
    const Notice* notice;
    std::vector<const Notice*> entries;  // theirs, which must come first
  };
  // An entry of a list as it is written down.
  struct Entry {
    std::unique_ptr<Attempt> attempt;  // null for one that does nothing
    aiocb* block = nullptr;
    int refusal = 0;  // what it must be refused with, as it is invalid
  };

  // --- program.cc: the order of events.
  void Step();
  void MakeRoom();
  void LearnByLooking();
  void Finish();
  void CancelForFinish(bool everything);
  void ReportLost();
  // Takes the results of what is complete; looks at each with this chance.
  void Collect(int per_mille);
  void CollectLists();
  bool IsComplete(const Attempt& attempt);
  void End(size_t index);
  // What was accepted before a complete attempt and had to be complete first.
  void CheckOrder(size_t index);
  Outcome TakeOutcome(const Attempt& attempt);

  // --- program_submit.cc: submissions.
  // One that goes on where `before` ends, unless that is null.
  std::unique_ptr<Attempt> Propose(Subject* subject, const Attempt* before,
                                   std::unique_ptr<aiocb> block);
  std::unique_ptr<Attempt> ProposeSync(Subject* subject);
  void MakePlan(Attempt* attempt);
  void PlanCache(Attempt* attempt);
  void WriteDown(Attempt* attempt, int priority_delta);
  int AnyPriorityDelta();
  // A notification of any kind; the notice that expects it, or null.
  Notice* MakeEvent(sigevent* event);
  std::unique_ptr<aiocb> NewBlock();
  std::unique_ptr<aiocb> NewOrUsedBlock();
  void Recycle(std::unique_ptr<Attempt> attempt);
  void Accept(std::unique_ptr<Attempt> attempt);
  void Refuse(std::unique_ptr<Attempt> attempt, int error);
  void AcceptOrRefuse(std::unique_ptr<Attempt> attempt, int result);
  int Submit(const Attempt& attempt);
  void SubmitOne();
  // Requests that each go on where the one before ends.
  void SubmitNeighbours();
  void SubmitSync();
  void SubmitInvalid();
  void SubmitAgain();

  // --- program_list.cc.
  void SubmitList();
  // Perhaps one that goes on where `before` ends.
  Entry MakeEntry(bool streams_too, const Attempt* before);
  Entry MakeInvalidEntry();
  // What became of an entry; adds it to `outcome`.
  struct ListOutcome;
  void TakeEntry(Entry entry, ListOutcome* outcome);
  void CheckListResult(int mode, int result, const ListOutcome& outcome);

  // --- program_calls.cc: the other calls.
  void SuspendOnSome();
  void CancelOne(Attempt* attempt);
  void CancelAll(Subject* subject);
  void CancelInvalid();
  // Whether a stream request is complete once it was cancelled (E3): unless a
  // worker had to block for it.
  bool CancelIsCertain(const Attempt& attempt) const;

  // --- program_process.cc: forks, closes, limits.
  // Whether it did anything.
  bool DoToProcess();
  void WithLowered(Limit& limit);
  void Fork();
  void AwaitChild(pid_t child);
  void CloseOne();
  // Lets go the closed subjects with nothing outstanding; they compare.
  void ForgetRetired();

  Subject* AnySubject();
  Attempt* AnyOutstanding();
  bool IsInProgress(const Attempt& attempt) {
    return session_.engine.Error(attempt.block.get()) == EINPROGRESS;
  }
  void Scribble(aiocb* block);
  Failures& failures() { return session_.failures; }
  const Mix& mix() const { return session_.mix; }

  Session& session_;
  const int number_;
  Random random_;
  Subjects subjects_;
  Subjects retired_;  // closed, with something outstanding
  std::optional<Watch> watch_;
  std::vector<Buffer*> free_buffers_;
  std::unique_ptr<aiocb> used_block_;  // as its last request left it
  std::vector<std::unique_ptr<Attempt>> outstanding_;  // in call order
  std::vector<ListWait> list_waits_;
  std::deque<Notice> notices_;
  Counts counts_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_PROGRAM_H_
