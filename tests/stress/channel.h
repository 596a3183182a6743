// A channel: a pipe, a FIFO or a pair of sockets, used in one direction; and
// its two ends as subjects.  Both ends may belong to one thread or to two.
//
// What was sent and what was received must be the same bytes, whatever was
// cancelled or cut short on the way.

#ifndef AIOEMUL_TESTS_STRESS_CHANNEL_H_
#define AIOEMUL_TESTS_STRESS_CHANNEL_H_

#include <memory>
#include <mutex>
#include <string_view>
#include <utility>

#include "tests/stress/failures.h"
#include "tests/stress/sequence.h"
#include "tests/stress/subject.h"

namespace aioemul::stress {

// Thread safety: one thread may use the functions for the writing end, and one
// those for the reading end.
class Channel {
 public:
  enum class Ends { kOfOneThread, kOfTwoThreads };

  Channel(Random random, Ends ends, Failures& failures);
  // Reads what is left in it, and compares.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int read_fd() const { return fds_[0]; }
  int write_fd() const { return fds_[1]; }
  bool keeps_records() const { return kind_ == kDatagrams; }
  // It does not wait, or not for long: some transfers end with less than was
  // asked for, or with EAGAIN.
  bool gives_up(Attempt::Kind end) const { return gives_up_[IndexOf(end)]; }

  size_t OpenSent();
  void CloseSent(size_t piece, std::string_view bytes);
  size_t OpenReceived();
  void CloseReceived(size_t piece, std::string_view bytes);

  // Transfers by plain system calls that do not block; only where no request is
  // outstanding on that end.  False when nothing could be moved.
  bool ReadPlain(size_t most);
  bool WritePlain(Random& random, size_t count);
  bool HasOutstanding(Attempt::Kind end);
  // The descriptor of that end was closed by another.  What is under way goes
  // on; where nobody reads any more, what was sent may be lost.
  void Closed(Attempt::Kind end) { fds_[IndexOf(end)] = -1; }

  // Empties it, compares, and goes on with another in its place.  Only of one
  // thread, and with nothing outstanding.
  void Replace(Random& random);
  bool is_of_one_thread() const { return ends_ == Ends::kOfOneThread; }

 private:
  enum Kind { kPipe, kFifo, kStreamSockets, kDatagrams, kKinds };

  static size_t IndexOf(Attempt::Kind end) {
    return end == Attempt::Kind::kWrite ? 1 : 0;
  }

  void Make(Random& random);
  bool Open();
  void Finish();
  void Compare();

  const Ends ends_;
  Failures& failures_;
  Kind kind_ = kPipe;
  int fds_[2] = {-1, -1};
  bool gives_up_[2] = {false, false};

  std::mutex mutex_;
  Sequence sent_;
  Sequence received_;
};

class WritingEnd : public Subject {
 public:
  WritingEnd(std::shared_ptr<Channel> channel, uint64_t key)
      : channel_(std::move(channel)), key_(key) {}

  int fd() const override { return channel_->write_fd(); }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& attempt) override { Ended(attempt, 0); }
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return true; }
  bool is_stream() const override { return true; }
  bool MayFailWith(int error) const override;
  Cut cut() const override { return Cut::kGoesOn; }
  void Closed() override { channel_->Closed(Attempt::Kind::kWrite); }
  void Idle(Random& random) override;
  void Unblock() override;

 protected:
  Channel& channel() const { return *channel_; }

 private:
  const std::shared_ptr<Channel> channel_;
  const uint64_t key_;
  uint64_t version_ = 0;
};

class ReadingEnd : public Subject {
 public:
  explicit ReadingEnd(std::shared_ptr<Channel> channel)
      : channel_(std::move(channel)) {}

  int fd() const override { return channel_->read_fd(); }
  bool Propose(Random& random, Attempt* attempt) override;
  void Refused(const Attempt& attempt) override { Ended(attempt, 0); }
  void Ended(const Attempt& attempt, size_t moved) override;
  bool in_order() const override { return true; }
  bool is_stream() const override { return true; }
  bool MayFailWith(int error) const override;
  // What is cut off a datagram is lost.
  Cut cut() const override {
    return channel_->keeps_records() ? Cut::kNotAllowed : Cut::kShortens;
  }
  void Closed() override { channel_->Closed(Attempt::Kind::kRead); }
  void Idle(Random& random) override;
  void Unblock() override;

 protected:
  Channel& channel() const { return *channel_; }

 private:
  const std::shared_ptr<Channel> channel_;
};

}  // namespace aioemul::stress

#endif  // AIOEMUL_TESTS_STRESS_CHANNEL_H_
