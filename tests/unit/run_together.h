// Threads that do something at the same time.

#ifndef AIOEMUL_TESTS_UNIT_RUN_TOGETHER_H_
#define AIOEMUL_TESTS_UNIT_RUN_TOGETHER_H_

#include <atomic>
#include <thread>
#include <vector>

namespace aioemul {

// Calls run(0) to run(count - 1), each in a thread of its own and none before
// all threads are there; returns when all have returned.
template <typename Run>
void RunTogether(int count, const Run& run) {
  std::atomic<int> missing{count};
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&run, &missing, i] {
      --missing;
      while (missing.load() != 0) std::this_thread::yield();
      run(i);
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace aioemul

#endif  // AIOEMUL_TESTS_UNIT_RUN_TOGETHER_H_
