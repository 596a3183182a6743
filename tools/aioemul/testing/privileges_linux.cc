#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tools/aioemul/testing/privileges.h"

namespace aioemul::tools {

bool ObeyFileModesAfterExec() {
  if (geteuid() != 0) return true;
  return prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0) == 0 &&
         prctl(PR_CAPBSET_DROP, CAP_DAC_READ_SEARCH, 0, 0, 0) == 0;
}

}  // namespace aioemul::tools
