// A forked child that belongs to a user of its own, because the system counts
// pending signals and threads by user: so its limits are reached when the test
// says, whatever else the machine does.

#ifndef AIOEMUL_TESTS_NOTIFICATIONS_OWN_PROCESS_H_
#define AIOEMUL_TESTS_NOTIFICATIONS_OWN_PROCESS_H_

#include <sys/resource.h>

#include <functional>

namespace aioemul::testing {

// Runs `body` in such a child; what fails there fails here.  The calling
// process must have one thread.  Who may not change users stays the same one.
void InOwnProcess(const std::function<void()>& body);

// Sets the soft limit of the calling process.
void SetLimit(decltype(RLIMIT_NPROC) resource, rlim_t limit);

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_NOTIFICATIONS_OWN_PROCESS_H_
