// The descriptors that the library opens for itself (contract K1): which
// numbers they have, and whether these still stand for them.
//
// They take high numbers, so that the program's open gets the lowest free one,
// and are closed on exec.  The drop-in's close and its like know them: a close
// of one fails with EBADF, a dup2 onto one *moves* it to another number first.
// A program that closes by a system call of its own is not seen; so the open
// files are marked (file_mark.h), and nothing is closed, or used in a way that
// could touch the program's, before the mark was looked at.
//
// Lifetime: a descriptor has a *name* from Make to Close: the number it had at
// first.  The number it has now is NumberOf the name.
//
// Thread and signal safety: every function may be called from any thread and
// from signal handlers.  IsRegistered, NumberOf, NextFrom and Guards take no
// lock.  The one lock is held around system calls that do not wait, and while
// no handler can run on the thread; a child that was forked while another
// thread had it takes it back by CloseInherited.

#ifndef AIOEMUL_EMUL_PLATFORM_OWN_DESCRIPTORS_H_
#define AIOEMUL_EMUL_PLATFORM_OWN_DESCRIPTORS_H_

#include <array>

#include "absl/functional/function_ref.h"

namespace aioemul::own_descriptors {

// --- For those who use them

// Makes a descriptor by `open`, which returns one that is closed on exec and
// whose open file is nobody else's, or -1 and errno.  Its name; or -1 and
// errno: that of `open`, or EMFILE when there are too many.
int Make(absl::FunctionRef<int()> open);

// The same for two, which `open` makes together.
bool MakePair(absl::FunctionRef<bool(std::array<int, 2>*)> open,
              std::array<int, 2>* names);

// Makes one, calls `use` with its number and closes it.  `use` must not wait.
// No fork, close or dup2 comes in between.  False and errno where Make fails,
// and EAGAIN while a fork is under way.
bool UseOnce(absl::FunctionRef<int()> open, absl::FunctionRef<void(int)> use);

// The number to use now; -1 when it is lost, or `name` is no name.  By the time
// it is used it may have moved: so what fails on it is tried again when the
// number has changed, and what must not touch another file is done by Use.
int NumberOf(int name);

// Calls `use` with the number, which is ours for that long; false when it is
// lost.  `use` must not wait.
bool Use(int name, absl::FunctionRef<void(int)> use);

// Whether its number still stands for our file.
bool IsOurs(int name);

// Ends `name`, and closes the number if it is ours.
void Close(int name);

// --- For those who close descriptors of the program

// Whether the library knows `number` for its own.  A handful of loads.
bool IsRegistered(int number);

// The lowest number not below `number` that is registered; -1: none.
int NextFrom(int number);

// Whether `number` is registered and ours.  One that is not ours any more is
// forgotten.  The child of a vfork changes nothing for its parent.
bool Guards(int number);

// Calls `replace`, which makes `number` stand for another file, as dup2 does,
// or fails with a result below 0; ours has another number by then.  Without a
// free one it is lost, as if the program had closed it behind our back.
// False, and nothing is called, if `number` is not ours.
bool MoveFrom(int number, absl::FunctionRef<int()> replace, int* result);

// --- Forks

// Between the two what UseOnce opens does not exist.  No lock is held
// meanwhile. The second may be called in the child, after CloseInherited or
// without.
void HoldForFork();
void ReleaseAfterFork();

// In a child that has one thread, whether HoldForFork was called before or not:
// closes what is ours, and forgets all names.
void CloseInherited();

}  // namespace aioemul::own_descriptors

#endif  // AIOEMUL_EMUL_PLATFORM_OWN_DESCRIPTORS_H_
