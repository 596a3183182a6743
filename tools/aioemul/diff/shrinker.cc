#include "tools/aioemul/diff/shrinker.h"

#include <stddef.h>

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "tools/aioemul/diff/program.h"

namespace aioemul::tools::diff {
namespace {

class Shrinker {
 public:
  Shrinker(const Program& program,
           const std::function<bool(const Program&)>& fails, int attempts)
      : best_(program), fails_(fails), attempts_(attempts) {}

  Program Shrink() {
    bool smaller = true;
    while (smaller && attempts_ > 0) {
      smaller = RemoveSteps();
      smaller = RemoveEntries() || smaller;
      smaller = SimplifyRequests() || smaller;
      smaller = SimplifySteps() || smaller;
      smaller = RemoveObjects() || smaller;
    }
    RemoveBlocks();
    return best_;
  }

 private:
  bool Try(const Program& candidate) {
    if (attempts_ <= 0) return false;
    --attempts_;
    if (!fails_(candidate)) return false;
    best_ = candidate;
    return true;
  }

  // Tries the program with one member changed to `value`.
  template <typename Member, typename Value>
  bool TrySetting(Member&& member, const Value& value) {
    Program candidate = best_;
    auto& changed = member(candidate);
    if (changed == value) return false;
    changed = value;
    return Try(candidate);
  }

  bool RemoveSteps();
  bool RemoveEntries();
  bool SimplifyRequests();
  bool SimplifyRequest(size_t step, size_t entry);
  bool SimplifySteps();
  bool RemoveObjects();
  void RemoveBlocks();

  Program best_;
  const std::function<bool(const Program&)>& fails_;
  int attempts_;
};

// Halves first, then ever smaller parts, from the end.
bool Shrinker::RemoveSteps() {
  bool smaller = false;
  for (size_t part = std::max<size_t>(best_.steps.size() / 2, 1); part > 0;
       part /= 2) {
    for (size_t end = best_.steps.size(); end > 0;) {
      const size_t begin = end > part ? end - part : 0;
      Program candidate = best_;
      candidate.steps.erase(
          candidate.steps.begin() + static_cast<ptrdiff_t>(begin),
          candidate.steps.begin() + static_cast<ptrdiff_t>(end));
      smaller = Try(candidate) || smaller;
      end = begin;
    }
  }
  return smaller;
}

bool Shrinker::RemoveEntries() {
  bool smaller = false;
  for (size_t step = 0; step < best_.steps.size(); ++step) {
    if (best_.steps[step].call == Call::kList) {
      for (size_t i = best_.steps[step].requests.size(); i-- > 0;) {
        Program candidate = best_;
        auto& list = candidate.steps[step].requests;
        list.erase(list.begin() + static_cast<ptrdiff_t>(i));
        smaller = Try(candidate) || smaller;
      }
    }
    if (best_.steps[step].call == Call::kSuspend) {
      for (size_t i = best_.steps[step].blocks.size(); i-- > 0;) {
        Program candidate = best_;
        auto& list = candidate.steps[step].blocks;
        list.erase(list.begin() + static_cast<ptrdiff_t>(i));
        smaller = Try(candidate) || smaller;
      }
    }
  }
  return smaller;
}

bool Shrinker::SimplifyRequest(size_t step, size_t entry) {
  const auto request = [=](Program& program) -> Request& {
    return program.steps[step].requests[entry];
  };
  bool smaller = TrySetting(
      [&](Program& p) -> Notice& { return request(p).notice; }, Notice::kNone);
  smaller =
      TrySetting([&](Program& p) -> int& { return request(p).priority; }, 0) ||
      smaller;
  smaller = TrySetting([&](Program& p) -> Flaw& { return request(p).flaw; },
                       Flaw::kNone) ||
            smaller;
  smaller =
      TrySetting([&](Program& p) -> int& { return request(p).offset; }, 0) ||
      smaller;
  for (int bytes : {0, 1, 10, 100}) {
    if (bytes >= request(best_).bytes) break;
    if (TrySetting([&](Program& p) -> int& { return request(p).bytes; },
                   bytes)) {
      return true;
    }
  }
  return smaller;
}

bool Shrinker::SimplifyRequests() {
  bool smaller = false;
  for (size_t step = 0; step < best_.steps.size(); ++step) {
    for (size_t i = 0; i < best_.steps[step].requests.size(); ++i) {
      smaller = SimplifyRequest(step, i) || smaller;
    }
  }
  return smaller;
}

bool Shrinker::SimplifySteps() {
  bool smaller = false;
  for (size_t step = 0; step < best_.steps.size(); ++step) {
    smaller =
        TrySetting([=](Program& p) -> Notice& { return p.steps[step].notice; },
                   Notice::kNone) ||
        smaller;
    // Nothing to send is nothing to do.
    for (int bytes : {1, 10, 100}) {
      if (bytes >= best_.steps[step].bytes) break;
      if (TrySetting([=](Program& p) -> int& { return p.steps[step].bytes; },
                     bytes)) {
        smaller = true;
        break;
      }
    }
  }
  for (size_t object = 0; object < best_.objects.size(); ++object) {
    smaller =
        TrySetting([=](Program& p) -> int& { return p.objects[object].size; },
                   0) ||
        smaller;
  }
  return smaller;
}

bool Shrinker::RemoveObjects() {
  bool smaller = false;
  for (size_t object = best_.objects.size(); object-- > 0;) {
    if (best_.objects.size() == 1) break;
    const int number = static_cast<int>(object);
    Program candidate = best_;
    candidate.objects.erase(candidate.objects.begin() +
                            static_cast<ptrdiff_t>(object));
    bool used = false;
    const auto renumber = [&](int* reference, bool counts) {
      used = used || (counts && *reference == number);
      if (*reference > number || (*reference == number && number > 0)) {
        --*reference;
      }
    };
    for (Step& step : candidate.steps) {
      renumber(&step.object,
               step.call == Call::kCancelAll || step.call == Call::kSend ||
                   step.call == Call::kReceive || step.call == Call::kHangUp);
      for (Request& request : step.requests) {
        renumber(&request.object, request.kind != RequestKind::kNull &&
                                      request.kind != RequestKind::kNop);
      }
    }
    if (!used) smaller = Try(candidate) || smaller;
  }
  return smaller;
}

void Shrinker::RemoveBlocks() {
  std::set<int> used;
  for (const Step& step : best_.steps) {
    for (const Request& request : step.requests) used.insert(request.block);
    used.insert(step.blocks.begin(), step.blocks.end());
  }
  used.erase(kNoBlock);
  const auto number_of = [&used](int block) {
    return static_cast<int>(std::distance(used.begin(), used.find(block)));
  };
  Program candidate = best_;
  candidate.blocks = static_cast<int>(used.size());
  for (Step& step : candidate.steps) {
    for (Request& request : step.requests) {
      request.block = number_of(request.block);
    }
    for (int& block : step.blocks) {
      if (block != kNoBlock) block = number_of(block);
    }
  }
  Try(candidate);
}

}  // namespace

Program Shrink(const Program& program,
               const std::function<bool(const Program&)>& fails, int attempts) {
  return Shrinker(program, fails, attempts).Shrink();
}

}  // namespace aioemul::tools::diff
