// The buffers of a run, each with the plan of what the platform is to do to the
// request that uses it.
//
// The platform finds the plan by the address it is to transfer to or from.
// Plans are plain memory on purpose: the owner writes them before it submits
// and reads the bytes once the request is complete, a worker uses them in
// between, and ThreadSanitizer sees whether the engine keeps the two apart.

#ifndef AIOEMUL_TESTS_STRESS_BUFFERS_H_
#define AIOEMUL_TESTS_STRESS_BUFFERS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aioemul::stress {

inline constexpr size_t kMostBytes = 65536;

struct FaultPlan {
  char* start = nullptr;  // where the request's buffer starts
  int error = 0;          // of the first transfer, and so of the request
  size_t most = 0;        // bytes moved by one transfer; 0: any number
  int interruptions = 0;  // transfers to be interrupted before
  int yields = 0;         // before each transfer

  // --- Of reads from the cache, which change no outcome.
  int misses = 0;        // tries at once that do not move all of it
  size_t cached = 0;     // what these move
  bool evicted = false;  // the rest is not found by a second read either
  bool refused = false;  // the file has no such reads, and it is no miss
};

struct Buffer {
  FaultPlan plan;
  char bytes[kMostBytes + 64];  // with room to start unaligned
};

class Buffers {
 public:
  explicit Buffers(size_t count) : all_(count) {}
  Buffers(const Buffers&) = delete;
  Buffers& operator=(const Buffers&) = delete;

  Buffer* At(size_t index) { return &all_[index]; }

  // The plan for a transfer at `address`; null when it is in none of these.
  FaultPlan* PlanOf(const void* address) {
    const auto first = reinterpret_cast<uintptr_t>(all_.data());
    const auto offset = reinterpret_cast<uintptr_t>(address) - first;
    const size_t index = offset / sizeof(Buffer);
    return index < all_.size() ? &all_[index].plan : nullptr;
  }

 private:
  std::vector<Buffer> all_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_BUFFERS_H_
