// Stacks of the library's threads (contract H5): they leave room for the
// program's thread-local data, and are small where memory is locked.

#include <semaphore.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstddef>

#include "emul/platform/platform.h"
#include "emul/platform/threads.h"
#include "tests/process/own_process.h"
#include "tests/process/uses.h"
#include "tests/streams/descriptors.h"

namespace aioemul::testing {
namespace {

// Just less than the stack of a worker, from which the C library takes it.
constexpr size_t kThreadData = 254'000;
thread_local char thread_data[kThreadData];

using WorkerStackDeathTest = OwnProcessDeathTest;

TEST_F(WorkerStackDeathTest, LeavesRoomForThreadLocalData) {
  thread_data[0] = 1;
  InOwnProcess([] {
    UseFile();
    UseChannel(MakePipe());
    EXPECT_EQ(thread_data[kThreadData - 1], 0);
  });
}

TEST_F(WorkerStackDeathTest, IsSmallWhereLockedMemoryIsShort) {
  InOwnProcess([] {
    // The limit does not bind root.
    ASSERT_TRUE(geteuid() != 0 || setuid(2'000'000'001) == 0);
    ASSERT_EQ(mlockall(MCL_FUTURE), 0);
    // A stack of the usual size does not fit, with what this program has of
    // thread-local data, but a small one does.
    constexpr rlim_t kRoom = kThreadData + 200'000;
    const rlimit limit = {kRoom, kRoom};
    ASSERT_EQ(setrlimit(RLIMIT_MEMLOCK, &limit), 0);
    static sem_t started;
    sem_init(&started, /*pshared=*/0, 0);
    const ThreadStart start = {[](void* /*argument*/) { sem_post(&started); },
                               nullptr};
    ASSERT_EQ(threads::StartWorker(start), 0);
    while (sem_wait(&started) != 0) {
    }
  });
}

}  // namespace
}  // namespace aioemul::testing
