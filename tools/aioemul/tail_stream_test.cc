// `aioemul tail` from end to end: FIFOs, sockets and terminals.  Cites
// contract I1 (many idle reads), I4 (the end and EPIPE), I5 (what read would
// give), E3 (a waiting read is cancelled at once and loses nothing).

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "tools/aioemul/testing/command.h"
#include "tools/aioemul/testing/scratch_directory.h"
#include "tools/aioemul/testing/session.h"

namespace aioemul::tools {
namespace {

// A descriptor to write to.
class Writer {
 public:
  explicit Writer(int fd) : fd_(fd) { EXPECT_GE(fd, 0); }
  Writer(Writer&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Writer& operator=(Writer&&) = delete;
  ~Writer() { Close(); }

  int fd() const { return fd_; }
  void Write(absl::string_view text) const {
    EXPECT_EQ(write(fd_, text.data(), text.size()),
              static_cast<ssize_t>(text.size()));
  }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

class TailStreamTest : public testing::Test {
 protected:
  TailStreamTest() { options_.directory = scratch_.path(); }

  void MakeFifo(const std::string& name, mode_t mode = 0600) {
    ASSERT_EQ(mkfifo((scratch_ / name).c_str(), mode), 0);
  }

  // Waits until the command has opened the FIFO.
  Writer OpenFifo(const std::string& name) {
    return Writer(open((scratch_ / name).c_str(), O_WRONLY | O_CLOEXEC));
  }

  static void ExpectOutput(Session& session, const std::string& text) {
    EXPECT_EQ(session.Read(text.size()), text);
  }

  static void ExpectSuccess(Session& session, const std::string& out) {
    const CommandResult result = session.Finish();
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_EQ(result.out, out);
    EXPECT_EQ(result.err, "");
  }

  ScratchDirectory scratch_;
  SessionOptions options_;
};

TEST_F(TailStreamTest, AFifoIsReadUntilItsLastWriterHasGone) {
  MakeFifo("fifo");
  Session session({"tail", "fifo"}, options_);
  Writer first = OpenFifo("fifo");
  first.Write("one\n");
  ExpectOutput(session, "one\n");
  Writer second = OpenFifo("fifo");
  first.Close();
  second.Write("two\nthree");
  ExpectOutput(session, "two\n");
  second.Close();
  ExpectSuccess(session, "three");
}

TEST_F(TailStreamTest, AWriterThatWritesNothingIsNotWaitedForInVain) {
  MakeFifo("fifo");
  Session session({"tail", "fifo"}, options_);
  OpenFifo("fifo").Close();
  OpenFifo("fifo").Write("text\n");
  ExpectSuccess(session, "text\n");
}

TEST_F(TailStreamTest, AFollowedFifoWaitsForTheNextWriter) {
  MakeFifo("fifo");
  Session session({"tail", "-f", "fifo"}, options_);
  for (const char* line : {"one\n", "two\n", "three\n"}) {
    OpenFifo("fifo").Write(line);
    ExpectOutput(session, line);
  }
  session.Signal(SIGTERM);
  EXPECT_EQ(session.Finish().signal, SIGTERM);
}

// Without permission to write the command cannot hold the FIFO open itself.
// The line of the file tells that both have been opened.
TEST_F(TailStreamTest, AFifoThatMayOnlyBeReadWorksAsWell) {
  MakeFifo("fifo", 0400);
  scratch_.Write("file", "go\n");
  options_.unprivileged = true;
  Session session({"tail", "fifo", "file"}, options_);
  ExpectOutput(session, "file: go\n");
  ASSERT_EQ(chmod((scratch_ / "fifo").c_str(), 0600), 0);
  OpenFifo("fifo").Write("text\n");
  ExpectSuccess(session, "fifo: text\n");
}

TEST_F(TailStreamTest, ManySourcesAreReadAtOnce) {
  constexpr int kSources = 64;
  std::vector<std::string> arguments = {"tail"};
  for (int i = 0; i < kSources; ++i) {
    arguments.push_back(absl::StrCat("fifo", i));
    MakeFifo(arguments.back());
  }
  Session session(arguments, options_);
  std::vector<Writer> writers;
  writers.reserve(kSources);
  for (int i = 0; i < kSources; ++i) {
    writers.push_back(OpenFifo(absl::StrCat("fifo", i)));
  }
  for (int i = kSources - 1; i >= 0; --i) {
    writers[static_cast<size_t>(i)].Write(absl::StrCat("line ", i, "\n"));
    ExpectOutput(session, absl::StrCat("fifo", i, ": line ", i, "\n"));
  }
  writers.clear();
  ExpectSuccess(session, "");
}

TEST_F(TailStreamTest, LinesOfSeveralSourcesStayWhole) {
  MakeFifo("a");
  MakeFifo("b");
  Session session({"tail", "a", "b"}, options_);
  Writer a = OpenFifo("a");
  Writer b = OpenFifo("b");
  a.Write("first\nunfin");
  ExpectOutput(session, "a: first\n");
  b.Write("second\n");
  ExpectOutput(session, "b: second\n");
  a.Write("ished\n");
  ExpectOutput(session, "a: unfinished\n");
  a.Write("last");
  a.Close();
  ExpectOutput(session, "a: last");
  b.Write("other\n");
  b.Close();
  ExpectSuccess(session, "\nb: other\n");
}

TEST_F(TailStreamTest, TheNamelessPipesOfAShellEndAsPipesDo) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[1]);
  options_.input = ends[0];
  // As a shell's <(true): empty, and its writer has gone already.
  Session session({"tail", "/dev/fd/0", "-"}, options_);
  ExpectSuccess(session, "");
  close(ends[0]);
}

TEST_F(TailStreamTest, TheStandardInputMayBeASocketThatDoesNotBlock) {
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
  ASSERT_EQ(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
  ASSERT_EQ(fcntl(ends[1], F_SETFD, FD_CLOEXEC), 0);
  options_.input = ends[0];
  Session session({"tail", "-"}, options_);
  Writer writer(ends[1]);
  writer.Write("one\n");
  ExpectOutput(session, "one\n");
  writer.Write("two\n");
  ExpectOutput(session, "two\n");
  EXPECT_EQ(fcntl(ends[0], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
  writer.Close();
  ExpectSuccess(session, "");
  close(ends[0]);
}

class TailSignalTest : public TailStreamTest,
                       public testing::WithParamInterface<int> {};

// The unfinished line was read together with the one that was printed.
TEST_P(TailSignalTest, CancelsWhatWaitsAndLosesNothing) {
  MakeFifo("busy");
  MakeFifo("idle");
  MakeFifo("nobody");
  Session session({"tail", "busy", "idle", "nobody"}, options_);
  const Writer busy = OpenFifo("busy");
  const Writer idle = OpenFifo("idle");
  busy.Write("one\nunfinished");
  ExpectOutput(session, "busy: one\n");
  session.Signal(GetParam());
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.signal, GetParam());
  EXPECT_EQ(result.out, "busy: unfinished");
  EXPECT_EQ(result.err, "");
}

INSTANTIATE_TEST_SUITE_P(All, TailSignalTest,
                         testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(TailStreamTest, ASecondSignalEndsItThoughNobodyTakesItsOutput) {
  scratch_.Write("file", RandomContent(1 << 20));
  Session session({"tail", "--lines=1000000", "file"}, options_);
  session.AwaitOutput();
  const CommandResult result = session.SignalToDeath(SIGINT);
  EXPECT_EQ(result.signal, SIGINT);
  EXPECT_EQ(result.err, "");
}

TEST_F(TailStreamTest, EndsQuietlyWhenItsOutputIsClosed) {
  MakeFifo("fifo");
  MakeFifo("idle");
  Session session({"tail", "fifo", "idle"}, options_);
  const Writer writer = OpenFifo("fifo");
  writer.Write("one\n");
  ExpectOutput(session, "fifo: one\n");
  session.CloseOutput();
  writer.Write("two\n");
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.signal, SIGPIPE);
  EXPECT_EQ(result.err, "");
}

class TailTerminalTest : public TailStreamTest {
 protected:
  TailTerminalTest() : keyboard_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    EXPECT_EQ(grantpt(keyboard_.fd()), 0);
    EXPECT_EQ(unlockpt(keyboard_.fd()), 0);
    name_ = ptsname(keyboard_.fd());
    terminal_ = open(name_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    EXPECT_GE(terminal_, 0);
  }
  ~TailTerminalTest() override { close(terminal_); }

  Writer keyboard_;
  std::string name_;
  int terminal_ = -1;
};

TEST_F(TailTerminalTest, PrintsWhatIsTypedUntilItsEnd) {
  options_.input = terminal_;
  Session session({"tail", "-"}, options_);
  keyboard_.Write("hello\n");
  ExpectOutput(session, "hello\n");
  keyboard_.Write("\x04");  // Ctrl-D
  ExpectSuccess(session, "");
}

TEST_F(TailTerminalTest, ATerminalIsASourceByItsNameToo) {
  MakeFifo("fifo");
  Session session({"tail", name_, "fifo"}, options_);
  const Writer fifo = OpenFifo("fifo");
  keyboard_.Write("typed\n");
  ExpectOutput(session, absl::StrCat(name_, ": typed\n"));
  fifo.Write("text\n");
  ExpectOutput(session, "fifo: text\n");
  session.Signal(SIGTERM);
  EXPECT_EQ(session.Finish().signal, SIGTERM);
}

TEST_F(TailTerminalTest, CtrlCEndsIt) {
  options_.input = terminal_;
  options_.controlling = true;
  MakeFifo("fifo");
  Session session({"tail", "-", "fifo"}, options_);
  const Writer fifo = OpenFifo("fifo");
  fifo.Write("text\nunfinished");
  ExpectOutput(session, "fifo: text\n");
  keyboard_.Write("\x03");
  const CommandResult result = session.Finish();
  EXPECT_EQ(result.signal, SIGINT);
  EXPECT_EQ(result.out, "fifo: unfinished");
  EXPECT_EQ(result.err, "");
}

}  // namespace
}  // namespace aioemul::tools
