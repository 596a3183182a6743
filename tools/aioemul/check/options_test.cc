#include "tools/aioemul/check/options.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tools/aioemul/check/check.h"

namespace aioemul::tools::check {
namespace {

constexpr Check kCancelOne = {"cancel.one",        "E1", "",
                              Standing::kDemanded, "",   nullptr};
constexpr Check kCancelAll = {"cancel.all",        "E2", "",
                              Standing::kPromised, "",   nullptr};
constexpr Check kForkChild = {"fork.child",        "H1", "",
                              Standing::kDemanded, "",   nullptr};
constexpr const Check* kAll[] = {&kCancelOne, &kCancelAll, &kForkChild};

std::string Names(const std::vector<const Check*>& checks) {
  return absl::StrJoin(checks, " ", [](std::string* text, const Check* check) {
    absl::StrAppend(text, check->name);
  });
}

std::string Selected(const std::string& filter) {
  const auto checks = SelectChecks(kAll, filter);
  return checks.ok() ? Names(*checks) : std::string(checks.status().message());
}

TEST(OptionsTest, WithoutAFilterAllAreSelected) {
  EXPECT_EQ(Selected(""), "cancel.one cancel.all fork.child");
}

TEST(OptionsTest, GlobsAreOfWholeNames) {
  EXPECT_EQ(Selected("*.a*"), "cancel.all");
  EXPECT_EQ(Selected("fork.child,cancel.one"), "cancel.one fork.child");
}

TEST(OptionsTest, AnAreaStandsForItsChecks) {
  EXPECT_EQ(Selected("cancel"), "cancel.one cancel.all");
}

TEST(OptionsTest, AMinusSignTakesAway) {
  EXPECT_EQ(Selected("cancel,-*.all"), "cancel.one");
  EXPECT_EQ(Selected("-cancel"), "fork.child");
  EXPECT_EQ(Selected("-cancel,cancel.all"), "cancel.all fork.child");
}

TEST(OptionsTest, AGlobAboutNothingIsAnError) {
  EXPECT_EQ(Selected("cancel,can"),
            "no check is called 'can'; --list shows all names");
}

TEST(OptionsTest, OnlyPosixTakesWhatItDemands) {
  const auto checks = OnlyOf({kAll, kAll + 3}, "posix");
  ASSERT_TRUE(checks.ok());
  EXPECT_EQ(Names(*checks), "cancel.one fork.child");
  EXPECT_EQ(OnlyOf({}, "c").status().code(),
            absl::StatusCode::kInvalidArgument);
}

std::string Backends(const std::vector<std::string>& names) {
  const auto wanted = WantedBackends(names);
  if (!wanted.ok()) return std::string(wanted.status().message());
  return absl::StrJoin(*wanted, " ", [](std::string* text, const Wanted& one) {
    absl::StrAppend(text, one.name, one.needed ? "!" : "");
  });
}

TEST(OptionsTest, ThisLibraryIsTheDefaultBackend) {
  EXPECT_EQ(Backends({}), "aioemul!");
}

TEST(OptionsTest, BackendsAreKnownNamesOrPaths) {
  EXPECT_EQ(Backends({"libc", "./mine.so", "broken:lost-signal", "libc"}),
            "libc! ./mine.so! broken:lost-signal!");
  EXPECT_EQ(Backends({"mine.so"}),
            "no backend is called 'mine.so'; a path has a slash in it");
}

TEST(OptionsTest, AllIsEveryKnownBackendThatNeedNotBeThere) {
  EXPECT_EQ(Backends({"all"}), "aioemul libc libaio io_uring sync");
  EXPECT_EQ(Backends({"all", "sync"}), "aioemul libc libaio io_uring sync!");
}

TEST(OptionsTest, ManyChecksRunAtATimeOnTheSmallestMachine) {
  EXPECT_GE(UsualJobs(), 4);
}

}  // namespace
}  // namespace aioemul::tools::check
