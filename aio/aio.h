// aioemul: POSIX asynchronous I/O in user space, on threads.
//
// The functions below are the asynchronous input and output of POSIX.1-2024
// (<aio.h>), and glibc's aio_init, under names of their own, so that they can
// live in one program beside the C library's; and aioemul_close, which is ours.
// They take the system's `struct aiocb`.  The shared library libaioemul.so
// exports them under the POSIX names as well (aio_read, aio_read64, lio_listio,
// close, ...), for programs that know nothing of aioemul.
//
// Terms: a *request* is one asynchronous operation.  It is *outstanding* from
// the call that submits it until its result is visible through aioemul_error;
// it has *started* once a thread has begun a transfer that cannot be called
// off; a request that waits for the other side of a pipe or socket has not
// started.  A *file* is a regular file, a directory or a block device.
//
// A control block passed to one of the submitting functions belongs to the
// library until the request is complete: until then the caller must keep it
// and its buffer alive and must not change them.  The public members are read
// once, during the submitting call.  Once aioemul_error reports anything but
// EINPROGRESS the library does not touch the control block again, but in calls
// that name it, so it may be reused or freed at once, with or without a call of
// aioemul_return.
//
// Thread safety: every function may be called from any thread at any time.
// Signal safety: aioemul_error, aioemul_return and aioemul_suspend are
// async-signal-safe and may be called from a handler that interrupts any
// function of this library.  The others must not be called from a handler
// that may have interrupted one of them.  aioemul_close is async-signal-safe,
// too.  A handler that waits may wait for a thread to be started: it must not
// have interrupted the creation of one, nor an allocation where all threads
// share one lock for that.
//
// Fork: the child has no outstanding requests and may use the library at once;
// control blocks in progress read ECANCELED in it.
//
// Functions return -1 and set errno on error unless stated otherwise.  No
// function returns ENOSYS.

#ifndef AIOEMUL_AIO_AIO_H_
#define AIOEMUL_AIO_AIO_H_

#include <aio.h>
#include <sys/types.h>
#include <time.h>

struct aioinit;  // glibc's; complete under _GNU_SOURCE.

#ifdef __cplusplus
extern "C" {
#endif

// Submits a read of aio_nbytes bytes from aio_fildes into aio_buf.  On a file
// the transfer is that of pread at aio_offset; on anything else, a character
// device that takes an offset included, it is that of read, and aio_offset is
// ignored.  aio_lio_opcode is ignored.  aio_reqprio lowers the request's
// priority by 0 to AIO_PRIO_DELTA_MAX below the caller's real-time priority;
// requests of equal priority start in call order.
//
// Returns 0 when the request has been accepted.  When it returns -1 nothing
// was queued and no notification will be sent; except for EBUSY, aioemul_error
// then reports the same errno for the control block.
//   EAGAIN     the limit on outstanding requests is reached, or memory or a
//              first thread could not be had
//   EBADF      aio_fildes is not a descriptor open for reading
//   EBUSY      the control block is in use by a request in progress
//   EINVAL     control_block is null; aio_reqprio is out of range; aio_offset
//              is negative on a file; aio_nbytes exceeds SSIZE_MAX;
//              aio_sigevent asks for an unknown kind of notification, a
//              signal number out of range, or a null function
//   EOVERFLOW  the file is a regular file, aio_nbytes is above 0, and
//              aio_offset is before the end of the file and at or beyond the
//              offset maximum
// Errors of the transfer itself are those of pread and read and are reported
// by aioemul_error; a transfer interrupted by a signal is resumed, so EINTR is
// never among them.
// POSIX.1-2024 aio_read.
int aioemul_read(struct aiocb* control_block);

// Submits a write of aio_nbytes bytes from aio_buf to aio_fildes, as pwrite at
// aio_offset on a file and as write elsewhere.  On a descriptor with O_APPEND,
// and on what is no file, writes take effect in call order whatever their
// priorities.  Otherwise as aioemul_read, and
//   EBADF      aio_fildes is not a descriptor open for writing
//   EFBIG      the file is a regular file, aio_nbytes is above 0, and
//              aio_offset is at or beyond the offset maximum
// POSIX.1-2024 aio_write.
int aioemul_write(struct aiocb* control_block);

// Submits a synchronization of the file behind aio_fildes: fsync when
// `operation` is O_SYNC, fdatasync when it is O_DSYNC.  It is carried out after
// every request accepted earlier on the same descriptor has completed,
// whatever their priorities, and does not wait for later ones.  The failure of
// an earlier write is reported by that write alone.  Of the control block only
// aio_fildes and aio_sigevent are used.
//   EAGAIN, EBUSY  as aioemul_read
//   EBADF      aio_fildes is not a valid descriptor; it need not be open for
//              writing
//   EINVAL     operation is neither O_SYNC nor O_DSYNC; control_block is null;
//              aio_sigevent as for aioemul_read
// POSIX.1-2024 aio_fsync.
int aioemul_fsync(int operation, struct aiocb* control_block);

// Returns the error status of a request: EINPROGRESS, then 0 on success,
// ECANCELED when it was cancelled, or the errno of the failed transfer.  Does
// not set errno.  The status stays, after aioemul_return too, until the control
// block is submitted again.  Returns EINVAL for a control block that was never
// submitted or has been zeroed, and for a copy of one in progress.  A completed
// one may be moved: the copy answers in its place.  One or two atomic loads;
// async-signal-safe.
// POSIX.1-2024 aio_error.
int aioemul_error(const struct aiocb* control_block);

// Retrieves the result of a completed request: what the system call returned,
// or -1 with errno set to what aioemul_error reported.  A result can be
// retrieved once, from each copy of a completed control block.
// Async-signal-safe.  The call itself fails with
//   EINVAL       there is no result to retrieve, or it was retrieved before
//   EINPROGRESS  the request is not complete
// POSIX.1-2024 aio_return.
ssize_t aioemul_return(struct aiocb* control_block);

// Waits until at least one of the `nent` control blocks in `list` is not in
// progress; returns 0 at once when one already is not.  Null entries are
// ignored.  `timeout` is relative and measured on CLOCK_MONOTONIC; null waits
// without limit, zero polls.  A cancellation point.  Async-signal-safe.
//   EAGAIN  the time has passed and all are in progress
//   EINTR   a signal was caught, with or without SA_RESTART
//   EINVAL  nent is negative; list is null and nent is not 0; timeout is not
//           a valid time; there is nothing in the list to wait for and no
//           timeout to end the wait
// POSIX.1-2024 aio_suspend.
int aioemul_suspend(const struct aiocb* const list[], int nent,
                    const struct timespec* timeout);

// Tries to cancel the request of `control_block`, or with a null
// control_block every outstanding request on `fildes`.  A cancelled request
// completes with the status ECANCELED, the result -1 and its notification.
// Returns
//   AIO_CANCELED     all the named requests were cancelled
//   AIO_NOTCANCELED  at least one had started and goes on, or had moved some
//                    bytes and is complete with these; aioemul_error tells
//                    which
//   AIO_ALLDONE      all were complete already, or none was outstanding
//   -1 with EBADF    fildes is not a valid descriptor
//   -1 with EINVAL   control_block is for another descriptor
// POSIX.1-2024 aio_cancel.
int aioemul_cancel(int fildes, struct aiocb* control_block);

// Submits the `nent` requests of `list`, each according to its aio_lio_opcode
// (LIO_READ, LIO_WRITE; LIO_NOP and null entries are passed over).
//
// With LIO_WAIT the call returns when all of them are complete; `event` is
// ignored.  With LIO_NOWAIT it returns once they are queued, and `event`, if
// not null, is notified once after all accepted requests of the list are
// complete, at once if there are none.  Each request's own aio_sigevent is
// honoured too, before the list's.
//   EAGAIN  LIO_NOWAIT: at least one entry could not be queued for want of
//           resources; the others run.  If there are none, `event` may not be
//           notified
//   EINTR   LIO_WAIT: a signal was caught; the requests go on
//   EINVAL  mode is unknown; nent is negative or above the limit on
//           outstanding requests; list is null and nent is not 0; `event` is
//           invalid; nothing was submitted
//   EIO     LIO_WAIT: at least one request failed or was refused.
//           LIO_NOWAIT: at least one entry was refused as invalid; the others
//           run.  aioemul_error tells of each.
// POSIX.1-2024 lio_listio.
int aioemul_listio(int mode, struct aiocb* const list[], int nent,
                   struct sigevent* event);

// Closes `fildes` as close does, and sees to the requests that are outstanding
// on it: those that have not started are cancelled, with their notifications;
// those that run complete on what it was, and the call waits for them if that
// is a file.  No queued request reaches another file that takes over the
// number, whatever other threads submit meanwhile.  Costs some nanoseconds more
// than close when nothing is outstanding.
//
// libaioemul.so sees to that in close, dup2, dup3, close_range, closefrom,
// fclose, freopen, pclose and closedir themselves.  A program that uses this
// header without it closes by this call what may have requests outstanding,
// before dup2 onto the number too.
//
// Returns and errors are those of close.  A cancellation point.
// Async-signal-safe; a handler must return from it, and not jump out.
int aioemul_close(int fildes);

// Tunes the library, at any time, also while requests are outstanding.
//   aio_threads    the most worker threads; the pool grows to it on demand and
//                  shrinks to it as workers finish what they do.  Besides
//                  these, the most threads for transfers that can only block
//   aio_num        the number of requests to set memory aside for now
//   aio_idle_time  seconds after which an idle worker exits; 0 leaves it as it
//                  is
// Values out of range are clamped; the other members are ignored.  A setting
// made in the environment (AIOEMUL_THREADS, AIOEMUL_NUM, AIOEMUL_IDLE_TIME)
// takes precedence over this call.  A null pointer is ignored.
// glibc's aio_init.
void aioemul_init(const struct aioinit* init);

#ifdef __cplusplus
}  // extern "C"
#endif

#endif  // AIOEMUL_AIO_AIO_H_
