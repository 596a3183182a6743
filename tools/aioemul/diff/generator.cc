#include "tools/aioemul/diff/generator.h"

#include <stddef.h>
#include <stdint.h>

#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/aioemul/diff/contract.h"
#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

// The library's own distributions differ between machines.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  // 0 to `count` - 1.
  int Below(int count) {
    state_ = NextSeed(state_);
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return static_cast<int>((mixed >> 33) % static_cast<uint64_t>(count));
  }
  bool OneIn(int count) { return Below(count) == 0; }
  template <size_t n>
  int Of(const int (&values)[n]) {
    return values[static_cast<size_t>(Below(static_cast<int>(n)))];
  }

 private:
  uint64_t state_;
};

constexpr int kSizes[] = {0, 1, 100, 4096, 5000, 20000};
constexpr int kOffsets[] = {0, 0, 1, 50, 100, 512, 4000, 4096, 5000, 20000};
constexpr int kCounts[] = {0, 1, 10, 100, 100, 512, 4096, 4097, 20000};
constexpr int kStreamCounts[] = {1, 2, 10, 100, 100, 1000};
constexpr int kPeerCounts[] = {1, 5, 10, 100, 300, 2000};
// More than a pipe holds.
constexpr int kHugeCount = 100'000;

class Generator {
 public:
  Generator(uint64_t seed, const GeneratorOptions& options)
      : options_(options), random_(seed) {}

  Program Make();

 private:
  void AddObjects();
  void AddStep();
  void AddSubmission();
  void AddList();
  void AddWait();
  void AddPeerStep();
  Request NewRequest(bool for_list_that_waits);
  Flaw NewFlaw(const Request& request, bool in_list);
  Notice NewNotice();
  void Add(Step step);
  int AnyObject() {
    return random_.Below(static_cast<int>(program_.objects.size()));
  }
  ObjectKind KindOf(int object) const {
    return program_.objects[static_cast<size_t>(object)].kind;
  }
  // One that is likely to be in use, or to be free.
  int UsedBlock();
  int FreeBlock();

  const GeneratorOptions& options_;
  Random random_;
  Program program_;
  std::vector<bool> used_;  // By block: submitted, and not known to be done.
};

Program Generator::Make() {
  AddObjects();
  program_.blocks = 2 + random_.Below(9);
  used_.resize(static_cast<size_t>(program_.blocks));
  const int least = options_.calls < 3 ? options_.calls : 3;
  const int calls = least + random_.Below(options_.calls - least + 1);
  // A step that the backend cannot do is drawn again, but not for ever.
  constexpr int kAttempts = 20;
  for (int i = 0;
       i < calls * kAttempts && static_cast<int>(program_.steps.size()) < calls;
       ++i) {
    AddStep();
  }
  return program_;
}

void Generator::AddObjects() {
  const int count = 1 + random_.Below(3);
  for (int i = 0; i < count; ++i) {
    Object object;
    object.kind = static_cast<ObjectKind>(random_.Below(5));
    if (IsFile(object.kind)) object.size = random_.Of(kSizes);
    program_.objects.push_back(object);
  }
}

void Generator::AddStep() {
  const int kind = random_.Below(100);
  Step step;
  if (kind < 38) {
    AddSubmission();
  } else if (kind < 47) {
    AddList();
  } else if (kind < 62) {
    AddWait();
  } else if (kind < 68) {
    step.call = Call::kCancel;
    step.blocks = {UsedBlock()};
    Add(step);
  } else if (kind < 71) {
    step.call = Call::kCancelAll;
    step.object = AnyObject();
    Add(step);
  } else if (kind < 77) {
    step.call = Call::kError;
    step.blocks = {UsedBlock()};
    Add(step);
  } else if (kind < 85) {
    step.call = Call::kReturn;
    step.blocks = {FreeBlock()};
    Add(step);
  } else if (kind < 87) {
    step.call = random_.OneIn(2) ? Call::kFresh : Call::kCatch;
    if (step.call == Call::kFresh) step.blocks = {FreeBlock()};
    Add(step);
  } else {
    AddPeerStep();
  }
}

void Generator::Add(Step step) {
  if (!IsDefined(options_.contract, step.call) ||
      !IsDefined(options_.contract, step.timeout) ||
      options_.missing.count(FeatureOf(step)) != 0) {
    return;
  }
  for (const Request& request : step.requests) {
    if (!IsDefined(options_.contract, request) ||
        options_.missing.count(FeatureOf(request, KindOf(request.object))) !=
            0) {
      return;
    }
  }
  for (const Request& request : step.requests) {
    if (request.kind != RequestKind::kNull && request.flaw == Flaw::kNone) {
      used_[static_cast<size_t>(request.block)] = true;
    }
  }
  program_.steps.push_back(std::move(step));
}

int Generator::UsedBlock() {
  const int first = random_.Below(program_.blocks);
  for (int i = 0; i < program_.blocks; ++i) {
    const int block = (first + i) % program_.blocks;
    if (used_[static_cast<size_t>(block)]) return block;
  }
  return first;
}

int Generator::FreeBlock() {
  const int first = random_.Below(program_.blocks);
  for (int i = 0; i < program_.blocks; ++i) {
    const int block = (first + i) % program_.blocks;
    if (!used_[static_cast<size_t>(block)]) return block;
  }
  return first;
}

Notice Generator::NewNotice() {
  const int kind = random_.Below(8);
  const Notice notice = kind == 0   ? Notice::kThread
                        : kind <= 2 ? Notice::kSignal
                                    : Notice::kNone;
  return options_.missing.count(FeatureOf(notice)) != 0 ? Notice::kNone
                                                        : notice;
}

Flaw Generator::NewFlaw(const Request& request, bool in_list) {
  const Flaw flaw = static_cast<Flaw>(1 + random_.Below(11));
  const bool fsync = request.kind == RequestKind::kFsync;
  const ObjectKind kind = KindOf(request.object);
  switch (flaw) {
    case Flaw::kDirection:
      return fsync || IsFile(kind) || kind == ObjectKind::kSocket ? Flaw::kNone
                                                                  : flaw;
    case Flaw::kOffset:
      return kind == ObjectKind::kFile && !fsync ? flaw : Flaw::kNone;
    case Flaw::kLowPriority:
    case Flaw::kHighPriority:
    case Flaw::kCount:
      return fsync ? Flaw::kNone : flaw;
    case Flaw::kOpcode:
      return fsync || in_list ? flaw : Flaw::kNone;
    case Flaw::kBuffer:
      return request.kind == RequestKind::kWrite && request.bytes > 0 &&
                     kind == ObjectKind::kFile && request.offset == 0
                 ? flaw
                 : Flaw::kNone;
    default:
      return flaw;
  }
}

Request Generator::NewRequest(bool for_list_that_waits) {
  Request request;
  request.block = FreeBlock();
  request.object = AnyObject();
  const ObjectKind kind = KindOf(request.object);
  request.kind = random_.OneIn(2) ? RequestKind::kRead : RequestKind::kWrite;
  if (!CanRead(kind)) request.kind = RequestKind::kWrite;
  if (!CanWrite(kind)) request.kind = RequestKind::kRead;
  request.bytes =
      IsFile(kind) ? random_.Of(kCounts) : random_.Of(kStreamCounts);
  if (kind == ObjectKind::kPipeOut && random_.OneIn(12)) {
    request.bytes = kHugeCount;
  }
  if (IsFile(kind)) request.offset = random_.Of(kOffsets);
  if (random_.OneIn(4)) request.priority = random_.Below(3);
  if (!for_list_that_waits || random_.OneIn(2)) request.notice = NewNotice();
  request.spoilt = options_.contract == Contract::kProject && random_.OneIn(8);
  return request;
}

void Generator::AddSubmission() {
  Step step;
  step.call = random_.OneIn(25) ? Call::kAgain : Call::kRequest;
  Request request = NewRequest(false);
  if (step.call == Call::kAgain) {
    request.block = UsedBlock();
  } else if (random_.OneIn(6)) {
    request.kind = RequestKind::kFsync;
    request.offset = request.bytes = request.priority = 0;
  }
  if (step.call == Call::kRequest && random_.OneIn(15)) {
    request.flaw = NewFlaw(request, false);
    if (request.flaw == Flaw::kDirection) {
      request.kind = request.kind == RequestKind::kRead ? RequestKind::kWrite
                                                        : RequestKind::kRead;
    }
  }
  step.requests = {request};
  Add(step);
}

void Generator::AddList() {
  Step step;
  step.call = Call::kList;
  const int mode = random_.Below(20);
  step.mode = mode == 0  ? ListMode::kBad
              : mode < 8 ? ListMode::kWait
                         : ListMode::kNoWait;
  step.notice = NewNotice();
  const std::vector<bool> used = used_;
  const int count = random_.Below(kMaxEntries);
  for (int i = 0; i < count; ++i) {
    Request request = NewRequest(step.mode == ListMode::kWait);
    if (random_.OneIn(8)) {
      request = {};
      request.kind = RequestKind::kNull;
    } else if (random_.OneIn(10)) {
      request.kind = RequestKind::kNop;
    } else if (random_.OneIn(20)) {
      request.flaw = NewFlaw(request, true);
      if (request.flaw == Flaw::kDirection) request.flaw = Flaw::kNone;
    }
    const auto block = static_cast<size_t>(request.block);
    if (request.kind != RequestKind::kNull && used_[block]) continue;
    if (request.kind != RequestKind::kNull) used_[block] = true;
    step.requests.push_back(request);
  }
  used_ = used;
  const size_t before = program_.steps.size();
  Add(step);
  if (program_.steps.size() == before || step.mode != ListMode::kWait) return;
  for (const Request& request : step.requests) {
    used_[static_cast<size_t>(request.block)] = false;
  }
}

void Generator::AddWait() {
  Step step;
  if (random_.OneIn(2)) {
    step.call = Call::kAwait;
    step.blocks = {UsedBlock()};
    used_[static_cast<size_t>(step.blocks[0])] = false;
    Add(step);
    return;
  }
  step.call = Call::kSuspend;
  const int count = random_.OneIn(15) ? 0 : 1 + random_.Below(4);
  for (int i = 0; i < count; ++i) {
    step.blocks.push_back(random_.OneIn(6) ? kNoBlock : UsedBlock());
  }
  const int timeout = random_.Below(20);
  step.timeout = timeout == 0   ? Timeout::kBad
                 : timeout < 6  ? Timeout::kZero
                 : timeout < 10 ? Timeout::kShort
                                : Timeout::kNone;
  Add(step);
}

void Generator::AddPeerStep() {
  Step step;
  step.object = AnyObject();
  const ObjectKind kind = KindOf(step.object);
  if (IsFile(kind)) return;
  const int what = random_.Below(8);
  step.call = what == 0                    ? Call::kHangUp
              : what < 4 && CanWrite(kind) ? Call::kReceive
                                           : Call::kSend;
  if (!CanRead(kind) && step.call == Call::kSend) step.call = Call::kReceive;
  if (step.call != Call::kHangUp) step.bytes = random_.Of(kPeerCounts);
  if (step.call == Call::kReceive && random_.OneIn(6)) step.bytes = kHugeCount;
  Add(step);
}

}  // namespace

std::string FeatureOf(const Request& request, ObjectKind kind) {
  return absl::StrCat(NameOf(request.kind), " of ", NameOf(kind));
}

std::string FeatureOf(const Step& step) {
  if (step.call != Call::kList) return std::string(NameOf(step.call));
  return step.mode == ListMode::kWait ? "list-wait" : "list-nowait";
}

std::string FeatureOf(Notice notice) {
  return absl::StrCat("notice by ", NameOf(notice));
}

Features AllFeatures() {
  Features features = {FeatureOf(Notice::kSignal), FeatureOf(Notice::kThread)};
  for (const RequestKind request :
       {RequestKind::kRead, RequestKind::kWrite, RequestKind::kFsync}) {
    for (const ObjectKind object :
         {ObjectKind::kFile, ObjectKind::kAppend, ObjectKind::kPipeIn,
          ObjectKind::kPipeOut, ObjectKind::kSocket}) {
      if (request == RequestKind::kRead && !CanRead(object)) continue;
      if (request == RequestKind::kWrite && !CanWrite(object)) continue;
      Request made;
      made.kind = request;
      features.insert(FeatureOf(made, object));
    }
  }
  for (const Call call :
       {Call::kAgain, Call::kCancel, Call::kCancelAll, Call::kSuspend,
        Call::kError, Call::kReturn, Call::kFresh}) {
    Step step;
    step.call = call;
    features.insert(FeatureOf(step));
  }
  for (const ListMode mode : {ListMode::kWait, ListMode::kNoWait}) {
    Step step;
    step.call = Call::kList;
    step.mode = mode;
    features.insert(FeatureOf(step));
  }
  return features;
}

uint64_t NextSeed(uint64_t seed) { return seed + 0x9E3779B97F4A7C15u; }

Program Generate(uint64_t seed, const GeneratorOptions& options) {
  return Generator(seed, options).Make();
}

}  // namespace aioemul::tools::diff
