#include "tools/aioemul/diff/c_program.h"

#include <stddef.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "tools/aioemul/diff/c_prelude.h"
#include "tools/aioemul/diff/expectation.h"
#include "tools/aioemul/diff/journal.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

constexpr absl::string_view kKinds[] = {"FILE_OBJECT", "APPEND_FILE", "PIPE_IN",
                                        "PIPE_OUT", "SOCKET"};
constexpr absl::string_view kNotices[] = {"QUIET", "BY_SIGNAL", "BY_THREAD"};
constexpr absl::string_view kOpcodes[] = {"LIO_READ", "LIO_WRITE", "LIO_NOP",
                                          "LIO_NOP", "LIO_NOP"};

absl::string_view FlawText(Flaw flaw) {
  switch (flaw) {
    case Flaw::kNone:
    case Flaw::kDirection:
      return "";
    case Flaw::kDescriptor:
      return "aio_fildes = -1";
    case Flaw::kOffset:
      return "aio_offset = -1";
    case Flaw::kLowPriority:
      return "aio_reqprio = -1";
    case Flaw::kHighPriority:
      return "aio_reqprio = (int)sysconf(_SC_AIO_PRIO_DELTA_MAX) + 1";
    case Flaw::kCount:
      return "aio_nbytes = (size_t)SSIZE_MAX + 1";
    case Flaw::kNotify:
      return "aio_sigevent.sigev_notify = 12345";
    case Flaw::kSignal:
      return "aio_sigevent = (struct sigevent){.sigev_notify = SIGEV_SIGNAL, "
             ".sigev_signo = 12345}";
    case Flaw::kFunction:
      return "aio_sigevent = (struct sigevent){.sigev_notify = SIGEV_THREAD}";
    case Flaw::kOpcode:
      return "aio_lio_opcode = 12345";
    case Flaw::kBuffer:
      return "aio_buf = NULL";
  }
  return "";
}

std::string Numbers(const std::vector<int>& numbers) {
  return absl::StrCat("{", numbers.empty() ? "0" : absl::StrJoin(numbers, ", "),
                      "}");
}

// A name of the C library where the number has one.
std::string CName(long value, Naming naming) {
  if (naming == Naming::kCancel && value >= 0) return NameOf(value, naming);
  const bool negative = naming == Naming::kNegativeError && value < -1;
  if (naming == Naming::kCancel || negative) {
    return absl::StrCat("-", NameOf(-value, Naming::kError));
  }
  if (naming != Naming::kError || value == 0) return absl::StrCat(value);
  const std::string name = NameOf(value, Naming::kError);
  return name[0] == 'E' ? name : absl::StrCat(value);
}

Naming NamingOf(Event::Kind kind) {
  if (kind == Event::Kind::kReturn) return Naming::kNegativeError;
  if (kind == Event::Kind::kCancel || kind == Event::Kind::kCancelAll) {
    return Naming::kCancel;
  }
  return Naming::kError;
}

class Writer {
 public:
  explicit Writer(const Finding& finding)
      : program_(finding.program), finding_(finding) {}

  std::string Write();

 private:
  const Request& RequestOf(int id) const {
    return program_.steps[StepOf(id)]
        .requests[static_cast<size_t>(id % kEntriesOfStep)];
  }
  static size_t StepOf(int id) {
    return static_cast<size_t>(id / kEntriesOfStep);
  }
  void Line(absl::string_view text) {
    absl::StrAppend(&body_, "  ", text, "\n");
  }
  void Check(const Event& event, absl::string_view got);
  void AddEvent(const Event& event);
  void Prepare(int id);
  void Submit(const Event& event);
  void List(const Event& event);
  void Suspend(const Event& event);
  void Return(const Event& event);
  void Bytes(const Event& event);
  void Finish();
  void AwaitNotices();
  void CompareStreams();

  const Program& program_;
  const Finding& finding_;
  std::string body_;
  std::map<int, int> index_;    // Of a request, by its number.
  std::map<int, int> current_;  // The request, by its block.
  std::map<int, int> lists_;    // The index of a list's notification, by step.
  std::set<int> returned_;      // Blocks.
};

void Writer::Check(const Event& event, absl::string_view got) {
  const Expectation& expectation = event.expectation;
  const Naming naming = NamingOf(event.kind);
  std::vector<std::string> names;
  for (long value : expectation.legal) names.push_back(CName(value, naming));
  Line(absl::StrCat("Check(\"",
                    absl::StrReplaceAll(expectation.what, {{"\"", "'"}}),
                    "\", ", got, ", ", expectation.low, ", ", expectation.high,
                    ", ", expectation.legal.size(), ", (const long[]){",
                    names.empty() ? "0" : absl::StrJoin(names, ", "), "});"));
}

void Writer::Prepare(int id) {
  const Request& request = RequestOf(id);
  const int index = static_cast<int>(index_.size());
  index_[id] = index;
  current_[request.block] = id;
  returned_.erase(request.block);
  Line(absl::StrCat("Prepare(", index, ", ", id, ", ", request.block, ", ",
                    request.object, ", ",
                    kOpcodes[static_cast<size_t>(request.kind)], ", ",
                    request.bytes, ", ", request.offset, ", ", request.priority,
                    ", ", kNotices[static_cast<size_t>(request.notice)], ");"));
  const absl::string_view flaw = FlawText(request.flaw);
  if (!flaw.empty()) {
    Line(absl::StrCat("block[", request.block, "].", flaw, ";"));
  }
}

void Writer::Submit(const Event& event) {
  const Request& request = RequestOf(event.number);
  Prepare(event.number);
  const absl::string_view operation = request.flaw == Flaw::kOpcode ? "12345, "
                                      : request.block % 2 == 0      ? "O_SYNC, "
                                                               : "O_DSYNC, ";
  Check(event,
        absl::StrCat("aio_", NameOf(request.kind), "(",
                     request.kind == RequestKind::kFsync ? operation : "",
                     "&block[", request.block, "]) == 0 ? 0 : errno"));
  if (request.spoilt) Line(absl::StrCat("Spoil(", request.block, ");"));
}

void Writer::List(const Event& event) {
  const Step& step = program_.steps[static_cast<size_t>(event.number)];
  std::vector<std::string> list;
  for (size_t i = 0; i < step.requests.size(); ++i) {
    const Request& request = step.requests[i];
    if (request.kind == RequestKind::kNull) {
      list.emplace_back("NULL");
      continue;
    }
    list.push_back(absl::StrCat("&block[", request.block, "]"));
    Prepare(IdOf(static_cast<size_t>(event.number), i));
    if (request.kind == RequestKind::kNop || step.mode == ListMode::kBad) {
      current_.erase(request.block);
    }
  }
  const int notice = static_cast<int>(lists_.size());
  lists_[event.number] = notice;
  Line(absl::StrCat("event = EventFor(",
                    kNotices[static_cast<size_t>(step.notice)], ", REQUESTS + ",
                    notice, ");"));
  const absl::string_view mode = step.mode == ListMode::kWait     ? "LIO_WAIT"
                                 : step.mode == ListMode::kNoWait ? "LIO_NOWAIT"
                                                                  : "-1";
  Check(event,
        absl::StrCat("lio_listio(", mode, ", (struct aiocb *[]){",
                     absl::StrJoin(list, ", "), list.empty() ? "NULL" : "",
                     "}, ", list.size(), ", ",
                     step.notice == Notice::kNone ? "NULL" : "&event",
                     ") == 0 ? 0 : errno"));
  if (step.mode != ListMode::kWait) return;
  for (const Request& request : step.requests) {
    if (current_.count(request.block) == 0) continue;
    Line(absl::StrCat("if (aio_error(&block[", request.block,
                      "]) == EINPROGRESS) Fail(\"in progress after LIO_WAIT, "
                      "block\", ",
                      request.block, ");"));
  }
}

void Writer::Suspend(const Event& event) {
  const Step& step = program_.steps[static_cast<size_t>(event.number)];
  const std::string list =
      absl::StrJoin(step.blocks, ", ", [](std::string* out, int block) {
        absl::StrAppend(out, block == kNoBlock
                                 ? "NULL"
                                 : absl::StrCat("&block[", block, "]"));
      });
  absl::string_view timeout = "NULL";
  if (step.timeout == Timeout::kZero) timeout = "&(struct timespec){0, 0}";
  if (step.timeout == Timeout::kShort) {
    timeout = "&(struct timespec){0, 1000000}";
  }
  if (step.timeout == Timeout::kBad) {
    timeout = "&(struct timespec){0, 1000000000}";
  }
  Check(event,
        absl::StrCat("aio_suspend((const struct aiocb *[]){",
                     list.empty() ? "NULL" : list, "}, ", step.blocks.size(),
                     ", ", timeout, ") == 0 ? 0 : errno"));
}

void Writer::Return(const Event& event) {
  const int block = event.number;
  Line(absl::StrCat("got = aio_return(&block[", block, "]);"));
  if (!returned_.insert(block).second) {
    return Check(event, "got == -1 ? -errno : got");
  }
  if (current_.count(block) != 0) {
    Line(absl::StrCat("result[", index_[current_[block]], "] = got;"));
  }
  Check(event, "got");
}

void Writer::Bytes(const Event& event) {
  std::vector<std::string> numbers;
  for (absl::string_view pair :
       absl::StrSplit(event.expectation.what, ' ', absl::SkipEmpty())) {
    numbers.push_back(absl::StrReplaceAll(pair, {{":", ", "}}));
  }
  const bool file = event.kind == Event::Kind::kFileBytes;
  std::string what = file ? absl::StrCat("CheckFile(", event.number)
                          : absl::StrCat("CheckRead(", index_[event.number],
                                         ", ", RequestOf(event.number).offset);
  Line(absl::StrCat(what, ", ", event.expectation.low, ", ",
                    event.expectation.high, ", (const long[]){",
                    numbers.empty() ? "0" : absl::StrJoin(numbers, ", "), "}, ",
                    numbers.size() * 2, ");"));
}

void Writer::Finish() {
  std::vector<int> used;
  for (const auto& [block, id] : current_) used.push_back(block);
  Line(absl::StrCat("Finish(kinds, (const int[])", Numbers(used), ", ",
                    used.size(), ");"));
}

void Writer::CompareStreams() {
  for (size_t i = 0; i < program_.objects.size(); ++i) {
    const ObjectKind kind = program_.objects[i].kind;
    if (IsFile(kind)) continue;
    std::vector<int> reads;
    std::vector<int> writes;
    std::vector<int> sources;
    for (const auto& [id, index] : index_) {
      const Request& request = RequestOf(id);
      if (request.object != static_cast<int>(i)) continue;
      if (request.kind == RequestKind::kRead) reads.push_back(index);
      if (request.kind != RequestKind::kWrite) continue;
      writes.push_back(index);
      sources.push_back(id);
    }
    if (CanRead(kind)) {
      Line(absl::StrCat("CheckSent(", i, ", (const int[])", Numbers(reads),
                        ", ", reads.size(), ");"));
    }
    if (CanWrite(kind)) {
      Line(absl::StrCat("if (peer[", i, "] >= 0) CheckReceived(", i,
                        ", (const int[])", Numbers(writes), ", (const int[])",
                        Numbers(sources), ", ", writes.size(), ");"));
    }
  }
}

void Writer::AddEvent(const Event& event) {
  const int number = event.number;
  if (event.kind != Event::Kind::kFileBytes &&
      event.kind != Event::Kind::kReadBytes) {
    Line(absl::StrCat("doing = \"", event.expectation.what, "\";"));
  }
  switch (event.kind) {
    case Event::Kind::kSubmit:
      return Submit(event);
    case Event::Kind::kAgain:
      return Check(
          event, absl::StrCat("aio_", NameOf(RequestOf(current_[number]).kind),
                              "(&block[", number, "]) == 0 ? 0 : errno"));
    case Event::Kind::kList:
      return List(event);
    case Event::Kind::kStatus:
    case Event::Kind::kFresh:
      return Check(event, absl::StrCat("aio_error(&block[", number, "])"));
    case Event::Kind::kAwait:
      return Check(event, absl::StrCat("Await(", number, ")"));
    case Event::Kind::kReturn:
      return Return(event);
    case Event::Kind::kCancel:
      Line(absl::StrCat("got = aio_cancel(block[", number,
                        "].aio_fildes, &block[", number, "]);"));
      return Check(event, "got == -1 ? -errno : got");
    case Event::Kind::kCancelAll:
      Line(absl::StrCat("got = aio_cancel(own[", number, "], NULL);"));
      return Check(event, "got == -1 ? -errno : got");
    case Event::Kind::kSuspend:
      return Suspend(event);
    case Event::Kind::kSend:
      return Line(absl::StrCat("Send(", number, ", ", event.bytes, ");"));
    case Event::Kind::kReceive:
      return Line(absl::StrCat("Receive(", number, ", ", event.bytes, ");"));
    case Event::Kind::kHangUp:
      return Line(absl::StrCat("HangUp(", number, ");"));
    case Event::Kind::kFinish:
      return Finish();
    case Event::Kind::kNotices:
      break;
    case Event::Kind::kFileSize:
      return Check(event,
                   absl::StrCat("lseek(own[", number, "], 0, SEEK_END)"));
    case Event::Kind::kReadCount:
      return Check(event, absl::StrCat("result[", index_[number], "]"));
    case Event::Kind::kFileBytes:
    case Event::Kind::kReadBytes:
      return Bytes(event);
  }
}

void Writer::AwaitNotices() {
  for (const auto& [id, index] : index_) {
    const Request& request = RequestOf(id);
    const bool refused =
        request.flaw != Flaw::kNone && request.flaw != Flaw::kBuffer;
    if (request.notice != Notice::kNone && !refused &&
        request.kind != RequestKind::kNop) {
      Line(absl::StrCat("CheckNotices(", index, ", 1);"));
    }
  }
  for (const auto& [step, index] : lists_) {
    const Step& list = program_.steps[static_cast<size_t>(step)];
    if (list.notice != Notice::kNone && list.mode == ListMode::kNoWait) {
      Line(absl::StrCat("CheckNotices(REQUESTS + ", index, ", 1);"));
    }
  }
}

std::string Writer::Write() {
  bool finished = false;
  for (const Event& event : finding_.events) {
    AddEvent(event);
    if (event.kind == Event::Kind::kFinish) finished = true;
  }
  // What a fault has cut short is let go all the same.
  if (!finished) Finish();
  AwaitNotices();
  if (finished) CompareStreams();
  std::vector<std::string> kinds;
  std::string opening;
  for (size_t i = 0; i < program_.objects.size(); ++i) {
    const Object& object = program_.objects[i];
    kinds.emplace_back(kKinds[static_cast<size_t>(object.kind)]);
    absl::StrAppend(&opening, "  Open(", i, ", ", kinds.back(), ", ",
                    object.size, ");\n");
  }
  return absl::StrCat(
      "/* ", finding_.fault.clause, ": ",
      absl::StrReplaceAll(finding_.fault.text, {{"*/", "* /"}}), "\n\n",
      ToText(program_),
      "\nExits with status 1 when the fault shows in one of many attempts. "
      "*/\n",
      kCHeaders, "\nenum { OBJECTS = ", program_.objects.size(),
      ", BLOCKS = ", program_.blocks, ", REQUESTS = ", index_.size(), " };\n",
      kCFunctions, "\nstatic const int kinds[] = {", absl::StrJoin(kinds, ", "),
      "};\n\nstatic void Attempt(void) {\n  struct sigevent event;\n"
      "  long got = 0;\n  (void)event;\n  (void)got;\n  memset(block, 0, "
      "sizeof(block));\n"
      "  for (int i = 0; i < REQUESTS + ANY; ++i) notices[i] = 0;\n",
      opening, body_,
      "  for (int i = 0; i < OBJECTS; ++i) {\n    close(own[i]);\n"
      "    if (peer[i] >= 0) close(peer[i]);\n    free(received[i]);\n  "
      "}\n}\n",
      kCMain);
}

}  // namespace

std::string CProgram(const Finding& finding) { return Writer(finding).Write(); }

}  // namespace aioemul::tools::diff
