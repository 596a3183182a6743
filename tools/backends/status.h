// The status of a request, in the private members of its control block.  All is
// async-signal-safe.

#ifndef AIOEMUL_TOOLS_BACKENDS_STATUS_H_
#define AIOEMUL_TOOLS_BACKENDS_STATUS_H_

#include <aio.h>
#include <sys/types.h>

namespace aioemul::backends {

bool IsInProgress(const aiocb& block);
// Makes the block one in progress.
void Begin(aiocb* block);
// Makes the status visible.  The block may be the caller's again at once.
void Publish(aiocb* block, int error, ssize_t result);

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_STATUS_H_
