// A pool of numbered objects whose memory is never given back while the table
// lives: what a number or a stale pointer names is always an object, if
// perhaps one that serves somebody else by now, so it may be looked at from a
// signal handler and without a lock, and the object itself tells whom it
// serves.
//
// Thread safety: every function may be called from any thread.  At is
// async-signal-safe; Acquire and Release are lock-free unless Acquire must
// grow the table, which takes a lock.
//
// T is constructed once, when its chunk is allocated, and is derived from
// Slotted.

#ifndef AIOEMUL_EMUL_SLOT_TABLE_H_
#define AIOEMUL_EMUL_SLOT_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"
#include "emul/platform/platform.h"

namespace aioemul {

// What the table keeps in each object.
struct Slotted {
  uint32_t slot = 0;                   // the object's number
  std::atomic<uint32_t> next_free{0};  // plus one; 0: none
};

template <typename T>
class SlotTable {
 public:
  static constexpr uint32_t kChunkSlots = 256;
  static constexpr uint32_t kMaxChunks = 4096;
  static constexpr uint32_t kMaxSlots = kChunkSlots * kMaxChunks;

  explicit constexpr SlotTable(Platform& platform) : platform_(platform) {}
  SlotTable(const SlotTable&) = delete;
  SlotTable& operator=(const SlotTable&) = delete;

  // No object may be in use.
  ~SlotTable() {
    for (std::atomic<T*>& chunk : chunks_) {
      if (T* first = chunk.load(std::memory_order_relaxed)) {
        platform_.Free(first);
      }
    }
  }

  // An object nobody uses, as its last user left it; null when there is no
  // memory for another.
  T* Acquire() {
    for (;;) {
      // Before Pop: what another thread adds meanwhile need not be added again,
      // and what is counted here Pop has been able to find.
      const uint32_t capacity = capacity_.load(std::memory_order_acquire);
      if (T* object = Pop()) {
        // Ordered with WorkerPool's decision to let its last worker go.
        in_use_.fetch_add(1, std::memory_order_seq_cst);
        return object;
      }
      if (!Grow(capacity + 1)) return nullptr;
    }
  }

  void Release(T* object) {
    Push(object, object);
    in_use_.fetch_sub(1, std::memory_order_seq_cst);
  }

  // The object of a number that may be garbage; null when there is none.
  T* At(uint64_t slot) const {
    if (slot >= kMaxSlots) return nullptr;
    T* chunk = chunks_[slot / kChunkSlots].load(std::memory_order_acquire);
    return chunk == nullptr ? nullptr : chunk + slot % kChunkSlots;
  }

  // Sets memory aside until the table holds `slots` objects, or memory ends.
  void Reserve(uint32_t slots) {
    while (capacity_.load(std::memory_order_relaxed) < slots) {
      if (!Grow(slots)) return;
    }
  }

  uint32_t in_use() const { return in_use_.load(std::memory_order_seq_cst); }

 private:
  // The object of a number that was handed out.
  T* Existing(uint32_t slot) const {
    return chunks_[slot / kChunkSlots].load(std::memory_order_acquire) +
           slot % kChunkSlots;
  }

  // The head of the free list: a slot number plus one (0: empty) and a count
  // of changes, so that a thread that was away while the head left and came
  // back notices it.
  static constexpr int kTagShift = 32;
  static uint64_t Head(uint64_t previous, uint32_t slot_plus_one) {
    return (((previous >> kTagShift) + 1) << kTagShift) | slot_plus_one;
  }

  T* Pop() {
    uint64_t head = free_.load(std::memory_order_acquire);
    for (;;) {
      const auto slot_plus_one = static_cast<uint32_t>(head);
      if (slot_plus_one == 0) return nullptr;
      T* object = Existing(slot_plus_one - 1);
      const uint32_t next = object->next_free.load(std::memory_order_relaxed);
      if (free_.compare_exchange_weak(head, Head(head, next),
                                      std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return object;
      }
    }
  }

  // Frees the chain from `first` to `last`.
  void Push(T* first, T* last) {
    uint64_t head = free_.load(std::memory_order_relaxed);
    do {
      last->next_free.store(static_cast<uint32_t>(head),
                            std::memory_order_relaxed);
    } while (!free_.compare_exchange_weak(head, Head(head, first->slot + 1),
                                          std::memory_order_release,
                                          std::memory_order_relaxed));
  }

  // Adds a chunk unless the table holds `wanted` already; false without memory.
  bool Grow(uint32_t wanted) {
    MutexLock lock(growing_);
    const uint32_t capacity = capacity_.load(std::memory_order_relaxed);
    if (capacity >= wanted) return true;
    if (capacity >= kMaxSlots) return false;
    void* memory = platform_.Allocate(sizeof(T) * kChunkSlots);
    if (memory == nullptr) return false;
    auto* chunk = static_cast<T*>(memory);
    for (uint32_t i = 0; i < kChunkSlots; ++i) {
      T* object = new (chunk + i) T();
      object->slot = capacity + i;
      object->next_free.store(capacity + i + 2, std::memory_order_relaxed);
    }
    chunks_[capacity / kChunkSlots].store(chunk, std::memory_order_release);
    Push(chunk, chunk + kChunkSlots - 1);
    capacity_.store(capacity + kChunkSlots, std::memory_order_release);
    return true;
  }

  Platform& platform_;
  std::atomic<uint64_t> free_{0};
  std::atomic<uint32_t> in_use_{0};
  std::array<std::atomic<T*>, kMaxChunks> chunks_ = {};

  Mutex growing_;
  std::atomic<uint32_t> capacity_{0};  // written under growing_
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_SLOT_TABLE_H_
