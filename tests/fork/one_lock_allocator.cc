// An allocator as programs preload it: one lock for all memory, which its fork
// handlers hold across a fork, and memory that is never used again.

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cstddef>

namespace {

constexpr size_t kLeastAlignment = 16;
constexpr size_t kRoom = size_t{1} << 32;  // of address space

pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
char* next = nullptr;
char* end = nullptr;

void* Get(size_t alignment, size_t size) {
  pthread_mutex_lock(&mutex);
  if (next == nullptr) {
    void* room = mmap(nullptr, kRoom, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room != MAP_FAILED) {
      next = static_cast<char*>(room);
      end = next + kRoom;
    }
  }
  // So that a fork finds it held, now and then.
  sched_yield();
  const uintptr_t least = reinterpret_cast<uintptr_t>(next) + kLeastAlignment;
  const uintptr_t aligned = (least + alignment - 1) / alignment * alignment;
  char* memory = next + (aligned - reinterpret_cast<uintptr_t>(next));
  if (next == nullptr || size > static_cast<size_t>(end - memory)) {
    pthread_mutex_unlock(&mutex);
    errno = ENOMEM;
    return nullptr;
  }
  memcpy(memory - sizeof(size), &size, sizeof(size));
  next = memory + size;
  pthread_mutex_unlock(&mutex);
  return memory;
}

void Lock() { pthread_mutex_lock(&mutex); }
void Unlock() { pthread_mutex_unlock(&mutex); }

__attribute__((constructor)) void RegisterForForks() {
  pthread_atfork(&Lock, &Unlock, &Unlock);
}

}  // namespace

extern "C" {

void* malloc(size_t size) noexcept { return Get(kLeastAlignment, size); }
void free(void* /*memory*/) noexcept {}
void* calloc(size_t count, size_t size) noexcept {
  // New memory is zeroed.
  return Get(kLeastAlignment, count * size);
}
void* realloc(void* memory, size_t size) noexcept {
  void* grown = Get(kLeastAlignment, size);
  if (memory == nullptr || grown == nullptr) return grown;
  size_t before = 0;
  memcpy(&before, static_cast<char*>(memory) - sizeof(before), sizeof(before));
  return memcpy(grown, memory, before < size ? before : size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
  return Get(alignment < kLeastAlignment ? kLeastAlignment : alignment, size);
}
void* memalign(size_t alignment, size_t size) noexcept {
  return aligned_alloc(alignment, size);
}
int posix_memalign(void** memory, size_t alignment, size_t size) noexcept {
  *memory = aligned_alloc(alignment, size);
  return *memory == nullptr ? ENOMEM : 0;
}

}  // extern "C"
