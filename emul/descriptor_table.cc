#include "emul/descriptor_table.h"

#include <algorithm>
#include <cstdint>
#include <new>

namespace aioemul {

template <typename T, typename... Arguments>
T* DescriptorTable::GetOrMake(std::atomic<T*>& entry,
                              const Arguments&... arguments) {
  T* found = entry.load(std::memory_order_acquire);
  if (found != nullptr) return found;
  void* memory = services_.platform.Allocate(sizeof(T));
  if (memory == nullptr) return nullptr;
  T* made = new (memory) T{arguments...};
  // Ordered against who closes a number and finds no queue: see closings.h.
  if (entry.compare_exchange_strong(found, made, std::memory_order_seq_cst,
                                    std::memory_order_acquire)) {
    return made;
  }
  made->~T();
  services_.platform.Free(memory);
  return found;
}

DescriptorQueue* DescriptorTable::FindOrMake(int fd) {
  Branch* branch = GetOrMake(root_[IndexInRoot(fd)]);
  if (branch == nullptr) return nullptr;
  Leaf* leaf = GetOrMake((*branch)[IndexAt(fd, 1)]);
  if (leaf == nullptr) return nullptr;
  return GetOrMake((*leaf)[IndexAt(fd, 0)], services_);
}

DescriptorQueue* DescriptorTable::Find(int fd) const {
  if (fd < 0) return nullptr;
  const Branch* branch = root_[IndexInRoot(fd)].load(std::memory_order_seq_cst);
  if (branch == nullptr) return nullptr;
  const Leaf* leaf = (*branch)[IndexAt(fd, 1)].load(std::memory_order_seq_cst);
  if (leaf == nullptr) return nullptr;
  return (*leaf)[IndexAt(fd, 0)].load(std::memory_order_seq_cst);
}

void DescriptorTable::ForEach(
    int first, int last,
    absl::FunctionRef<void(DescriptorQueue*)> visit) const {
  constexpr int64_t kLeaf = kFanOut;
  constexpr int64_t kBranch = kLeaf * kLeaf;
  for (int64_t fd = std::max(first, 0); fd <= last;) {
    const auto number = static_cast<int>(fd);
    const Branch* branch =
        root_[IndexInRoot(number)].load(std::memory_order_seq_cst);
    if (branch == nullptr) {
      fd = (fd / kBranch + 1) * kBranch;
      continue;
    }
    const Leaf* leaf =
        (*branch)[IndexAt(number, 1)].load(std::memory_order_seq_cst);
    if (leaf == nullptr) {
      fd = (fd / kLeaf + 1) * kLeaf;
      continue;
    }
    DescriptorQueue* queue =
        (*leaf)[IndexAt(number, 0)].load(std::memory_order_seq_cst);
    if (queue != nullptr) visit(queue);
    ++fd;
  }
}

DescriptorTable::~DescriptorTable() {
  for (std::atomic<Branch*>& branch_entry : root_) {
    Branch* branch = branch_entry.load(std::memory_order_relaxed);
    if (branch == nullptr) continue;
    for (std::atomic<Leaf*>& leaf_entry : *branch) {
      Leaf* leaf = leaf_entry.load(std::memory_order_relaxed);
      if (leaf == nullptr) continue;
      for (std::atomic<DescriptorQueue*>& entry : *leaf) {
        DescriptorQueue* queue = entry.load(std::memory_order_relaxed);
        if (queue == nullptr) continue;
        queue->~DescriptorQueue();
        services_.platform.Free(queue);
      }
      services_.platform.Free(leaf);
    }
    services_.platform.Free(branch);
  }
}

}  // namespace aioemul
