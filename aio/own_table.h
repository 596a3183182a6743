// Threads that have a table of descriptors of their own (Linux: unshare, and
// close_range that unshares): what they close is in nobody else's table, so
// nothing is cancelled for it (contract H2).
//
// Known is what the thread did through the C library.  A thread that such a
// thread starts shares its table and is taken for one of the process's.

#ifndef AIOEMUL_AIO_OWN_TABLE_H_
#define AIOEMUL_AIO_OWN_TABLE_H_

namespace aioemul::own_table {

// Whether the calling thread has one.  Async-signal-safe.
bool IsCallers();

// Whether the process has other threads, so that to unshare the table makes
// another one.  False when that cannot be found out.
bool HasOthers();

// The calling thread has unshared its table, from `others` if there were any.
void Unshared(bool others);

}  // namespace aioemul::own_table

#endif  // AIOEMUL_AIO_OWN_TABLE_H_
