// Uses of the library in a real program, through aio/aio.h and the engine
// behind it: each says what is not as the contract promises.

#ifndef AIOEMUL_TESTS_PROCESS_USES_H_
#define AIOEMUL_TESTS_PROCESS_USES_H_

#include <aio.h>
#include <signal.h>

#include <optional>
#include <string>
#include <string_view>

#include "tests/streams/descriptors.h"

namespace aioemul::testing {

// Control blocks that notify nobody; what they name must outlive the request.
aiocb ReadBlock(int fd, std::string& buffer);
aiocb WriteBlock(int fd, std::string_view text);

// A regular file without a name, which takes no directory: another user may
// not reach that of the test.
Descriptor MakeFile(std::string_view content = "");

// Waits until `block` is complete; its error status, and its result if that is
// 0, else -1.
ssize_t Await(aiocb& block, int* error);
// The same of one that must succeed.
ssize_t AwaitSuccess(aiocb& block);

// Submit one that must be accepted; else the process ends.
void Read(aiocb& block);
void Write(aiocb& block);

// A write and a read.
void UseFile();

// A read and then the write that it may have to wait for, `times` times.
void UseChannel(const Channel& channel, int times = 1);

// One worker at most from now on, so that what was submitted before a request
// on a file that is complete has been tried.
void LimitToOneWorker();

// Submits a read of what has nothing yet.  With one worker it waits for the
// poller when this returns.
void ReadAndWait(aiocb& block);

// Cancels a read that waits; then text can be read again.
void UseCancellation(const Channel& channel);

// What a completion signal brings: to the process, or to `thread`.
std::optional<siginfo_t> UseSignal(int value, pid_t thread = 0);

// A function is run on a thread.
void UseThreadNotification();

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_PROCESS_USES_H_
