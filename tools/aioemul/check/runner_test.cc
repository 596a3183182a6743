// Runs checks of its own on backends that are wrong in one way each.  The
// program executes itself for every check.

#include "tools/aioemul/check/runner.h"

#include <aio.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gtest/gtest.h"
#include "tools/aioemul/check/check.h"
#include "tools/aioemul/check/check_process.h"
#include "tools/aioemul/check/outcome.h"
#include "tools/aioemul/check/trial.h"
#include "tools/aioemul/stop_signals.h"
#include "tools/aioemul/testing/scratch_directory.h"

namespace aioemul::tools::check {
namespace {

// --- The checks, each in a process of its own.

void Reads(Trial& trial) {
  char byte;
  aiocb block = BlockFor(trial.NewFile(1, O_RDONLY), &byte, 1, 0);
  trial.Read(&block);
  trial.Expect(true, "read");
}

void Synchronizes(Trial& trial) {
  aiocb block = BlockFor(trial.NewFile(1, O_RDWR), nullptr, 0, 0);
  trial.Fsync(O_SYNC, &block);
  trial.Expect(true, "synchronized");
}

void Holds(Trial& trial) { trial.Expect(true, "as it should be"); }

void Fails(Trial& trial) {
  trial.Expect(true, "as it should be");
  trial.ExpectEqual("the answer", 41, 42);
  puts("printed by the check");
  fflush(stdout);
}

void SeesNothing(Trial& /*trial*/) {}

void LacksSomething(Trial& trial) { trial.NotRun("no such device"); }

// Tells the name of its directory by failing.
void LeavesFiles(Trial& trial) {
  trial.NewFile(10, O_RDONLY);
  trial.Expect(false, trial.directory());
}

// A child that outlives it, with all its descriptors.
void LeavesChild(Trial& trial) {
  int ready[2];
  trial.NewPipe(ready);
  if (fork() == 0) {
    const int fifo = open(getenv("FIFO"), O_WRONLY);
    if (write(ready[1], "r", 1) != 1 || fifo < 0) _exit(1);
    while (true) pause();
  }
  char byte;
  trial.Expect(read(ready[0], &byte, 1) == 1, "the child runs");
}

void FloodsOutput(Trial& trial) {
  for (int i = 0; i < 10'000; ++i) puts("a line that is of no use to anybody");
  fflush(stdout);
  for (int i = 0; i < 10'000; ++i) trial.Expect(false, "wrong again");
}

void StartsClean(Trial& trial) {
  sigset_t blocked;
  sigprocmask(SIG_SETMASK, nullptr, &blocked);
  trial.Expect(sigismember(&blocked, SIGCHLD) == 0, "SIGCHLD is not blocked");
  struct sigaction action;
  sigaction(SIGPIPE, nullptr, &action);
  trial.Expect(action.sa_handler == SIG_DFL, "SIGPIPE has its default effect");
  trial.ExpectEqual("its session", getsid(0), getpid());
  trial.ExpectEqual("the lowest free descriptor",
                    open("/dev/null", O_RDONLY | O_CLOEXEC), 4);
  rlimit core;
  getrlimit(RLIMIT_CORE, &core);
  trial.Expect(core.rlim_cur <= 1, "no core dumps");
}

constexpr Check kChecks[] = {
    {"some.reads", "", "", Standing::kPromised, "", Reads},
    {"some.synchronizes", "", "", Standing::kPromised, "", Synchronizes},
    {"some.holds", "", "", Standing::kPromised, "", Holds},
    {"some.fails", "", "", Standing::kPromised, "", Fails},
    {"some.sees-nothing", "", "", Standing::kPromised, "", SeesNothing},
    {"some.lacks", "", "", Standing::kPromised, "", LacksSomething},
    {"some.leaves-files", "", "", Standing::kPromised, "", LeavesFiles},
    {"some.leaves-child", "", "", Standing::kPromised, "", LeavesChild},
    {"some.floods-output", "", "", Standing::kPromised, "", FloodsOutput},
    {"some.starts-clean", "", "", Standing::kPromised, "", StartsClean},
};

// --- The tests.

std::string PathOf(const std::string& backend) {
  return absl::StrCat("./tools/aioemul/check/lib", backend, "_backend.so");
}

// Longer than anything takes that ends.
constexpr RunnerOptions kPatient = {4, std::chrono::hours(1)};

std::vector<Outcome> Outcomes(const std::vector<Task>& tasks,
                              const RunnerOptions& options = kPatient) {
  std::vector<Outcome> outcomes(tasks.size());
  const absl::Status status =
      RunTasks(tasks, options, [&outcomes](size_t i, Outcome outcome) {
        outcomes[i] = std::move(outcome);
      });
  EXPECT_TRUE(status.ok()) << status.message();
  return outcomes;
}

Outcome RunOne(const std::string& backend, const std::string& check) {
  return Outcomes({{PathOf(backend), check}})[0];
}

std::string Observed(const Outcome& outcome) {
  return absl::StrJoin(outcome.observed, "\n");
}

TEST(RunnerTest, ACheckWhoseObservationsHoldHolds) {
  const Outcome outcome = RunOne("refusing", "some.holds");
  EXPECT_EQ(outcome.verdict, Verdict::kHolds);
  EXPECT_EQ(Observed(outcome), "");
  EXPECT_EQ(outcome.printed, "");
}

TEST(RunnerTest, AFailureTellsWhatWasObservedAndPrinted) {
  const Outcome outcome = RunOne("refusing", "some.fails");
  EXPECT_EQ(outcome.verdict, Verdict::kFails);
  EXPECT_EQ(Observed(outcome), "the answer: expected 42, got 41");
  EXPECT_EQ(outcome.printed, "printed by the check\n");
}

TEST(RunnerTest, ACrashIsAVerdictAndNamesTheSignal) {
  const Outcome outcome = RunOne("crashing", "some.reads");
  EXPECT_EQ(outcome.verdict, Verdict::kCrashed);
  EXPECT_TRUE(absl::StrContains(Observed(outcome),
                                absl::StrCat("signal ", SIGABRT, " (Aborted)")))
      << Observed(outcome);
  EXPECT_TRUE(absl::StrContains(outcome.printed, "\x1b[31m"));
}

TEST(RunnerTest, AHangIsEndedAtTheLimit) {
  const Outcome outcome = Outcomes({{PathOf("hanging"), "some.reads"}},
                                   {1, std::chrono::milliseconds(200)})[0];
  EXPECT_EQ(outcome.verdict, Verdict::kHung);
  EXPECT_GE(outcome.seconds, 0.2);
}

TEST(RunnerTest, ALibraryThatEndsTheProcessEndsTheCheckEarly) {
  const Outcome outcome = RunOne("exiting", "some.reads");
  EXPECT_EQ(outcome.verdict, Verdict::kEndedEarly);
  EXPECT_TRUE(absl::StrContains(Observed(outcome), "exit status 3"))
      << Observed(outcome);
}

TEST(RunnerTest, EnosysMeansUnsupported) {
  const Outcome outcome = RunOne("refusing", "some.reads");
  EXPECT_EQ(outcome.verdict, Verdict::kUnsupported);
  EXPECT_EQ(Observed(outcome), "aio_read gives ENOSYS");
}

// The C library that it depends on has one, which is not to be used for it.
TEST(RunnerTest, AMissingFunctionIsUnsupported) {
  EXPECT_EQ(RunOne("refusing", "some.synchronizes").verdict,
            Verdict::kUnsupported);
}

TEST(RunnerTest, WhatTheMachineLacksIsToldAsNotRun) {
  const Outcome outcome = RunOne("refusing", "some.lacks");
  EXPECT_EQ(outcome.verdict, Verdict::kNotRun);
  EXPECT_EQ(Observed(outcome), "no such device");
}

TEST(RunnerTest, ACheckThatSeesNothingIsAFaultOfTheSuite) {
  EXPECT_EQ(RunOne("refusing", "some.sees-nothing").verdict,
            Verdict::kNothingSeen);
}

TEST(RunnerTest, ACheckThatDoesNotExistEndsEarly) {
  EXPECT_EQ(RunOne("refusing", "some.other").verdict, Verdict::kEndedEarly);
}

TEST(RunnerTest, LoadsABackendWithoutACheck) {
  EXPECT_EQ(RunOne("refusing", "").verdict, Verdict::kHolds);
}

TEST(RunnerTest, TellsWhyABackendCannotBeLoaded) {
  const Outcome outcome = RunOne("absent", "");
  EXPECT_EQ(outcome.verdict, Verdict::kNotRun);
  EXPECT_TRUE(absl::StrContains(Observed(outcome), PathOf("absent")))
      << Observed(outcome);
}

TEST(RunnerTest, ALibraryWithoutTheFunctionsIsNoBackend) {
  const Outcome outcome = RunOne("no", "");
  EXPECT_EQ(outcome.verdict, Verdict::kNotRun);
  EXPECT_TRUE(absl::StrContains(Observed(outcome), "exports none"))
      << Observed(outcome);
}

TEST(RunnerTest, TheDirectoryOfACheckIsItsOwnAndIsRemoved) {
  const std::vector<Outcome> outcomes =
      Outcomes({{PathOf("refusing"), "some.leaves-files"},
                {PathOf("refusing"), "some.leaves-files"}});
  ASSERT_EQ(outcomes[0].observed.size(), 1U);
  ASSERT_EQ(outcomes[1].observed.size(), 1U);
  EXPECT_NE(outcomes[0].observed[0], outcomes[1].observed[0]);
  EXPECT_FALSE(std::filesystem::exists(outcomes[0].observed[0]));
  EXPECT_FALSE(std::filesystem::exists(outcomes[1].observed[0]));
}

TEST(RunnerTest, ChildrenOfACheckAreNotWaitedForAndEndWithIt) {
  const ScratchDirectory directory;
  const std::string fifo = directory / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  ASSERT_EQ(setenv("FIFO", fifo.c_str(), 1), 0);
  const int fd = open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(fd, 0);
  EXPECT_EQ(RunOne("refusing", "some.leaves-child").verdict, Verdict::kHolds);
  // Now it waits until there is no writer any more.
  ASSERT_EQ(fcntl(fd, F_SETFL, 0), 0);
  char byte;
  EXPECT_EQ(read(fd, &byte, 1), 0);
  close(fd);
}

TEST(RunnerTest, AFloodOfOutputIsCutAndHoldsNothingUp) {
  const Outcome outcome = RunOne("refusing", "some.floods-output");
  EXPECT_EQ(outcome.verdict, Verdict::kFails);
  EXPECT_EQ(outcome.observed.size(), 21U);
  EXPECT_EQ(outcome.observed.back(), "and 9980 more of the like");
  EXPECT_LT(outcome.printed.size(), 20'000U);
  EXPECT_GT(outcome.printed.size(), 10'000U);
}

TEST(RunnerTest, NothingOfTheParentReachesACheck) {
  const Outcome outcome = RunOne("refusing", "some.starts-clean");
  EXPECT_EQ(outcome.verdict, Verdict::kHolds) << Observed(outcome);
}

TEST(RunnerTest, RunsAllTasksHoweverManyAtATime) {
  const std::vector<Task> tasks(9, {PathOf("refusing"), "some.holds"});
  for (const int jobs : {1, 2, 100}) {
    for (const Outcome& outcome : Outcomes(tasks, {jobs, kPatient.limit})) {
      EXPECT_EQ(outcome.verdict, Verdict::kHolds);
    }
  }
}

}  // namespace
}  // namespace aioemul::tools::check

int main(int argc, char** argv) {
  namespace check = aioemul::tools::check;
  // Behind the name of the command, of the subcommand and "--".
  if (argc > 3) {
    const std::vector<std::string> arguments(argv + 3, argv + argc);
    std::vector<const check::Check*> checks;
    for (const check::Check& one : check::kChecks) checks.push_back(&one);
    if (check::IsTask(arguments)) check::DoTaskAndExit(arguments, checks);
  }
  testing::InitGoogleTest(&argc, argv);
  aioemul::tools::CatchStopSignals();
  return RUN_ALL_TESTS();
}
