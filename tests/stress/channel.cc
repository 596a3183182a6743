#include "tests/stress/channel.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "emul/platform/platform.h"

namespace aioemul::stress {
namespace {

constexpr size_t kMostOfRecord = 4096;

void SetNonblocking(int fd) {
  fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// SO_RCVTIMEO or SO_SNDTIMEO.
void SetTimeLimit(int fd, int option) {
  constexpr timeval kLimit = {0, 1000};
  setsockopt(fd, SOL_SOCKET, option, &kLimit, sizeof(kLimit));
}

// What a FIFO's open gives, where a new pipe's descriptor was: some ways to
// transfer that a pipe has are not had by it.
bool OpenAgain(int* fd, int access) {
  const std::string path = "/proc/self/fd/" + std::to_string(*fd);
  const int again = open(path.c_str(), access | O_CLOEXEC);
  if (again < 0) return false;
  close(*fd);
  *fd = again;
  return true;
}

}  // namespace

// --- Channel

Channel::Channel(Random random, Ends ends, Failures& failures)
    : ends_(ends), failures_(failures) {
  Make(random);
}

Channel::~Channel() { Finish(); }

void Channel::Make(Random& random) {
  kind_ = static_cast<Kind>(random.Below(static_cast<int>(kKinds)));
  failures_.Check(Open(), "the system gives no pipe or socket");
  const bool is_pipe = kind_ == kPipe || kind_ == kFifo;
  for (size_t end = 0; end < 2; ++end) {
    gives_up_[end] = random.OneIn(8);
    if (!gives_up_[end]) continue;
    if (is_pipe || random.OneIn(2)) {
      SetNonblocking(fds_[end]);
    } else {
      SetTimeLimit(fds_[end], end == 0 ? SO_RCVTIMEO : SO_SNDTIMEO);
    }
  }
}

bool Channel::Open() {
  if (kind_ == kPipe || kind_ == kFifo) {
    return pipe2(fds_, O_CLOEXEC) == 0 &&
           (kind_ == kPipe ||
            (OpenAgain(&fds_[0], O_RDONLY) && OpenAgain(&fds_[1], O_WRONLY)));
  }
  const int type = kind_ == kDatagrams ? SOCK_DGRAM : SOCK_STREAM;
  return socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds_) == 0;
}

void Channel::Finish() {
  while (ReadPlain(kMostBytes)) {
  }
  const bool all_read = read_fd() >= 0;
  for (const int fd : fds_) {
    if (fd >= 0) close(fd);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  failures_.Check(sent_.IsComplete() && received_.IsComplete(),
                  "a stream was closed with requests outstanding");
  failures_.Check(!all_read || sent_.known().empty(),
                  "bytes of a stream were lost", Finding::kBytes);
  failures_.Check(received_.known().empty(),
                  "a stream gave bytes that nobody sent", Finding::kBytes);
}

void Channel::Replace(Random& random) {
  Finish();
  Make(random);
}

void Channel::Compare() {
  failures_.Check(Match(sent_, received_),
                  "a stream gave other bytes than were sent", Finding::kBytes);
}

size_t Channel::OpenSent() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return sent_.Open();
}

void Channel::CloseSent(size_t piece, std::string_view bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  sent_.Close(piece, bytes);
  Compare();
}

size_t Channel::OpenReceived() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return received_.Open();
}

void Channel::CloseReceived(size_t piece, std::string_view bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  received_.Close(piece, bytes);
  Compare();
}

bool Channel::HasOutstanding(Attempt::Kind end) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return !(end == Attempt::Kind::kWrite ? sent_ : received_).IsComplete();
}

bool Channel::ReadPlain(size_t most) {
  if (read_fd() < 0) return false;
  std::string bytes(keeps_records() ? kMostOfRecord : most, '\0');
  ssize_t moved = 0;
  do {
    moved = SystemPlatform().TryRead(read_fd(), bytes.data(), bytes.size());
    // Another thread forks.
  } while (moved == -EINTR || moved == -EBUSY);
  if (moved <= 0) return false;
  bytes.resize(static_cast<size_t>(moved));
  CloseReceived(OpenReceived(), bytes);
  return true;
}

bool Channel::WritePlain(Random& random, size_t count) {
  std::string bytes = Pattern(random.Next(), count);
  const ssize_t moved =
      SystemPlatform().TryWrite(write_fd(), bytes.data(), bytes.size());
  if (moved <= 0) return false;
  bytes.resize(static_cast<size_t>(moved));
  CloseSent(OpenSent(), bytes);
  return true;
}

// --- WritingEnd

bool WritingEnd::Propose(Random& random, Attempt* attempt) {
  const bool record = channel_->keeps_records();
  attempt->kind = Attempt::Kind::kWrite;
  attempt->count = random.Size(record ? kMostOfRecord : kMostBytes);
  attempt->expected = attempt->count;
  attempt->inexact = channel_->gives_up(Attempt::Kind::kWrite);
  attempt->offset = -1;  // ignored
  attempt->part = channel_->OpenSent();
  Fill(Key({key_, ++version_}), attempt->bytes(), attempt->count);
  return true;
}

void WritingEnd::Ended(const Attempt& attempt, size_t moved) {
  channel_->CloseSent(attempt.part, {attempt.bytes(), moved});
}

bool WritingEnd::MayFailWith(int error) const {
  return error == EAGAIN && channel_->gives_up(Attempt::Kind::kWrite);
}

void WritingEnd::Idle(Random& random) {
  if (channel_->HasOutstanding(Attempt::Kind::kWrite)) return;
  const bool replaceable = channel_->is_of_one_thread() &&
                           !channel_->HasOutstanding(Attempt::Kind::kRead);
  if (replaceable && random.OneIn(4)) {
    channel_->Replace(random);
  } else {
    channel_->WritePlain(random, random.Size(kMostOfRecord));
  }
}

void WritingEnd::Unblock() {
  if (channel_->HasOutstanding(Attempt::Kind::kRead) &&
      !channel_->HasOutstanding(Attempt::Kind::kWrite)) {
    Random random(++version_);
    channel_->WritePlain(random, 1);
  }
}

// --- ReadingEnd

bool ReadingEnd::Propose(Random& random, Attempt* attempt) {
  attempt->kind = Attempt::Kind::kRead;
  attempt->count =
      channel_->keeps_records() ? kMostOfRecord : random.Size(kMostBytes);
  attempt->expected = attempt->count;
  attempt->inexact = true;
  attempt->offset = -1;  // ignored
  attempt->part = channel_->OpenReceived();
  return true;
}

void ReadingEnd::Ended(const Attempt& attempt, size_t moved) {
  channel_->CloseReceived(attempt.part, {attempt.bytes(), moved});
}

bool ReadingEnd::MayFailWith(int error) const {
  return error == EAGAIN && channel_->gives_up(Attempt::Kind::kRead);
}

void ReadingEnd::Idle(Random& random) {
  if (channel_->HasOutstanding(Attempt::Kind::kRead)) return;
  channel_->ReadPlain(random.Size(kMostBytes));
}

void ReadingEnd::Unblock() {
  if (!channel_->HasOutstanding(Attempt::Kind::kRead)) {
    channel_->ReadPlain(kMostBytes);
  }
}

}  // namespace aioemul::stress
