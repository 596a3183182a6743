// Holding a file for a transfer that may take for ever: the platform's HoldFile
// and DropFile.  The contract is in platform.h; each implementation file is one
// system's way, chosen in BUILD.

#ifndef AIOEMUL_EMUL_PLATFORM_HELD_FILES_H_
#define AIOEMUL_EMUL_PLATFORM_HELD_FILES_H_

namespace aioemul::held_files {

int Hold(int fd);
void Drop(int held);

}  // namespace aioemul::held_files

#endif  // AIOEMUL_EMUL_PLATFORM_HELD_FILES_H_
