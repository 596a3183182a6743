// A random program: a few objects, a few control blocks, and a list of steps.
//
// A step that makes no sense when its turn comes (its control block is still in
// use, what it would wait for cannot come) is left out by the runner: so every
// part of a program is a program, and shrinking need not know what depends on
// what.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_PROGRAM_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_PROGRAM_H_

#include <stddef.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {

// What requests are made of.  Of a pipe they have one end and the program's
// plain calls have the other, its peer.
enum class ObjectKind { kFile, kAppend, kPipeIn, kPipeOut, kSocket };

constexpr bool IsFile(ObjectKind kind) {
  return kind == ObjectKind::kFile || kind == ObjectKind::kAppend;
}
constexpr bool CanRead(ObjectKind kind) { return kind != ObjectKind::kPipeOut; }
constexpr bool CanWrite(ObjectKind kind) { return kind != ObjectKind::kPipeIn; }

struct Object {
  ObjectKind kind = ObjectKind::kFile;
  int size = 0;  // Of a file, at first.
};

enum class RequestKind { kRead, kWrite, kFsync, kNop, kNull };
enum class Notice { kNone, kSignal, kThread };

// What is wrong with a request.
enum class Flaw {
  kNone,
  kDescriptor,  // Not open.
  kDirection,   // Not open for that.
  kOffset,      // Negative.
  kLowPriority,
  kHighPriority,
  kCount,     // Over SSIZE_MAX.
  kNotify,    // An unknown sigev_notify.
  kSignal,    // A signal number out of range.
  kFunction,  // Null.
  kOpcode,    // Unknown to lio_listio, or to aio_fsync.
  kBuffer,    // Not mapped; a write only.
};

struct Request {
  RequestKind kind = RequestKind::kNop;
  int block = 0;
  int object = 0;
  int offset = 0;
  int bytes = 0;
  int priority = 0;
  Notice notice = Notice::kNone;
  Flaw flaw = Flaw::kNone;
  // Whether the control block is written over once the call has returned.
  bool spoilt = false;
};

enum class Call {
  kRequest,    // aio_read, aio_write or aio_fsync.
  kAgain,      // The same, with a control block in progress.
  kList,       // lio_listio.
  kCancel,     // aio_cancel of a request, or of a descriptor.
  kCancelAll,  //
  kSuspend,    // aio_suspend.
  kError,      // aio_error, once.
  kReturn,     // aio_return.
  kFresh,      // aio_error and aio_return of a block never submitted.
  kAwait,      // aio_error until it is done.
  kCatch,      // Takes the signals that came.
  kSend,       // The peer's plain calls.
  kReceive,    //
  kHangUp,     //
};

enum class ListMode { kWait, kNoWait, kBad };
enum class Timeout { kNone, kZero, kShort, kBad };

inline constexpr int kNoBlock = -1;

struct Step {
  Call call = Call::kError;
  std::vector<Request> requests;  // One, or those of a list.
  std::vector<int> blocks;        // One, or those of aio_suspend.
  int object = 0;                 // Cancel-all, and the peer's.
  int bytes = 0;                  // The peer's.
  Timeout timeout = Timeout::kNone;
  ListMode mode = ListMode::kNoWait;
  Notice notice = Notice::kNone;  // The list's.
};

struct Program {
  std::vector<Object> objects;
  int blocks = 0;
  std::vector<Step> steps;
};

// The greatest list.  An entry of a step is known by its own number, which its
// notification carries; a list's own notification by kListEntry.
inline constexpr int kMaxEntries = 8;
inline constexpr int kEntriesOfStep = 16;
inline constexpr int kListEntry = kEntriesOfStep - 1;
constexpr int IdOf(size_t step, size_t entry) {
  return static_cast<int>(step) * kEntriesOfStep + static_cast<int>(entry);
}

// The byte at a position of what the request `source` writes; of what the peer
// sends and what a file holds at first, when `source` is one of those below.
unsigned char ByteOf(int source, long position);
constexpr int SourceOfPeer(int object) { return 1'000'000 + object; }
constexpr int SourceOfFile(int object) { return 2'000'000 + object; }
inline constexpr int kSourceOfZeros = 3'000'000;

// As text that a reader understands, and back.
std::string ToText(const Program& program);
std::string ToText(const Step& step);
absl::StatusOr<Program> ParseProgram(absl::string_view text);

absl::string_view NameOf(ObjectKind kind);
absl::string_view NameOf(RequestKind kind);
absl::string_view NameOf(Call call);
absl::string_view NameOf(Notice notice);
absl::string_view NameOf(Flaw flaw);

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_PROGRAM_H_
