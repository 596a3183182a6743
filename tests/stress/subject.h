// A subject: one descriptor, and what must be true of it, as the one thread
// knows it that uses it.
//
// An attempt is one request a program makes of a subject.  The subject proposes
// it; the program submits it, and then tells the subject either that it was
// refused or how it ended.

#ifndef AIOEMUL_TESTS_STRESS_SUBJECT_H_
#define AIOEMUL_TESTS_STRESS_SUBJECT_H_

#include <aio.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>

#include "tests/stress/buffers.h"
#include "tests/stress/notice.h"
#include "tests/stress/random.h"

namespace aioemul::stress {

class Subject;

struct Attempt {
  enum class Kind { kRead, kWrite, kSync };

  // --- Proposed by the subject.
  Kind kind = Kind::kRead;
  off_t offset = 0;
  size_t count = 0;
  // What a success must move; for `inexact` ones the most it may.
  size_t expected = 0;
  int error = 0;  // what it must fail with instead, if anything
  bool inexact = false;
  // The subject's own: which block or piece, and where in it.
  size_t part = 0;
  size_t start = 0;

  // --- The program's.
  Subject* subject = nullptr;
  std::unique_ptr<aiocb> block;
  Buffer* buffer = nullptr;
  Notice* notice = nullptr;      // null: it notifies nobody
  const Notice* list = nullptr;  // of the lio_listio call it belongs to
  int sync_operation = 0;
  bool seen_by_notice = false;  // its completion is learnt by nothing else
  bool cancel_asked = false;    // of this one, or of its whole descriptor
  bool had_started = false;     // aio_cancel said so

  char* bytes() const { return buffer->plan.start; }
};

class Subject {
 public:
  Subject() = default;
  virtual ~Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  // -1 once it was closed.
  virtual int fd() const = 0;

  // Proposes a transfer, and fills the buffer of one that writes.  False when
  // nothing can be asked of the subject now.
  virtual bool Propose(Random& random, Attempt* attempt) = 0;
  // Proposes one that goes on where `before` ends, of the same kind.
  virtual bool ProposeNext(Random& /*random*/, const Attempt& /*before*/,
                           Attempt* /*attempt*/) {
    return false;
  }
  virtual bool has_neighbours() const { return false; }
  virtual void Refused(const Attempt& attempt) = 0;
  // It has moved `moved` bytes, which for a failure is none.
  virtual void Ended(const Attempt& attempt, size_t moved) = 0;

  // Whether its transfers take effect, and complete, in call order (B4).
  virtual bool in_order() const = 0;
  virtual bool is_stream() const { return false; }
  // Of a stream: whether a transfer can be tried without waiting.
  virtual bool CanBeTried(Attempt::Kind /*kind*/) const { return true; }
  virtual bool CanSync() const { return !is_stream(); }
  // Whether a transfer may fail with `error` for reasons of its own.
  virtual bool MayFailWith(int /*error*/) const { return false; }
  // What becomes of a request whose transfers move less than they are asked to.
  enum class Cut { kNotAllowed, kShortens, kGoesOn };
  virtual Cut cut() const { return Cut::kShortens; }

  // Syncs move nothing, but need the descriptor.
  void SyncAccepted() { ++syncs_; }
  void SyncEnded() { --syncs_; }
  bool has_syncs() const { return syncs_ > 0; }

  // Every request of a descriptor is about to be cancelled, or may have been by
  // another thread.
  virtual void CancelAsked() {}
  virtual bool others_may_cancel() const { return false; }

  // Its descriptor may be closed whatever is outstanding on it.  Then that
  // ends, cancelled or on the old file, and nothing new is asked.
  void AllowClosing() { may_be_closed_ = true; }
  bool may_be_closed() const { return may_be_closed_; }
  virtual void Closed() {}

  // Something to do without a request: transfers of its own, comparisons.
  virtual void Idle(Random& random) = 0;
  // Helps what is outstanding on the other end of a stream to an end.
  virtual void Unblock() {}

 private:
  int syncs_ = 0;
  bool may_be_closed_ = false;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_SUBJECT_H_
