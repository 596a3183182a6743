// The model of what waits for the peer: which requests are held, and which are
// due.

#include <errno.h>

#include <algorithm>
#include <vector>

#include "tools/aioemul/diff/model.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

// What a pipe holds at least, whatever the system's limits, and what it holds
// at most.
constexpr long kLeastRoom = 4096;
constexpr long kGreatestRoom = 65536;

}  // namespace

// Bytes that the request has moved for certain, and that it may have moved.
long Model::LeastMoved(const Submission& submission) const {
  if (submission.returned) return std::max<long>(submission.result, 0);
  if (submission.outstanding() || submission.request.bytes == 0) return 0;
  if (submission.status_known) return submission.status == 0 ? 1 : 0;
  // Complete, but nobody has asked how.
  return 0;
}

long Model::GreatestMoved(const Submission& submission) const {
  if (!submission.accepted || submission.flaw_error != 0) return 0;
  if (submission.returned) return std::max<long>(submission.result, 0);
  if (submission.status_known && submission.status != 0) return 0;
  if (submission.cancel == Submission::Cancel::kDone) return 0;
  return submission.request.bytes;
}

void Model::AddStreamStatuses(const Submission& submission,
                              std::vector<long>* statuses) const {
  if (IsFile(submission.object_kind)) return;
  if (!streams_[Index(submission.request.object)].hung_up) return;
  if (submission.writes()) statuses->push_back(EPIPE);
  if (submission.object_kind == ObjectKind::kSocket) {
    statuses->push_back(ECONNRESET);
  }
}

bool Model::IsReadHeld(const Submission& submission) const {
  const Stream& stream = streams_[Index(submission.request.object)];
  if (stream.hung_up || stream.ended) return false;
  long left = stream.sent;
  bool before = true;
  for (const Submission& other : submissions_) {
    if (&other == &submission) {
      before = false;
      continue;
    }
    if (other.request.object != submission.request.object || !other.reads() ||
        !other.accepted || other.flaw_error != 0) {
      continue;
    }
    // One that is before it in the queue takes a byte first.
    const bool first = project() && before && other.outstanding() &&
                       other.cancel == Submission::Cancel::kNone;
    left -= first ? 1 : LeastMoved(other);
  }
  return left <= 0;
}

bool Model::IsWriteHeld(const Submission& submission) const {
  if (submission.object_kind != ObjectKind::kPipeOut) return false;
  const Stream& stream = streams_[Index(submission.request.object)];
  if (stream.hung_up) return false;
  // One that gives up half-way need not have put out the rest.
  if (submission.cancel != Submission::Cancel::kNone) return false;
  long in = submission.request.bytes;
  for (const Submission& other : submissions_) {
    if (&other == &submission) break;
    if (other.request.object != submission.request.object) continue;
    const bool first = project() && other.outstanding() && other.writes() &&
                       other.flaw_error == 0 &&
                       other.cancel == Submission::Cancel::kNone;
    in += first ? other.request.bytes : LeastMoved(other);
  }
  return in - static_cast<long>(stream.received.size()) > kGreatestRoom;
}

bool Model::IsHeld(const Submission& submission) const {
  if (!submission.outstanding() || submission.flaw_error != 0) return false;
  if (submission.cancel == Submission::Cancel::kMaybe) return false;
  if (submission.syncs()) {
    // A file's requests wait for nobody.
    if (!project() || IsFile(submission.object_kind)) return false;
    for (const Submission& other : submissions_) {
      if (&other == &submission) break;
      if (other.request.object == submission.request.object && !other.syncs() &&
          IsHeld(other)) {
        return true;
      }
    }
    return false;
  }
  if (IsFile(submission.object_kind)) return false;
  return submission.reads() ? IsReadHeld(submission) : IsWriteHeld(submission);
}

// Whether there is all that the request needs, whoever else takes of it first.
bool Model::IsGateOpen(const Submission& submission) const {
  if (IsFile(submission.object_kind) || submission.syncs() ||
      submission.flaw_error != 0) {
    return true;
  }
  const Stream& stream = streams_[Index(submission.request.object)];
  if (stream.hung_up || (stream.ended && submission.reads())) return true;
  long moved = 0;
  for (const Submission& other : submissions_) {
    if (other.request.object != submission.request.object ||
        other.request.kind != submission.request.kind) {
      continue;
    }
    if (&other != &submission || submission.writes()) {
      moved += GreatestMoved(other);
    }
    // Later reads come after it.
    if (&other == &submission && submission.reads() && project()) break;
  }
  if (submission.reads()) return stream.sent - moved > 0;
  return moved - static_cast<long>(stream.received.size()) <= kLeastRoom;
}

bool Model::IsDue(const Submission& submission) const {
  if (!submission.outstanding()) return true;
  if (!IsGateOpen(submission)) return false;
  // An fsync waits for those before it.  Others may wait for an fsync; and
  // where POSIX alone rules, for any request of their descriptor.
  bool waits = !project();
  for (const Submission& other : submissions_) {
    if (other.request.object != submission.request.object) continue;
    if (&other == &submission) {
      waits = waits || submission.syncs();
      break;
    }
    if (other.outstanding() && other.syncs()) waits = true;
  }
  if (!waits) return true;
  return std::all_of(
      submissions_.begin(), submissions_.end(), [&](const Submission& other) {
        return other.request.object != submission.request.object ||
               !other.outstanding() || IsGateOpen(other);
      });
}

bool Model::MayAwait(int block) const {
  const Submission* const last = Current(block);
  return last != nullptr && last->accepted && !last->returned && IsDue(*last);
}

}  // namespace aioemul::tools::diff
