// Where a run tells what it does as it does it: for statistics, for the C
// program that does the same, and for the parent, which learns of a crash or a
// hang only from what was told before.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_JOURNAL_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_JOURNAL_H_

#include <stddef.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/expectation.h"

namespace aioemul::tools::diff {

// A call that is about to be made, and its legal outcomes.
struct Event {
  enum class Kind {
    kSubmit,     // number: of the request.
    kAgain,      // number: block.
    kList,       // number: step.
    kStatus,     // number: block.
    kAwait,      // number: block.
    kReturn,     // number: block.
    kFresh,      // number: block.
    kCancel,     // number: block.
    kCancelAll,  // number: object.
    kSuspend,    // number: step.
    kSend,       // number: object, bytes.
    kReceive,    // number: object, bytes.
    kHangUp,     // number: object.
    kFinish,
    kNotices,
    // What the contents in the end may be.  A part from `low` to `high` has
    // the sources that `what` names, each with its shift: "16:0 2000000:0".
    kFileSize,   // number: object.
    kFileBytes,  // number: object.
    kReadCount,  // number: of the request.
    kReadBytes,  // number: of the request.
  };
  Kind kind = Kind::kFinish;
  int number = 0;
  int bytes = 0;
  Expectation expectation;
};

class Journal {
 public:
  virtual ~Journal() = default;

  // The step that begins.
  virtual void At(size_t step) = 0;
  virtual void Do(const Event& event) = 0;
  // Whether it matters to Do what the outcomes are.
  virtual bool wants_outcomes() const = 0;
  // One more of what statistics know by that name.
  virtual void Count(absl::string_view what) = 0;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_JOURNAL_H_
