// The model of bytes, and of what must hold when all is over.

#include <errno.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/file_history.h"
#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

bool IsNotified(const Submission& submission) {
  return submission.accepted && submission.request.notice != Notice::kNone;
}

// Where the two differ; nothing when `bytes` is what is expected.
std::optional<std::string> FindDifference(absl::string_view bytes,
                                          absl::string_view expected) {
  const size_t common = std::min(bytes.size(), expected.size());
  for (size_t i = 0; i < common; ++i) {
    if (bytes[i] == expected[i]) continue;
    return absl::StrCat("the byte at ", i, " is ",
                        int{static_cast<unsigned char>(bytes[i])}, ", not ",
                        int{static_cast<unsigned char>(expected[i])});
  }
  if (bytes.size() == expected.size()) return std::nullopt;
  return absl::StrCat(bytes.size(), " bytes, not ", expected.size());
}

}  // namespace

// --- Notifications

Expectation Model::ExpectNotices(int id) const {
  Expectation expectation;
  expectation.what =
      absl::StrCat("notifications of step ", id / kEntriesOfStep);
  const auto list = list_notices_.find(id);
  if (list != list_notices_.end()) {
    expectation.clause = "F2";
    expectation.low = list->second.certain ? 1 : 0;
    expectation.high = 1;
    return expectation;
  }
  expectation.clause = "G1";
  for (const Submission& submission : submissions_) {
    if (submission.id != id) continue;
    if (submission.request.notice == Notice::kThread) expectation.clause = "G2";
    if (submission.status == ECANCELED) expectation.clause = "E1";
    const bool notified = IsNotified(submission);
    expectation.high = notified ? 1 : 0;
    // Whether a refusal that comes late notifies is left open.
    expectation.low =
        notified && (project() || submission.flaw_error == 0) ? 1 : 0;
  }
  return expectation;
}

std::vector<int> Model::MissingNotices() const {
  std::vector<int> missing;
  for (const Submission& submission : submissions_) {
    if (submission.notices < ExpectNotices(submission.id).low) {
      missing.push_back(submission.id);
    }
  }
  for (const auto& [id, notice] : list_notices_) {
    if (notice.certain && notice.came == 0) missing.push_back(id);
  }
  return missing;
}

void Model::AllNoticed() {
  for (const Submission& submission : submissions_) {
    if (submission.request.notice == Notice::kNone && submission.notices == 0) {
      continue;
    }
    Judge(ExpectNotices(submission.id), submission.notices);
  }
  for (const auto& [id, notice] : list_notices_) {
    Judge(ExpectNotices(id), notice.came);
  }
}

// --- Order

// Whether the requests of that kind take effect in call order.
bool Model::IsOrdered(int object, RequestKind kind) const {
  if (project()) return true;
  const Submission* last = nullptr;
  for (const Submission& submission : submissions_) {
    if (submission.request.object != object ||
        submission.request.kind != kind || !submission.accepted) {
      continue;
    }
    // POSIX orders writes of one priority that append, and nothing of reads
    // that were outstanding together.
    if (last != nullptr &&
        (last->request.priority != submission.request.priority ||
         (kind == RequestKind::kRead &&
          last->completed > submission.submitted))) {
      return false;
    }
    last = &submission;
  }
  return true;
}

// --- Files

FileHistory Model::HistoryOf(int object) const {
  const Object& file = program_.objects[Index(object)];
  FileHistory history(SourceOfFile(object), file.size);
  long end = file.size;
  for (const Submission& submission : submissions_) {
    if (submission.request.object != object || !submission.writes() ||
        !submission.accepted || submission.status != 0 ||
        submission.flaw_error != 0) {
      continue;
    }
    const long bytes =
        submission.returned ? submission.result : submission.request.bytes;
    const bool append = file.kind == ObjectKind::kAppend;
    history.AddWrite(submission.id, append ? end : submission.request.offset,
                     bytes, submission.submitted, submission.completed);
    end += bytes;
  }
  return history;
}

std::vector<Event> Model::OutcomesOf(int object, long size) const {
  std::vector<Event> events;
  const FileHistory history = HistoryOf(object);
  Event whole = {Event::Kind::kFileSize, object, 0, {}};
  whole.expectation.legal = {history.GreatestSize(kNever)};
  events.push_back(whole);
  if (KindOf(object) == ObjectKind::kAppend &&
      !IsOrdered(object, RequestKind::kWrite)) {
    return events;
  }
  const auto add = [&](Event::Kind kind, int number, long begin, long end,
                       Moment begun, Moment done) {
    if (begin >= end) return;
    for (const auto& segment : history.Segments(begin, end, begun, done)) {
      Event event = {kind, number, 0, {}};
      event.expectation.low = segment.begin;
      event.expectation.high = segment.end;
      for (const FileHistory::Source& source : segment.sources) {
        absl::StrAppend(&event.expectation.what, source.source, ":",
                        source.shift, " ");
      }
      events.push_back(event);
    }
  };
  add(Event::Kind::kFileBytes, object, 0, size, kNever, kNever);
  for (const Submission& read : submissions_) {
    const auto buffer = read_.find(read.id);
    if (read.request.object != object || buffer == read_.end()) continue;
    Event count = {Event::Kind::kReadCount, read.id, 0, {}};
    count.expectation = ExpectCount(read, history);
    events.push_back(count);
    const long offset = read.request.offset;
    add(Event::Kind::kReadBytes, read.id, offset,
        offset + static_cast<long>(buffer->second.size()), read.submitted,
        read.completed);
  }
  return events;
}

Expectation Model::ExpectCount(const Submission& read,
                               const FileHistory& history) const {
  Expectation count;
  count.clause = "A8";
  count.what = absl::StrCat("bytes read by ", Describe(read));
  const long offset = read.request.offset;
  const long most = read.request.bytes;
  count.low = std::clamp(history.LeastSize(read.submitted) - offset, 0L, most);
  count.high =
      std::clamp(history.GreatestSize(read.completed) - offset, 0L, most);
  return count;
}

void Model::HasRead(int id, absl::string_view bytes) {
  read_[id] = std::string(bytes);
}

void Model::FileHolds(int object, absl::string_view bytes) {
  const FileHistory history = HistoryOf(object);
  const bool append = KindOf(object) == ObjectKind::kAppend;
  const bool ordered = !append || IsOrdered(object, RequestKind::kWrite);
  Expectation size;
  size.clause = append ? "B4" : "A8";
  size.what = absl::StrCat("the size in the end of object ", object);
  size.legal = {history.GreatestSize(kNever)};
  Judge(size, static_cast<long>(bytes.size()));
  if (!ordered) return;
  ++clauses_[append ? "B4" : "A8"];
  if (const auto wrong = history.FindWrong(bytes, 0, kNever, kNever)) {
    Accuse(append ? "B4" : "A8",
           absl::StrCat("in the end, of object ", object, ", ", *wrong));
  }
  for (const Submission& read : submissions_) {
    const auto buffer = read_.find(read.id);
    if (read.request.object != object || !read.reads() ||
        buffer == read_.end()) {
      continue;
    }
    Judge(ExpectCount(read, history), static_cast<long>(buffer->second.size()));
    if (const auto wrong =
            history.FindWrong(buffer->second, read.request.offset,
                              read.submitted, read.completed)) {
      Accuse("A8", absl::StrCat("read by ", Describe(read), ": ", *wrong));
    }
  }
}

// --- Streams

void Model::Received(int object, absl::string_view bytes) {
  ++now_;
  streams_[Index(object)].received.append(bytes.data(), bytes.size());
}

void Model::StreamHolds(int object, absl::string_view rest) {
  if (CanRead(KindOf(object))) JudgeSent(object, rest);
  if (CanWrite(KindOf(object))) JudgeReceived(object);
}

// The reads and what was left, in order, are what the peer sent.
void Model::JudgeSent(int object, absl::string_view rest) {
  const Stream& stream = streams_[Index(object)];
  std::string got;
  for (const Submission& read : submissions_) {
    const auto buffer = read_.find(read.id);
    if (read.request.object == object && buffer != read_.end()) {
      got += buffer->second;
    }
  }
  absl::StrAppend(&got, rest);
  ++clauses_["A8"];
  // What a socket held may be lost when its peer hangs up.
  const bool lossy = stream.hung_up && KindOf(object) == ObjectKind::kSocket;
  if (!lossy && static_cast<long>(got.size()) != stream.sent) {
    Accuse("E3", absl::StrCat("of ", stream.sent, " bytes sent to object ",
                              object, ", ", got.size(), " arrived"));
  }
  if (!IsOrdered(object, RequestKind::kRead)) return;
  ++clauses_["B4"];
  std::string expected;
  for (size_t i = 0; i < got.size(); ++i) {
    expected.push_back(
        static_cast<char>(ByteOf(SourceOfPeer(object), static_cast<long>(i))));
  }
  if (const auto wrong = FindDifference(got, expected)) {
    Accuse("B4", absl::StrCat("of the bytes read from object ", object,
                              " in call order, ", *wrong));
  }
}

// What the peer received is what was written, in order.
void Model::JudgeReceived(int object) {
  const Stream& stream = streams_[Index(object)];
  std::string expected;
  for (const Submission& write : submissions_) {
    if (write.request.object != object || !write.writes() || !write.accepted ||
        write.status != 0 || write.flaw_error != 0) {
      continue;
    }
    for (long i = 0; i < write.result; ++i) {
      expected.push_back(static_cast<char>(ByteOf(write.id, i)));
    }
  }
  // Nobody took the rest when the peer hung up; and a write that failed then
  // may have put out something first.
  absl::string_view received = stream.received;
  if (stream.hung_up) {
    const size_t common = std::min(received.size(), expected.size());
    expected.resize(common);
    received = received.substr(0, common);
  }
  ++clauses_["B4"];
  if (!IsOrdered(object, RequestKind::kWrite)) {
    std::string sorted(received);
    std::sort(sorted.begin(), sorted.end());
    std::sort(expected.begin(), expected.end());
    if (!stream.hung_up && sorted != expected) {
      Accuse("A8", absl::StrCat("object ", object,
                                " did not get the bytes written to it"));
    }
    return;
  }
  if (const auto wrong = FindDifference(received, expected)) {
    Accuse("B4", absl::StrCat("of the bytes written to object ", object,
                              " in call order, ", *wrong));
  }
}

}  // namespace aioemul::tools::diff
