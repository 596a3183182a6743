#include "tools/aioemul/check/chance.h"

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <time.h>

#include "tools/aioemul/check/trial.h"

namespace aioemul::tools::check {
namespace {

constexpr int kRequests = 16;
// Looks at one request, a moment apart, before it is taken that it has to wait
// for what the check holds up.
constexpr int kLooks = 50;
constexpr timespec kMoment = {0, 200'000};

bool Completes(Trial& trial, const aiocb& block) {
  for (int look = 0; look < kLooks; ++look) {
    if (trial.backend().error(&block) != EINPROGRESS) return true;
    nanosleep(&kMoment, nullptr);
  }
  return false;
}

}  // namespace

void GiveChance(Trial& trial) {
  // Never freed: what does not complete here is in use after the return.
  static char byte = 'c';
  auto* const blocks = new aiocb[kRequests];
  const int fd = trial.NewFile(1, O_RDWR);
  int submitted = 0;
  do {
    blocks[submitted] = BlockFor(fd, &byte, 1, submitted);
    trial.Write(&blocks[submitted]);
  } while (Completes(trial, blocks[submitted]) && ++submitted < kRequests);
  for (int i = 0; i < submitted; ++i) trial.Return(&blocks[i]);
}

}  // namespace aioemul::tools::check
