// Programs as values: made from seeds, written as text and read again.

#include "tools/aioemul/diff/program.h"

#include <stdint.h>

#include <string>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/generator.h"

namespace aioemul::tools::diff {
namespace {

constexpr uint64_t kSeeds = 200;

TEST(GeneratorTest, MakesTheSameProgramFromTheSameSeed) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_EQ(ToText(Generate(seed, {})), ToText(Generate(seed, {})));
  }
}

TEST(GeneratorTest, MakesOtherProgramsFromOtherSeeds) {
  EXPECT_NE(ToText(Generate(1, {})), ToText(Generate(2, {})));
}

TEST(GeneratorTest, KeepsToTheNumberOfCalls) {
  GeneratorOptions options;
  options.calls = 5;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    EXPECT_LE(Generate(seed, options).steps.size(), 5u);
  }
}

TEST(GeneratorTest, LeavesOutWhatTheBackendLacks) {
  GeneratorOptions options;
  options.missing = {"list-wait", "notice by thread", "fsync of socket"};
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Program program = Generate(seed, options);
    for (const Step& step : program.steps) {
      EXPECT_EQ(options.missing.count(FeatureOf(step)), 0u);
      for (const Request& request : step.requests) {
        EXPECT_NE(request.notice, Notice::kThread);
        const auto object = static_cast<size_t>(request.object);
        EXPECT_EQ(options.missing.count(
                      FeatureOf(request, program.objects[object].kind)),
                  0u);
      }
    }
  }
}

TEST(GeneratorTest, NamesAllThatProgramsDo) {
  const Features all = AllFeatures();
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const Program program = Generate(seed, {});
    for (const Step& step : program.steps) {
      for (const Request& request : step.requests) {
        if (request.kind > RequestKind::kFsync) continue;
        const auto object = static_cast<size_t>(request.object);
        const ObjectKind kind = program.objects[object].kind;
        if (request.flaw == Flaw::kDirection) continue;
        EXPECT_EQ(all.count(FeatureOf(request, kind)), 1u)
            << FeatureOf(request, kind);
      }
    }
  }
}

TEST(GeneratorTest, LeavesOutWhatPosixDoesNotDefine) {
  GeneratorOptions options;
  options.contract = Contract::kPosix;
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    for (const Step& step : Generate(seed, options).steps) {
      EXPECT_TRUE(IsDefined(Contract::kPosix, step.call));
      for (const Request& request : step.requests) {
        EXPECT_TRUE(IsDefined(Contract::kPosix, request));
      }
    }
  }
}

TEST(ProgramTextTest, IsReadAsTheProgramThatWasWritten) {
  for (uint64_t seed = 1; seed <= kSeeds; ++seed) {
    const std::string text = ToText(Generate(seed, {}));
    const absl::StatusOr<Program> program = ParseProgram(text);
    ASSERT_TRUE(program.ok()) << program.status() << "\n" << text;
    EXPECT_EQ(ToText(*program), text);
  }
}

TEST(ProgramTextTest, MayHaveCommentsAndEmptyLines) {
  const absl::StatusOr<Program> program = ParseProgram(
      "aioemul diff program 1\n# a comment\n\nobject pipe-in\nblocks 1\n"
      "read block=0 object=0 bytes=3\n");
  ASSERT_TRUE(program.ok()) << program.status();
  ASSERT_EQ(program->steps.size(), 1u);
  EXPECT_EQ(program->steps[0].requests[0].bytes, 3);
}

TEST(ProgramTextTest, NamesTheLineThatIsNotUnderstood) {
  const absl::StatusOr<Program> program = ParseProgram(
      "aioemul diff program 1\nobject file\nblocks 1\nread block=x\n");
  EXPECT_FALSE(program.ok());
  EXPECT_EQ(program.status().message(),
            "line 4 is not understood: read block=x");
}

TEST(ProgramTextTest, MustNotNameWhatIsNotThere) {
  for (const char* step :
       {"read block=1 object=0", "read block=0 object=1", "await block=1",
        "await blocks=0,0", "await block=null", "hang-up object=1"}) {
    EXPECT_FALSE(ParseProgram(std::string("aioemul diff program 1\n"
                                          "object file\nblocks 1\n") +
                              step + "\n")
                     .ok())
        << step;
  }
}

TEST(ProgramTextTest, MustBeginWithItsHeading) {
  EXPECT_FALSE(ParseProgram("object file\nblocks 1\n").ok());
  EXPECT_FALSE(ParseProgram("").ok());
}

}  // namespace
}  // namespace aioemul::tools::diff
