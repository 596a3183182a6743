#include "emul/platform/arena.h"

#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <new>

#include "absl/base/attributes.h"
#include "absl/base/thread_annotations.h"
#include "emul/mutex.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(address, size) static_cast<void>(address)
#define ASAN_UNPOISON_MEMORY_REGION(address, size) static_cast<void>(address)
#endif

// LeakSanitizer's, where the program has it: what only the library points to
// (a control block in progress, say) is no leak.
extern "C" {
ABSL_ATTRIBUTE_WEAK void __lsan_register_root_region(const void* region,
                                                     size_t size);
ABSL_ATTRIBUTE_WEAK void __lsan_unregister_root_region(const void* region,
                                                       size_t size);
}

namespace aioemul::arena {
namespace {

constexpr size_t kCacheLine = 64;

// Small blocks are cut from chunks, and when free kept for the next of their
// class; large ones have a mapping each.
constexpr size_t kChunk = size_t{256} * 1024;
constexpr size_t kLargestSmall = kChunk / 4;

// Four classes for each power of two, so at most a fifth of a block is waste.
constexpr int kClassesPerDoubling = 4;
constexpr int kClasses = 33;

// What stands before every block, in a cache line of its own.
struct alignas(kCacheLine) Header {
  size_t size;  // of header and block; above kLargestSmall: of the mapping
  int size_class;
  Header* next;  // among the free of its class
};

constexpr size_t SizeOfClass(int size_class) {
  const int doublings = size_class / kClassesPerDoubling;
  const int step = size_class % kClassesPerDoubling;
  constexpr size_t kFirst = kClassesPerDoubling * kCacheLine;
  return (kFirst + static_cast<size_t>(step) * kCacheLine) << doublings;
}
static_assert(SizeOfClass(kClasses - 1) >= kLargestSmall);

int ClassOf(size_t size) {
  int size_class = 0;
  while (SizeOfClass(size_class) < size) ++size_class;
  return size_class;
}

void* Map(size_t size) {
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (&__lsan_register_root_region != nullptr) {
    __lsan_register_root_region(memory, size);
  }
  return memory;
}

void Unmap(void* memory, size_t size) {
  if (&__lsan_unregister_root_region != nullptr) {
    __lsan_unregister_root_region(memory, size);
  }
  ASAN_UNPOISON_MEMORY_REGION(memory, size);
  munmap(memory, size);
}

size_t RoundToPages(size_t size) {
  const auto page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

// The chunk that is being cut up, and what is free.
class Chunks {
 public:
  constexpr Chunks() = default;

  // One of the class; null without memory for a chunk.
  Header* Take(int size_class) ABSL_LOCKS_EXCLUDED(mutex_) {
    Header* header = nullptr;
    {
      MutexLock lock(mutex_);
      Header*& first = free_[static_cast<size_t>(size_class)];
      if (first == nullptr) return Cut(size_class);
      header = first;
      first = header->next;
    }
    const size_t size = header->size - sizeof(Header);
    ASAN_UNPOISON_MEMORY_REGION(header + 1, size);
    memset(header + 1, 0, size);
    return header;
  }

  void Give(Header* header) ABSL_LOCKS_EXCLUDED(mutex_) {
    ASAN_POISON_MEMORY_REGION(header + 1, header->size - sizeof(Header));
    MutexLock lock(mutex_);
    Header*& first = free_[static_cast<size_t>(header->size_class)];
    header->next = first;
    first = header;
  }

 private:
  // As the system gave it: zeroed.
  Header* Cut(int size_class) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const size_t size = SizeOfClass(size_class);
    if (left_ < size) {
      // What is left of the old chunk is given up: less than this block.
      void* chunk = Map(kChunk);
      if (chunk == nullptr) return nullptr;
      ASAN_POISON_MEMORY_REGION(chunk, kChunk);
      next_ = static_cast<char*>(chunk);
      left_ = kChunk;
    }
    char* memory = next_;
    next_ += size;
    left_ -= size;
    ASAN_UNPOISON_MEMORY_REGION(memory, size);
    return new (memory) Header{size, size_class, nullptr};
  }

  // A leaf: held around no call but mmap, and by nobody on whose thread a
  // handler can run.  A fork does not take it.
  Mutex mutex_;
  char* next_ ABSL_GUARDED_BY(mutex_) = nullptr;
  size_t left_ ABSL_GUARDED_BY(mutex_) = 0;
  std::array<Header*, kClasses> free_ ABSL_GUARDED_BY(mutex_) = {};
};

ABSL_CONST_INIT Chunks chunks;

Header* TakeLarge(size_t size) {
  const size_t mapped = RoundToPages(size);
  void* memory = mapped < size ? nullptr : Map(mapped);
  return memory == nullptr ? nullptr : new (memory) Header{mapped, -1, nullptr};
}

}  // namespace

void* Allocate(size_t size) {
  const size_t whole = size + sizeof(Header);
  if (whole < size) return nullptr;
  Header* header = nullptr;
  if (whole <= kLargestSmall) header = chunks.Take(ClassOf(whole));
  // Where a limit leaves no room for a chunk there may be some for a block.
  if (header == nullptr) header = TakeLarge(whole);
  return header == nullptr ? nullptr : header + 1;
}

void Free(void* memory) {
  if (memory == nullptr) return;
  Header* header = static_cast<Header*>(memory) - 1;
  if (header->size_class < 0) {
    Unmap(header, header->size);
  } else {
    chunks.Give(header);
  }
}

void StartAfresh() { new (&chunks) Chunks(); }

}  // namespace aioemul::arena
