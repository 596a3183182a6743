// What a run is made of.

#ifndef AIOEMUL_TESTS_STRESS_MIX_H_
#define AIOEMUL_TESTS_STRESS_MIX_H_

namespace aioemul::stress {

// How often something fails or happens, in a thousand times.
struct FaultRates {
  // --- Of the platform's calls.  With the public interface only some can be
  // had: errors of requests that ask for too much, whatever the number; limits
  // on threads and signals, lowered in so many of a program's steps.
  int error = 0;         // transfers: EIO, ENOSPC
  int cut = 0;           // transfers: fewer bytes than asked for
  int interruption = 0;  // transfers: EINTR
  int delay = 0;         // transfers: the thread gives way for a while
  int miss = 0;          // reads from the cache: not all of it is there
  int sync_error = 0;    // EIO
  int memory = 0;
  int thread = 0;   // workers, the poller, notification threads
  int signals = 0;  // the limit on pending signals

  // --- Of a program's steps, with the public interface.
  int fork = 0;
  int close = 0;  // of a descriptor in use
};

struct Mix {
  int threads = 4;
  int operations = 5000;  // requests of each thread

  // Through aio/aio.h, with the process's engine and the system as it is;
  // otherwise an engine of the run's own, over a platform that fails.
  bool public_interface = false;

  // --- The engine's options.
  int workers = 8;
  int idle_time = 0;
  int max_requests = 1024;
  bool reconfigure = false;  // change workers and idle time at random

  // --- What the programs do.
  int shared_files = 0;  // by all threads
  int append_files = 0;  // by each thread
  int channels = 0;      // by each thread, and one to the next thread
  int devices = 0;       // by each thread: a counter, and /dev/zero
  int reopened = 0;      // by each thread: what may be closed while in use
  bool lists = false;
  bool syncs = false;
  bool cancels = false;
  bool handlers = false;   // threads interrupt each other with signals
  bool full_disk = false;  // the file system may be full

  FaultRates faults;

  // Whether an engine of this mix may refuse for want of resources.
  bool IsScarce() const {
    return faults.memory > 0 || faults.thread > 0 || max_requests < 1024;
  }
  // Whether every wait for a file ends.  Without a poller, or the memory for
  // it, a stream may hold the only worker until its other end is used.
  bool WaitsEnd() const {
    return channels + devices + reopened == 0 ||
           (faults.memory == 0 && faults.thread == 0);
  }
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_MIX_H_
