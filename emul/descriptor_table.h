// The queues by descriptor number: a tree of three steps of ten bits (one more
// in the first), found in constant time and without a lock, and grown where
// numbers are used.
//
// Thread safety: both functions may be called from any thread; Find is
// async-signal-safe.

#ifndef AIOEMUL_EMUL_DESCRIPTOR_TABLE_H_
#define AIOEMUL_EMUL_DESCRIPTOR_TABLE_H_

#include <array>
#include <atomic>
#include <cstddef>

#include "absl/functional/function_ref.h"
#include "emul/descriptor_queue.h"

namespace aioemul {

class DescriptorTable {
 public:
  explicit DescriptorTable(const DescriptorQueue::Services& services)
      : services_(services) {}
  ~DescriptorTable();
  DescriptorTable(const DescriptorTable&) = delete;
  DescriptorTable& operator=(const DescriptorTable&) = delete;

  // The queue of `fd`, made if need be; null without memory.
  DescriptorQueue* FindOrMake(int fd);
  // Null when the number was never used.
  DescriptorQueue* Find(int fd) const;
  // Those there are from `first` to `last`.  Async-signal-safe.
  void ForEach(int first, int last,
               absl::FunctionRef<void(DescriptorQueue*)> visit) const;

 private:
  static constexpr int kStepBits = 10;
  static constexpr size_t kFanOut = size_t{1} << kStepBits;

  template <typename T>
  using Node = std::array<std::atomic<T*>, kFanOut>;
  using Leaf = Node<DescriptorQueue>;
  using Branch = Node<Leaf>;

  // The entry of `number` in the root, and in the node that is `steps` above
  // the leaves.
  static size_t IndexInRoot(int number) {
    return static_cast<size_t>(number) >> (2 * kStepBits);
  }
  static size_t IndexAt(int number, int steps) {
    return (static_cast<size_t>(number) >> (steps * kStepBits)) % kFanOut;
  }

  // What `entry` points to, made with `make` if it is null; of threads that
  // race, the first wins.
  template <typename T, typename... Arguments>
  T* GetOrMake(std::atomic<T*>& entry, const Arguments&... arguments);

  const DescriptorQueue::Services services_;
  // Every number that an int can hold has an entry.
  std::array<std::atomic<Branch*>, 2 * kFanOut> root_ = {};
};

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_DESCRIPTOR_TABLE_H_
