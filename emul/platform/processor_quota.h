// How much processor time the control groups of this process leave it.

#ifndef AIOEMUL_EMUL_PLATFORM_PROCESSOR_QUOTA_H_
#define AIOEMUL_EMUL_PLATFORM_PROCESSOR_QUOTA_H_

namespace aioemul::processor_quota {

// In whole processors, at least 1; INT_MAX when there is no limit, or none can
// be found.  `root` stands before the paths of /proc and /sys: a test's
// directory, or empty.  Takes no memory.
int Processors(const char* root);

}  // namespace aioemul::processor_quota

#endif  // AIOEMUL_EMUL_PLATFORM_PROCESSOR_QUOTA_H_
