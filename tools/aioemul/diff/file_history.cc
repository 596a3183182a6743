#include "tools/aioemul/diff/file_history.h"

#include <stddef.h>

#include <algorithm>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

constexpr Moment kBefore = -1;  // Before all observations.

}  // namespace

FileHistory::FileHistory(int initial, long size)
    : writes_({{initial, 0, size, kBefore, kBefore},
               {kSourceOfZeros, size, std::numeric_limits<long>::max(), kBefore,
                kBefore}}),
      size_(size) {}

void FileHistory::AddWrite(int source, long offset, long bytes,
                           Moment submitted, Moment completed) {
  if (bytes <= 0) return;
  writes_.push_back({source, offset, offset + bytes, submitted, completed});
}

long FileHistory::LeastSize(Moment begun) const {
  long size = size_;
  for (const Write& write : writes_) {
    if (write.source != kSourceOfZeros && write.completed < begun) {
      size = std::max(size, write.end);
    }
  }
  return size;
}

long FileHistory::GreatestSize(Moment done) const {
  long size = size_;
  for (const Write& write : writes_) {
    if (write.source != kSourceOfZeros && write.submitted < done) {
      size = std::max(size, write.end);
    }
  }
  return size;
}

bool FileHistory::IsOverwritten(const Write& write, long position,
                                Moment begun) const {
  return std::any_of(writes_.begin(), writes_.end(), [&](const Write& later) {
    return later.begin <= position && position < later.end &&
           later.submitted > write.completed && later.completed < begun;
  });
}

std::vector<FileHistory::Segment> FileHistory::Segments(long begin, long end,
                                                        Moment begun,
                                                        Moment done) const {
  std::set<long> bounds = {begin, end};
  for (const Write& write : writes_) {
    for (long bound : {write.begin, write.end}) {
      if (begin < bound && bound < end) bounds.insert(bound);
    }
  }
  std::vector<Segment> segments;
  for (auto bound = bounds.begin(); std::next(bound) != bounds.end(); ++bound) {
    Segment segment = {*bound, *std::next(bound), {}};
    for (const Write& write : writes_) {
      if (write.begin <= *bound && *bound < write.end &&
          write.submitted < done && !IsOverwritten(write, *bound, begun)) {
        segment.sources.push_back({write.source, write.begin});
      }
    }
    segments.push_back(segment);
  }
  return segments;
}

std::optional<std::string> FileHistory::FindWrong(absl::string_view bytes,
                                                  long offset, Moment begun,
                                                  Moment done) const {
  if (bytes.empty()) return std::nullopt;
  const long end = offset + static_cast<long>(bytes.size());
  for (const Segment& segment : Segments(offset, end, begun, done)) {
    for (long p = segment.begin; p < segment.end; ++p) {
      const auto byte =
          static_cast<unsigned char>(bytes[static_cast<size_t>(p - offset)]);
      const bool legal = std::any_of(
          segment.sources.begin(), segment.sources.end(), [&](const Source& s) {
            return ByteOf(s.source, p - s.shift) == byte;
          });
      if (legal) continue;
      const std::string expected = absl::StrJoin(
          segment.sources, " or ", [p](std::string* out, const Source& s) {
            absl::StrAppend(out, int{ByteOf(s.source, p - s.shift)});
          });
      return absl::StrCat("the byte at ", p, " is ", int{byte}, ", not ",
                          expected);
    }
  }
  return std::nullopt;
}

}  // namespace aioemul::tools::diff
