// The requests of one descriptor that any worker may take: a list for each
// level and a set of the levels in use, so that putting in, taking out and
// removing from the middle take the same time at any length.
//
// Most descriptors only ever see the default level, whose list is built in;
// the lists of the others are allocated when the first of them is needed.
//
// Not thread-safe: guarded by the mutex of its DescriptorQueue.

#ifndef AIOEMUL_EMUL_PRIORITY_QUEUE_H_
#define AIOEMUL_EMUL_PRIORITY_QUEUE_H_

#include <cerrno>
#include <new>

#include "emul/level.h"
#include "emul/platform/platform.h"
#include "emul/request.h"

namespace aioemul {

class PriorityQueue {
 public:
  explicit PriorityQueue(Platform& platform) : platform_(platform) {}
  ~PriorityQueue() {
    if (others_ != nullptr) platform_.Free(others_);
  }
  PriorityQueue(const PriorityQueue&) = delete;
  PriorityQueue& operator=(const PriorityQueue&) = delete;

  // Makes sure that a request of `level` can be pushed, now and later.  0, or
  // -EAGAIN without memory.
  int Reserve(Level level) {
    if (level == kDefaultLevel || others_ != nullptr) return 0;
    void* memory = platform_.Allocate(sizeof(WaitingList) * kLevels);
    if (memory == nullptr) return -EAGAIN;
    others_ = new (memory) WaitingList[kLevels];
    return 0;
  }

  void Push(Request* request) {
    ListOf(request->level).PushBack(request);
    levels_.Insert(request->level);
    ++size_;
    if (request->WritesIntoMemory()) ++writes_into_memory_;
  }

  void Remove(Request* request) {
    WaitingList& list = ListOf(request->level);
    list.Remove(request);
    if (list.empty()) levels_.Erase(request->level);
    --size_;
    if (request->WritesIntoMemory()) --writes_into_memory_;
  }

  // The oldest request of the highest level.  Must not be empty.
  Request* Top() { return ListOf(TopLevel()).front(); }
  // The same, removed.
  Request* Pop() {
    Request* request = Top();
    Remove(request);
    return request;
  }

  bool empty() const { return size_ == 0; }
  size_t size() const { return size_; }
  size_t writes_into_memory() const { return writes_into_memory_; }
  Level TopLevel() const { return levels_.Highest(); }  // kNoLevel when empty

 private:
  WaitingList& ListOf(Level level) {
    return level == kDefaultLevel ? default_ : others_[level];
  }

  Platform& platform_;
  LevelSet levels_;
  size_t size_ = 0;
  size_t writes_into_memory_ = 0;
  WaitingList default_;
  WaitingList* others_ = nullptr;
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_PRIORITY_QUEUE_H_
