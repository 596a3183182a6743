// The executable model of the contract: told of each call and of its outcome,
// it knows which outcomes were legal.
//
// The program runs on one thread, so calls and observations have an order; what
// the backend does has none but what follows from them.  A request is
// *complete* once anything observed says so: a status, a barrier after it, a
// notification. It is *held* while nothing that was done can let it complete,
// and *due* when nothing more has to be done for it to complete.  Between the
// two it may be in progress or complete.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_MODEL_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_MODEL_H_

#include <sys/types.h>

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/file_history.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {

// One submission of a control block.
struct Submission {
  enum class Cancel { kNone, kMaybe, kDone, kRefused };

  int id = 0;
  Request request;
  ObjectKind object_kind = ObjectKind::kFile;
  bool accepted = false;
  int flaw_error = 0;  // What it must fail with; 0 when it has no flaw.
  Moment submitted = 0;
  Moment completed = kNever;
  absl::string_view completed_by;  // The clause that says so.
  bool status_known = false;
  int status = 0;
  bool returned = false;  // aio_return was called.
  ssize_t result = -1;
  Cancel cancel = Cancel::kNone;
  int notices = 0;  // That came.
  int list = -1;    // The number of its list's notification, or -1.
  // Its block has been filled anew since, for an entry that was not submitted.
  bool refilled = false;

  bool outstanding() const { return accepted && completed == kNever; }
  bool reads() const { return request.kind == RequestKind::kRead; }
  bool writes() const { return request.kind == RequestKind::kWrite; }
  bool syncs() const { return request.kind == RequestKind::kFsync; }
};

class Model {
 public:
  Model(const Program& program, Contract contract);
  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;

  // What was wrong, in order, and how often each clause was looked at.
  const std::vector<Fault>& faults() const { return faults_; }
  const std::map<std::string, int64_t>& clauses() const { return clauses_; }

  // The last submission of a block; null when there is none.
  const Submission* Current(int block) const;
  const std::deque<Submission>& submissions() const { return submissions_; }

  // --- What the contract lets a program do now.
  bool MayReuse(int block) const;
  bool MaySubmit(const Request& request) const;
  bool MayList(const Step& step) const;
  bool MaySuspend(const Step& step) const;
  bool MayAwait(int block) const;
  // What a block says of its descriptor must be what was submitted.
  bool MayCancel(int block) const {
    return Current(block) != nullptr && !Current(block)->refilled;
  }
  bool MayAskStatus(int block) const;
  bool MayReturn(int block) const;
  bool IsHeld(const Submission& submission) const;
  bool IsDue(const Submission& submission) const;

  // --- For each call, its legal outcomes before it and what came of it after.
  Expectation ExpectSubmit(const Request& request) const;
  void Submitted(int id, const Request& request, int error);
  Expectation ExpectAgain(int block) const;
  void SubmittedAgain(int block, int error);
  // `statuses` are those of aio_error, entry by entry, right after the call.
  Expectation ExpectList(const Step& step) const;
  void Listed(int step_index, const Step& step, int error,
              const std::vector<int>& statuses);
  Expectation ExpectStatus(int block) const;
  void Status(int block, int status);
  Expectation ExpectReturn(int block) const;
  void Returned(int block, ssize_t result);
  Expectation ExpectFresh(bool result) const;
  void Fresh(int status, ssize_t result);
  Expectation ExpectNull() const;
  void Null(int error) { Judge(ExpectNull(), error); }
  Expectation ExpectCancel(int block) const;
  void Canceled(int block, int result);
  Expectation ExpectCancelAll(int object) const;
  // `statuses` are those, right after the call, of AffectedByCancel before it.
  void CanceledAll(int object, int result, const std::vector<int>& blocks,
                   const std::vector<int>& statuses);
  std::vector<int> AffectedByCancel(int object) const;
  Expectation ExpectSuspend(const Step& step) const;
  void Suspended(const Step& step, int error, bool any_done);

  // A notification; `status` is that of its request when it came.
  void Noticed(int id, int status, bool whole);

  // --- The peer's plain calls.
  void Sent(int object, int bytes) { streams_[Index(object)].sent += bytes; }
  void Received(int object, absl::string_view bytes);
  void HungUp(int object) { streams_[Index(object)].hung_up = true; }
  // What the peer sends has an end.
  void Ended(int object) { streams_[Index(object)].ended = true; }
  bool hung_up(int object) const { return streams_[Index(object)].hung_up; }
  long sent(int object) const { return streams_[Index(object)].sent; }

  // --- At the end, with every request complete and its result known.
  Expectation ExpectNotices(int id) const;
  // The notifications that must come still.
  std::vector<int> MissingNotices() const;
  void AllNoticed();
  // What the request has read into its buffer.
  void HasRead(int id, absl::string_view bytes);
  // What the file holds, or what was left to be read from the stream.
  void FileHolds(int object, absl::string_view bytes);
  void StreamHolds(int object, absl::string_view rest);
  FileHistory HistoryOf(int object) const;
  // What FileHolds compares with, for whoever compares elsewhere.
  std::vector<Event> OutcomesOf(int object, long size) const;

  // What the backend must have left alone.
  void Kept(absl::string_view clause, bool kept, absl::string_view what);

  // Told of something that is wrong whatever else holds.
  void Accuse(absl::string_view clause, absl::string_view text);

 private:
  struct Stream {
    long sent = 0;
    std::string received;
    bool hung_up = false;
    bool ended = false;
  };
  struct ListNotice {
    Notice notice = Notice::kNone;
    bool certain = false;  // Must come; else it may.
    int came = 0;
  };

  static size_t Index(int i) { return static_cast<size_t>(i); }
  bool project() const { return contract_ == Contract::kProject; }
  ObjectKind KindOf(int object) const {
    return program_.objects[Index(object)].kind;
  }
  Submission* Find(int id);
  bool Judge(const Expectation& expectation, long got);
  void Add(int id, const Request& request, bool accepted);
  void AddEntry(int step_index, size_t index, const Request& request,
                bool wants_resources);
  void Complete(Submission* submission, absl::string_view clause);
  void ReleaseBarrier(const Submission& barrier);
  std::vector<long> FinalStatuses(const Submission& submission) const;
  void AddStreamStatuses(const Submission& submission,
                         std::vector<long>* statuses) const;
  bool IsGateOpen(const Submission& submission) const;
  bool IsReadHeld(const Submission& submission) const;
  bool IsWriteHeld(const Submission& submission) const;
  long LeastMoved(const Submission& submission) const;
  long GreatestMoved(const Submission& submission) const;
  bool IsOrdered(int object, RequestKind kind) const;
  Expectation ExpectCount(const Submission& read,
                          const FileHistory& history) const;
  void JudgeSent(int object, absl::string_view rest);
  void JudgeReceived(int object);
  std::string Describe(const Submission& submission) const;
  int FlawError(const Request& request) const;

  const Program& program_;
  const Contract contract_;
  std::deque<Submission> submissions_;  // In call order.
  std::vector<int> current_;            // By block: an index into them, or -1.
  std::vector<Stream> streams_;         // By object.
  std::map<int, ListNotice> list_notices_;
  std::map<int, std::string> read_;
  Moment now_ = 0;
  std::vector<Fault> faults_;
  std::map<std::string, int64_t> clauses_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_MODEL_H_
