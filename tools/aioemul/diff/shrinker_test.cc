// The shrinker on predicates that need no backend.

#include "tools/aioemul/diff/shrinker.h"

#include <stddef.h>
#include <stdint.h>

#include <algorithm>
#include <functional>

#include "gtest/gtest.h"
#include "tools/aioemul/diff/generator.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

constexpr int kAttempts = 2000;

size_t CountOf(const Program& program, Call call) {
  return static_cast<size_t>(
      std::count_if(program.steps.begin(), program.steps.end(),
                    [call](const Step& step) { return step.call == call; }));
}

// The first generated program of which it is true.
Program FirstOf(const std::function<bool(const Program&)>& fails) {
  uint64_t seed = 1;
  while (!fails(Generate(seed, {}))) ++seed;
  return Generate(seed, {});
}

TEST(ShrinkerTest, KeepsTheStepsThatMatterAndNoOther) {
  const auto fails = [](const Program& program) {
    return CountOf(program, Call::kCancel) >= 2 &&
           CountOf(program, Call::kSuspend) >= 1;
  };
  const Program small = Shrink(FirstOf(fails), fails, kAttempts);
  EXPECT_EQ(small.steps.size(), 3u);
  EXPECT_TRUE(fails(small));
}

TEST(ShrinkerTest, MakesARequestPlain) {
  const auto fails = [](const Program& program) {
    return std::any_of(program.steps.begin(), program.steps.end(),
                       [](const Step& step) {
                         return step.call == Call::kRequest &&
                                step.requests[0].kind == RequestKind::kWrite &&
                                step.requests[0].bytes >= 100;
                       });
  };
  const Program small = Shrink(FirstOf(fails), fails, kAttempts);
  ASSERT_EQ(small.steps.size(), 1u);
  const Request& request = small.steps[0].requests[0];
  EXPECT_EQ(request.bytes, 100);
  EXPECT_EQ(request.offset, 0);
  EXPECT_EQ(request.priority, 0);
  EXPECT_EQ(request.notice, Notice::kNone);
  EXPECT_EQ(request.flaw, Flaw::kNone);
  EXPECT_EQ(small.objects.size(), 1u);
  EXPECT_EQ(small.blocks, 1);
}

TEST(ShrinkerTest, TakesEntriesOutOfLists) {
  const auto fails = [](const Program& program) {
    return std::any_of(
        program.steps.begin(), program.steps.end(), [](const Step& step) {
          return step.call == Call::kList && step.requests.size() >= 2;
        });
  };
  const Program small = Shrink(FirstOf(fails), fails, kAttempts);
  ASSERT_EQ(small.steps.size(), 1u);
  EXPECT_EQ(small.steps[0].requests.size(), 2u);
}

TEST(ShrinkerTest, ReturnsTheProgramWhenNothingSmallerFails) {
  const Program program = Generate(1, {});
  const Program same = Shrink(
      program, [](const Program& /*smaller*/) { return false; }, kAttempts);
  EXPECT_EQ(ToText(same), ToText(program));
}

TEST(ShrinkerTest, AsksNoMoreOftenThanItMay) {
  int asked = 0;
  Shrink(
      Generate(1, {}),
      [&asked](const Program& /*smaller*/) {
        ++asked;
        return false;
      },
      7);
  EXPECT_EQ(asked, 7);
}

TEST(ShrinkerTest, MakesProgramsThatCanBeWrittenAndRead) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Program small = Shrink(
        Generate(seed, {}),
        [](const Program& smaller) {
          EXPECT_TRUE(ParseProgram(ToText(smaller)).ok()) << ToText(smaller);
          return smaller.steps.size() >= 2;
        },
        kAttempts);
    EXPECT_GE(small.steps.size(), 1u);
  }
}

}  // namespace
}  // namespace aioemul::tools::diff
