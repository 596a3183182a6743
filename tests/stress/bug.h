// Bugs that can be planted around the engine, each of which a run must find.

#ifndef AIOEMUL_TESTS_STRESS_BUG_H_
#define AIOEMUL_TESTS_STRESS_BUG_H_

namespace aioemul::stress {

enum class Bug {
  kNone,
  kLostCompletion,
  kLostNotification,
  kDuplicateNotification,
  kWrongByteWritten,
  kWrongByteRead,
  kReorderedAppend,
  kOvertakingSync,
  kCancelledWriteDone,
  kByteLostByCancel,
  kUnseenClose,
  kUnseenFork,
  kWrongByteAtOnce,  // in a read that the caller carries out
  kMixedUpRun,       // a request of a run gets its neighbour's count
  kPartTakenForEnd,  // what is cached of a read, for all that the file has
};

// Whether the run stands still until the stage gives up what it held back.
inline bool StopsEverything(Bug bug) {
  return bug == Bug::kLostCompletion || bug == Bug::kLostNotification;
}

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_BUG_H_
