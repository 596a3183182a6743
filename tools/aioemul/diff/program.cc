#include "tools/aioemul/diff/program.h"

#include <stddef.h>
#include <stdint.h>

#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace aioemul::tools::diff {
namespace {

constexpr absl::string_view kHeading = "aioemul diff program 1";
constexpr absl::string_view kObjects[] = {"file", "append-file", "pipe-in",
                                          "pipe-out", "socket"};
constexpr absl::string_view kRequests[] = {"read", "write", "fsync", "nop",
                                           "null"};
constexpr absl::string_view kNotices[] = {"none", "signal", "thread"};
constexpr absl::string_view kFlaws[] = {
    "none",         "descriptor",    "direction", "offset",
    "low-priority", "high-priority", "count",     "notify",
    "signal",       "function",      "opcode",    "buffer"};
constexpr absl::string_view kCalls[] = {
    "request", "again", "list",  "cancel", "cancel-all", "suspend", "error",
    "return",  "fresh", "await", "catch",  "send",       "receive", "hang-up"};
constexpr absl::string_view kModes[] = {"wait", "nowait", "bad"};
constexpr absl::string_view kTimeouts[] = {"none", "zero", "short", "bad"};

// A program is small; greater numbers come from a damaged file.
constexpr int kMaxBlocks = 64;
constexpr int kMaxObjects = 16;
constexpr int kMaxSteps = 4096;
constexpr int kMaxBytes = 1 << 24;

template <size_t n, typename Enum>
bool Named(const absl::string_view (&names)[n], absl::string_view name,
           Enum* value) {
  for (size_t i = 0; i < n; ++i) {
    if (names[i] != name) continue;
    *value = static_cast<Enum>(i);
    return true;
  }
  return false;
}

void AddNumber(absl::string_view key, int value, std::string* text) {
  if (value != 0) absl::StrAppend(text, " ", key, "=", value);
}

std::string BlockNames(const std::vector<int>& blocks) {
  return absl::StrJoin(blocks, ",", [](std::string* out, int block) {
    absl::StrAppend(out, block == kNoBlock ? "null" : absl::StrCat(block));
  });
}

std::string RequestText(const Request& request) {
  std::string text(NameOf(request.kind));
  if (request.kind == RequestKind::kNull) return text;
  absl::StrAppend(&text, " block=", request.block);
  if (request.kind == RequestKind::kNop) return text;
  absl::StrAppend(&text, " object=", request.object);
  AddNumber("offset", request.offset, &text);
  AddNumber("bytes", request.bytes, &text);
  AddNumber("priority", request.priority, &text);
  if (request.notice != Notice::kNone) {
    absl::StrAppend(&text, " notice=", NameOf(request.notice));
  }
  if (request.flaw != Flaw::kNone) {
    absl::StrAppend(&text, " flaw=", NameOf(request.flaw));
  }
  if (request.spoilt) text += " spoilt=1";
  return text;
}

// Reads one line.
class Line {
 public:
  explicit Line(absl::string_view text)
      : words_(absl::StrSplit(text, ' ', absl::SkipEmpty())) {}

  // The first word, and what follows without it.
  absl::string_view Next() {
    if (next_ >= words_.size()) return "";
    return words_[next_++];
  }
  bool ParseRequest(absl::string_view kind, Request* request);
  bool ParseStep(absl::string_view call, Step* step);
  bool ParseObject(Object* object) {
    return Named(kObjects, Next(), &object->kind) &&
           Options([&](absl::string_view key, absl::string_view value) {
             return key == "size" && Number(value, 0, kMaxBytes, &object->size);
           });
  }

 private:
  static bool Number(absl::string_view text, int least, int greatest,
                     int* value) {
    return absl::SimpleAtoi(text, value) && *value >= least &&
           *value <= greatest;
  }
  static bool Blocks(absl::string_view text, std::vector<int>* blocks);

  template <typename Take>
  bool Options(const Take& take) {
    for (; next_ < words_.size(); ++next_) {
      const absl::string_view word = words_[next_];
      const size_t equals = word.find('=');
      if (equals == absl::string_view::npos ||
          !take(word.substr(0, equals), word.substr(equals + 1))) {
        return false;
      }
    }
    return true;
  }

  const std::vector<absl::string_view> words_;
  size_t next_ = 0;
};

bool Line::Blocks(absl::string_view text, std::vector<int>* blocks) {
  for (absl::string_view name : absl::StrSplit(text, ',', absl::SkipEmpty())) {
    int block = kNoBlock;
    if (name != "null" && !Number(name, 0, kMaxBlocks - 1, &block))
      return false;
    blocks->push_back(block);
  }
  return true;
}

bool Line::ParseRequest(absl::string_view kind, Request* request) {
  return Named(kRequests, kind, &request->kind) &&
         Options([&](absl::string_view key, absl::string_view value) {
           if (key == "block") {
             return Number(value, 0, kMaxBlocks - 1, &request->block);
           }
           if (key == "object") {
             return Number(value, 0, kMaxObjects - 1, &request->object);
           }
           if (key == "offset") {
             return Number(value, 0, kMaxBytes, &request->offset);
           }
           if (key == "bytes") {
             return Number(value, 0, kMaxBytes, &request->bytes);
           }
           if (key == "priority") {
             return Number(value, 0, 20, &request->priority);
           }
           if (key == "notice") return Named(kNotices, value, &request->notice);
           if (key == "spoilt")
             return absl::SimpleAtob(value, &request->spoilt);
           return key == "flaw" && Named(kFlaws, value, &request->flaw);
         });
}

bool Line::ParseStep(absl::string_view call, Step* step) {
  return Named(kCalls, call, &step->call) &&
         Options([&](absl::string_view key, absl::string_view value) {
           if (key == "block" || key == "blocks") {
             return Blocks(value, &step->blocks);
           }
           if (key == "object") {
             return Number(value, 0, kMaxObjects - 1, &step->object);
           }
           if (key == "bytes") {
             return Number(value, 0, kMaxBytes, &step->bytes);
           }
           if (key == "timeout") return Named(kTimeouts, value, &step->timeout);
           if (key == "mode") return Named(kModes, value, &step->mode);
           return key == "notice" && Named(kNotices, value, &step->notice);
         });
}

// What a step names must be there.
bool IsWhole(const Program& program) {
  const int objects = static_cast<int>(program.objects.size());
  for (const Step& step : program.steps) {
    if (step.object >= objects || step.requests.size() > kMaxEntries) {
      return false;
    }
    const bool one_request =
        step.call == Call::kRequest || step.call == Call::kAgain;
    if (one_request && step.requests.size() != 1) return false;
    const bool one_block =
        step.call == Call::kCancel || step.call == Call::kError ||
        step.call == Call::kReturn || step.call == Call::kFresh ||
        step.call == Call::kAwait;
    if (one_block && (step.blocks.size() != 1 || step.blocks[0] < 0)) {
      return false;
    }
    for (const Request& request : step.requests) {
      if (request.object >= objects || request.block >= program.blocks) {
        return false;
      }
    }
    for (int block : step.blocks) {
      if (block >= program.blocks) return false;
    }
  }
  return objects > 0;
}

absl::Status Damaged(size_t line, absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("line ", line, " is not understood: ", text));
}

// Adds what a line says; false when it says nothing.
bool AddLine(absl::string_view text, Program* program) {
  Line line(text);
  const absl::string_view first = line.Next();
  if (first == "object") {
    program->objects.emplace_back();
    return line.ParseObject(&program->objects.back());
  }
  if (first == "blocks") {
    return absl::SimpleAtoi(line.Next(), &program->blocks) &&
           program->blocks >= 0 && program->blocks <= kMaxBlocks;
  }
  if (first == "entry") {
    if (program->steps.empty()) return false;
    std::vector<Request>& list = program->steps.back().requests;
    list.emplace_back();
    return line.ParseRequest(line.Next(), &list.back());
  }
  program->steps.emplace_back();
  Step& step = program->steps.back();
  if (first == "read" || first == "write" || first == "fsync") {
    step.call = Call::kRequest;
    step.requests.resize(1);
    return line.ParseRequest(first, &step.requests[0]);
  }
  if (first == "again") {
    step.call = Call::kAgain;
    step.requests.resize(1);
    return line.ParseRequest(line.Next(), &step.requests[0]);
  }
  return line.ParseStep(first, &step);
}

}  // namespace

absl::string_view NameOf(ObjectKind kind) {
  return kObjects[static_cast<size_t>(kind)];
}
absl::string_view NameOf(RequestKind kind) {
  return kRequests[static_cast<size_t>(kind)];
}
absl::string_view NameOf(Call call) {
  return kCalls[static_cast<size_t>(call)];
}
absl::string_view NameOf(Notice notice) {
  return kNotices[static_cast<size_t>(notice)];
}
absl::string_view NameOf(Flaw flaw) {
  return kFlaws[static_cast<size_t>(flaw)];
}

unsigned char ByteOf(int source, long position) {
  if (source == kSourceOfZeros) return 0;
  const uint32_t mixed = (static_cast<uint32_t>(source) * 40503u +
                          static_cast<uint32_t>(position) + 1) *
                         2654435761u;
  // Never zero, which is what a hole holds.
  return static_cast<unsigned char>(1 + (mixed >> 16) % 255);
}

std::string ToText(const Step& step) {
  if (step.call == Call::kRequest) return RequestText(step.requests.at(0));
  if (step.call == Call::kAgain) {
    return absl::StrCat("again ", RequestText(step.requests.at(0)));
  }
  std::string text(NameOf(step.call));
  switch (step.call) {
    case Call::kList:
      absl::StrAppend(&text, " mode=", kModes[static_cast<size_t>(step.mode)]);
      if (step.notice != Notice::kNone) {
        absl::StrAppend(&text, " notice=", NameOf(step.notice));
      }
      for (const Request& request : step.requests) {
        absl::StrAppend(&text, "\n  entry ", RequestText(request));
      }
      break;
    case Call::kSuspend:
      absl::StrAppend(&text, " blocks=", BlockNames(step.blocks), " timeout=",
                      kTimeouts[static_cast<size_t>(step.timeout)]);
      break;
    case Call::kCancelAll:
    case Call::kHangUp:
      absl::StrAppend(&text, " object=", step.object);
      break;
    case Call::kSend:
    case Call::kReceive:
      absl::StrAppend(&text, " object=", step.object, " bytes=", step.bytes);
      break;
    case Call::kCatch:
      break;
    default:
      absl::StrAppend(&text, " block=", BlockNames(step.blocks));
      break;
  }
  return text;
}

std::string ToText(const Program& program) {
  std::string text = absl::StrCat(kHeading, "\n");
  for (const Object& object : program.objects) {
    absl::StrAppend(&text, "object ", NameOf(object.kind));
    AddNumber("size", object.size, &text);
    text += '\n';
  }
  absl::StrAppend(&text, "blocks ", program.blocks, "\n");
  for (const Step& step : program.steps) {
    absl::StrAppend(&text, ToText(step), "\n");
  }
  return text;
}

absl::StatusOr<Program> ParseProgram(absl::string_view text) {
  const std::vector<absl::string_view> lines = absl::StrSplit(text, '\n');
  Program program;
  if (lines[0] != kHeading) return Damaged(1, lines[0]);
  for (size_t i = 1; i < lines.size(); ++i) {
    const absl::string_view line = lines[i];
    if (line.empty() || line[0] == '#') continue;
    if (!AddLine(line, &program) || program.steps.size() > kMaxSteps ||
        program.objects.size() > kMaxObjects) {
      return Damaged(i + 1, line);
    }
  }
  if (!IsWhole(program)) {
    return absl::InvalidArgumentError(
        "the program names objects or blocks that it does not have");
  }
  return program;
}

}  // namespace aioemul::tools::diff
