#include "tools/aioemul/diff/c_prelude.h"

namespace aioemul::tools::diff {

const char kCHeaders[] = R"c(#define _GNU_SOURCE
#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
)c";

const char kCFunctions[] = R"c(
enum { FILE_OBJECT, APPEND_FILE, PIPE_IN, PIPE_OUT, SOCKET };
enum { QUIET, BY_SIGNAL, BY_THREAD };
enum { LIMIT_SECONDS = 20, NO_RESULT = -1000, PEER = 1000000, ANY = 64 };

static struct aiocb block[BLOCKS + 1];
static int own[OBJECTS], peer[OBJECTS];
static long sent[OBJECTS];
static unsigned char *received[OBJECTS];
static long received_bytes[OBJECTS];
static unsigned char *buffer[REQUESTS + 1];
static long result[REQUESTS + 1];
static struct aiocb *block_of[REQUESTS + 1];
static atomic_int notices[REQUESTS + ANY];
static const char *doing = "";

static void Fail(const char *what, long got) {
  printf("FAULT: %s: %ld\n", what, got);
  fflush(stdout);
  _exit(1);
}

static void TooLong(int signal_number) {
  (void)signal_number;
  static const char text[] = "FAULT: nothing came any more: ";
  ssize_t done = write(1, text, sizeof(text) - 1);
  done = write(1, doing, strlen(doing));
  done = write(1, "\n", 1);
  _exit(done == 1 ? 1 : 3);
}

/* Fails unless `got` is from low to high or one of the legal ones. */
static void Check(const char *what, long got, long low, long high, int count,
                  const long *legal) {
  if (low <= got && got <= high) return;
  for (int i = 0; i < count; ++i) {
    if (legal[i] == got) return;
  }
  Fail(what, got);
}

/* The bytes that a source writes, by their position. */
static unsigned char ByteOf(long source, long position) {
  if (source == 3000000) return 0;
  unsigned mixed = ((unsigned)source * 40503u + (unsigned)position + 1) *
                   2654435761u;
  return (unsigned char)(1 + (mixed >> 16) % 255);
}

/* Its request must be done by then. */
static void Count(int index) {
  if (index < REQUESTS && aio_error(block_of[index]) == EINPROGRESS) {
    Fail("notified before it is done", index);
  }
  ++notices[index];
}

static void Notified(union sigval value) { Count(value.sival_int); }

/* Some implementations unblock signals in threads of their own. */
static void Caught(int number, siginfo_t *info, void *context) {
  (void)number;
  (void)context;
  int value = info->si_value.sival_int;
  if (value >= 0 && value < REQUESTS + ANY) ++notices[value];
}

static struct sigevent EventFor(int notice, int index) {
  struct sigevent event;
  memset(&event, 0, sizeof(event));
  event.sigev_notify = SIGEV_NONE;
  event.sigev_value.sival_int = index;
  if (notice == BY_SIGNAL) {
    event.sigev_notify = SIGEV_SIGNAL;
    event.sigev_signo = SIGRTMIN + 1;
  } else if (notice == BY_THREAD) {
    event.sigev_notify = SIGEV_THREAD;
    event.sigev_notify_function = Notified;
  }
  return event;
}

static void Open(int object, int kind, long size) {
  int ends[2] = {-1, -1};
  if (kind == FILE_OBJECT || kind == APPEND_FILE) {
    char path[] = "/tmp/repro_XXXXXX";
    ends[0] = mkstemp(path);
    unlink(path);
    for (long i = 0; i < size; ++i) {
      unsigned char byte = ByteOf(2000000 + object, i);
      if (pwrite(ends[0], &byte, 1, i) != 1) exit(2);
    }
    if (kind == APPEND_FILE) fcntl(ends[0], F_SETFL, O_RDWR | O_APPEND);
  } else {
    if (kind == SOCKET ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends)
                       : pipe(ends)) {
      exit(2);
    }
    if (kind == PIPE_OUT) {
      int end = ends[0];
      ends[0] = ends[1];
      ends[1] = end;
    }
    fcntl(ends[1], F_SETFL, fcntl(ends[1], F_GETFL) | O_NONBLOCK);
  }
  own[object] = ends[0];
  peer[object] = ends[1];
  sent[object] = received_bytes[object] = 0;
  received[object] = NULL;
}

/* The control block of request number `index`, whose bytes are `source`'s. */
static struct aiocb *Prepare(int index, int source, int b, int object,
                             int opcode, long bytes, long offset, int priority,
                             int notice) {
  buffer[index] = malloc((size_t)bytes + 1048576);
  for (long i = 0; i < bytes; ++i) {
    buffer[index][i] = opcode == LIO_WRITE ? ByteOf(source, i) : 0xEE;
  }
  result[index] = NO_RESULT;
  block_of[index] = &block[b];
  block[b].aio_fildes = own[object];
  block[b].aio_lio_opcode = opcode;
  block[b].aio_buf = buffer[index];
  block[b].aio_nbytes = (size_t)bytes;
  block[b].aio_offset = offset;
  block[b].aio_reqprio = priority;
  block[b].aio_sigevent = EventFor(notice, index);
  return &block[b];
}

static void Spoil(int b) {
  block[b].aio_buf = NULL;
  block[b].aio_nbytes = 0;
  block[b].aio_offset = 12345;
  block[b].aio_reqprio = 0;
  block[b].aio_lio_opcode = LIO_NOP;
  memset(&block[b].aio_sigevent, 0, sizeof(block[b].aio_sigevent));
}

static void Pause(void) {
  struct timespec moment = {0, 200000};
  nanosleep(&moment, NULL);
}

static long Await(int b) {
  int status;
  while ((status = aio_error(&block[b])) == EINPROGRESS) Pause();
  return status;
}

static void Send(int object, long bytes) {
  unsigned char *text = malloc((size_t)bytes);
  for (long i = 0; i < bytes; ++i) {
    text[i] = ByteOf(PEER + object, sent[object] + i);
  }
  ssize_t count = write(peer[object], text, (size_t)bytes);
  if (count > 0) sent[object] += count;
  free(text);
}

static void Receive(int object, long bytes) {
  while (bytes > 0 && peer[object] >= 0) {
    unsigned char part[4096];
    ssize_t count = read(peer[object], part,
                         bytes < 4096 ? (size_t)bytes : sizeof(part));
    if (count <= 0) return;
    received[object] = realloc(
        received[object], (size_t)(received_bytes[object] + count));
    memcpy(received[object] + received_bytes[object], part, (size_t)count);
    received_bytes[object] += count;
    bytes -= count;
  }
}

static void HangUp(int object) {
  close(peer[object]);
  peer[object] = -1;
}

/* Lets everything complete: no more is sent, and all is received. */
static void Finish(const int *kinds, const int *used, int count) {
  for (int i = 0; i < OBJECTS; ++i) {
    if (peer[i] < 0) continue;
    if (kinds[i] == SOCKET) shutdown(peer[i], SHUT_WR);
    if (kinds[i] == PIPE_IN) HangUp(i);
  }
  for (int busy = 1; busy;) {
    busy = 0;
    for (int i = 0; i < count; ++i) {
      if (aio_error(&block[used[i]]) == EINPROGRESS) busy = 1;
    }
    for (int i = 0; i < OBJECTS; ++i) {
      if (peer[i] >= 0 && (kinds[i] == SOCKET || kinds[i] == PIPE_OUT)) {
        Receive(i, 1 << 24);
      }
    }
    if (busy) Pause();
  }
}

static void TakeSignals(const struct timespec *limit) {
  siginfo_t info;
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  while (sigtimedwait(&set, &info, limit) > 0) {
    int value = info.si_value.sival_int;
    if (value < 0 || value >= REQUESTS + ANY) Fail("a signal's value", value);
    if (info.si_code != SI_ASYNCIO) Fail("a signal's si_code", info.si_code);
    Count(value);
  }
}

/* A notification comes once; when it does not, this takes too long. */
static void CheckNotices(int index, int wanted) {
  struct timespec moment = {0, 1000000};
  doing = "waiting for a notification";
  do {
    TakeSignals(&moment);
  } while (notices[index] < wanted);
  if (notices[index] != wanted) Fail("notifications", notices[index]);
}

static int IsOneOf(unsigned char byte, long position, const long *sources,
                   int count) {
  for (int i = 0; i < count; i += 2) {
    if (ByteOf(sources[i], position - sources[i + 1]) == byte) return 1;
  }
  return 0;
}

/* Sources come in pairs, each with its shift. */
static void CheckFile(int object, long begin, long end, const long *sources,
                      int count) {
  for (long p = begin; p < end; ++p) {
    unsigned char byte = 0;
    if (pread(own[object], &byte, 1, p) != 1 ||
        !IsOneOf(byte, p, sources, count)) {
      Fail("the file holds a wrong byte at", p);
    }
  }
}

static void CheckRead(int index, long offset, long begin, long end,
                      const long *sources, int count) {
  for (long p = begin; p < end && p - offset < result[index]; ++p) {
    if (!IsOneOf(buffer[index][p - offset], p, sources, count)) {
      Fail("a read got a wrong byte at", p);
    }
  }
}

/* The reads, in call order, are what was sent. */
static void CheckSent(int object, const int *reads, int count) {
  long position = 0;
  for (int i = 0; i < count; ++i) {
    for (long j = 0; j < result[reads[i]]; ++j, ++position) {
      if (buffer[reads[i]][j] != ByteOf(PEER + object, position)) {
        Fail("the bytes read differ at", position);
      }
    }
  }
  unsigned char byte;
  fcntl(own[object], F_SETFL, fcntl(own[object], F_GETFL) | O_NONBLOCK);
  for (; read(own[object], &byte, 1) == 1; ++position) {
    if (byte != ByteOf(PEER + object, position)) {
      Fail("the bytes left differ at", position);
    }
  }
  if (position != sent[object]) Fail("bytes that arrived", position);
}

/* What was received is the writes, in call order. */
static void CheckReceived(int object, const int *writes, const int *sources,
                          int count) {
  long position = 0;
  for (int i = 0; i < count; ++i) {
    for (long j = 0; j < result[writes[i]]; ++j, ++position) {
      if (position >= received_bytes[object] ||
          received[object][position] != ByteOf(sources[i], j)) {
        Fail("the bytes received differ at", position);
      }
    }
  }
  if (position != received_bytes[object]) {
    Fail("bytes received", received_bytes[object]);
  }
}
)c";

const char kCMain[] = R"c(
int main(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  pthread_sigmask(SIG_BLOCK, &set, NULL);
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_sigaction = Caught;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGRTMIN + 1, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGALRM, TooLong);
  for (int i = 0; i < 200; ++i) {
    alarm(LIMIT_SECONDS);
    Attempt();
  }
  puts("no fault");
  return 0;
}
)c";

}  // namespace aioemul::tools::diff
