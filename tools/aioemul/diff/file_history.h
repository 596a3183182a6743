// What a file may hold: its writes with the time in which each took effect.
//
// Nothing is known of when a write took effect but that it lies between its
// submission and the moment when it was seen to be complete.  Of two writes
// that overlap in time either may be the later one, byte by byte.

#ifndef AIOEMUL_TOOLS_AIOEMUL_DIFF_FILE_HISTORY_H_
#define AIOEMUL_TOOLS_AIOEMUL_DIFF_FILE_HISTORY_H_

#include <stdint.h>

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {

// Observations are numbered in the order in which they are made.
using Moment = int64_t;
inline constexpr Moment kNever = std::numeric_limits<Moment>::max();

class FileHistory {
 public:
  // A file that holds `size` bytes of the source `initial`.
  FileHistory(int initial, long size);

  // A write of `bytes` bytes of `source` at `offset`, which has succeeded.
  void AddWrite(int source, long offset, long bytes, Moment submitted,
                Moment completed);

  // The sizes that the file may have had between two moments.
  long LeastSize(Moment begun) const;
  long GreatestSize(Moment done) const;

  // Where bytes that were read at `offset` between two moments are none that
  // the file may have held, in words.  Nothing when they are right.
  std::optional<std::string> FindWrong(absl::string_view bytes, long offset,
                                       Moment begun, Moment done) const;

  // A part of the file that has the same legal sources throughout.
  struct Source {
    int source;
    long shift;  // The byte at p is ByteOf(source, p - shift).
  };
  struct Segment {
    long begin;
    long end;
    std::vector<Source> sources;
  };
  // Those of [begin, end).
  std::vector<Segment> Segments(long begin, long end, Moment begun,
                                Moment done) const;

 private:
  struct Write {
    int source;
    long begin;
    long end;
    Moment submitted;
    Moment completed;
  };

  bool IsOverwritten(const Write& write, long position, Moment begun) const;

  std::vector<Write> writes_;  // The first two: the file as it was.
  const long size_;
};

}  // namespace aioemul::tools::diff

#endif  // AIOEMUL_TOOLS_AIOEMUL_DIFF_FILE_HISTORY_H_
