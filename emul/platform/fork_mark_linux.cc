// Linux, from 4.14 on: a page with MADV_WIPEONFORK.

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "emul/platform/fork_mark.h"

namespace aioemul::fork_mark {

std::atomic<uint32_t>* New() {
  const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  void* page = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (page == MAP_FAILED) return nullptr;
  if (madvise(page, size, MADV_WIPEONFORK) != 0) {
    munmap(page, size);
    return nullptr;
  }
  return new (page) std::atomic<uint32_t>(0);
}

}  // namespace aioemul::fork_mark
