// Subjects whose descriptors are closed while requests are outstanding on them
// (contract H2): the next one most likely takes over the number, and must
// never see a byte that was meant for the one before.

#ifndef AIOEMUL_TESTS_STRESS_REOPENED_SUBJECTS_H_
#define AIOEMUL_TESTS_STRESS_REOPENED_SUBJECTS_H_

#include <memory>

#include "tests/stress/channel.h"
#include "tests/stress/file_subjects.h"
#include "tests/stress/random.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// A writing end whose other end is read by plain calls alone.
class LoneWriter final : public WritingEnd {
 public:
  using WritingEnd::WritingEnd;
  void Idle(Random& random) override;
  void Unblock() override { channel().ReadPlain(kMostBytes); }
};

// A reading end whose other end is written by plain calls alone.
class LoneReader final : public ReadingEnd {
 public:
  using ReadingEnd::ReadingEnd;
  void Idle(Random& random) override;
};

// Any kind of file or stream, that may be closed.
std::unique_ptr<Subject> OpenAny(Random& random, const Place& place);

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_REOPENED_SUBJECTS_H_
