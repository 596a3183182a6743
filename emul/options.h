// What can be tuned, and where it comes from.
//
// The environment is read when the library is loaded: a program may change or
// clear it before its first call, and a name that is not to be tuned must not
// depend on when that is.

#ifndef AIOEMUL_EMUL_OPTIONS_H_
#define AIOEMUL_EMUL_OPTIONS_H_

#include <cstdint>

namespace aioemul {

// A setting with its limits; values outside are moved to the nearest limit.
struct Setting {
  int value;
  int least;
  int most;
  bool fixed = false;  // by the environment: programs cannot change it

  // Changes the value unless the environment has fixed it.
  void Set(int64_t wanted);
};

struct Options {
  // The most worker threads, and besides these the most threads of devices
  // (aio_threads).
  Setting threads = {64, 1, 4096};
  // Requests to set memory aside for (aio_num).
  Setting reserve = {0, 0, 65536};
  // Seconds until an idle worker exits (aio_idle_time).
  Setting idle_time = {1, 0, 1'000'000};
  // Bytes up to which a read is made by the caller when it need not wait; 0:
  // none is.
  Setting inline_bytes = {65536, 0, 1 << 30};
  // The same for a write, where "need not wait" is less sure.
  Setting inline_write_bytes = {0, 0, 1 << 30};
  // The most bytes that neighbouring requests are carried out in at a time; 0:
  // each by itself.
  Setting merge_bytes = {131072, 0, 1 << 30};
  // Microseconds for which an idle worker, or who waits, looks before it
  // sleeps, while there is traffic; 0: they sleep at once.
  Setting spin = {100, 0, 1000};
  // The limit on outstanding requests, and on the entries of a list.
  Setting max_requests = {kMostRequests, 1, kMostRequests};

  // 1: no system calls but those that a C library's asynchronous I/O makes.
  Setting classic = {0, 0, 1};

  static constexpr int kMostRequests = 1 << 20;

  // Applies, of `environment` ("name=value", and a null at the end),
  // AIOEMUL_THREADS, AIOEMUL_NUM, AIOEMUL_IDLE_TIME, AIOEMUL_INLINE,
  // AIOEMUL_INLINE_WRITES, AIOEMUL_MERGE, AIOEMUL_SPIN,
  // AIOEMUL_MAX_REQUESTS and AIOEMUL_CLASSIC, and fixes what they set.  One
  // that is not a whole number is named on stderr and ignored.
  void ApplyEnvironment(const char* const* environment);
};

// The defaults and the environment, as they were when the library was loaded,
// and still are for a constructor of the program's that runs before ours.  In a
// program that has more rights than its caller: the defaults.
const Options& OptionsAtLoad();

// As if they had been those at load.  Before the library's first call.
void SetOptionsAtLoadForTesting(const Options& options);

}  // namespace aioemul

#endif  // AIOEMUL_EMUL_OPTIONS_H_
