// The notifications that are refused, and what becomes of the others: contract
// A4, A10, G1, G2, G3.

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <initializer_list>
#include <thread>
#include <utility>

#include "emul/validate.h"
#include "gtest/gtest.h"
#include "tests/support/fake_platform.h"
#include "tests/unit/descriptor.h"

namespace aioemul {
namespace {

using Kind = Notification::Kind;

void Function(sigval /*value*/) {}

class ValidateEventTest : public ::testing::Test {
 protected:
  int Validate() {
    notification_ = Notification();
    return ValidateEvent(event_, platform_, &notification_);
  }
  int ValidateSignal(int signal) {
    event_.sigev_notify = SIGEV_SIGNAL;
    event_.sigev_signo = signal;
    return Validate();
  }
  // SIGEV_THREAD_ID, whose member has no public name in the C library.
  int ValidateThreadId(pid_t thread, int signal) {
    event_.sigev_notify = SIGEV_THREAD_ID;
    event_.sigev_signo = signal;
    event_._sigev_un._tid = thread;
    return Validate();
  }

  testing::FakePlatform platform_;
  sigevent event_ = {};
  Notification notification_;
};

TEST_F(ValidateEventTest, ZeroedEventNotifiesNobody) {
  EXPECT_EQ(Validate(), 0);
  EXPECT_EQ(notification_.kind, Kind::kNone);
}

TEST_F(ValidateEventTest, SigevNoneNotifiesNobody) {
  event_.sigev_notify = SIGEV_NONE;
  event_.sigev_signo = -1;  // not looked at
  EXPECT_EQ(Validate(), 0);
  EXPECT_EQ(notification_.kind, Kind::kNone);
}

TEST_F(ValidateEventTest, SignalsAreAccepted) {
  for (const int signal : {1, 31, SIGUSR1, SIGRTMIN, SIGRTMAX}) {
    event_.sigev_value.sival_int = signal + 1'000;
    EXPECT_EQ(ValidateSignal(signal), 0) << signal;
    EXPECT_EQ(notification_.kind, Kind::kSignal);
    EXPECT_EQ(notification_.signal, signal);
    EXPECT_EQ(notification_.value.sival_int, signal + 1'000);
    EXPECT_EQ(notification_.thread, 0);
  }
}

// 32 and 33 are the C library's own.
TEST_F(ValidateEventTest, NumbersThatAreNoSignalAreRefused) {
  for (const int signal :
       {-1, INT_MIN, 32, 33, SIGRTMIN - 1, SIGRTMAX + 1, INT_MAX}) {
    EXPECT_EQ(ValidateSignal(signal), -EINVAL) << signal;
  }
}

TEST_F(ValidateEventTest, UnknownKindsAreRefused) {
  for (const int kind : {3, 5, 77, -1, INT_MIN, INT_MAX}) {
    event_.sigev_notify = kind;
    event_.sigev_signo = SIGUSR1;
    EXPECT_EQ(Validate(), -EINVAL) << kind;
  }
}

TEST_F(ValidateEventTest, NullFunctionIsRefused) {
  event_.sigev_notify = SIGEV_THREAD;
  EXPECT_EQ(Validate(), -EINVAL);
}

TEST_F(ValidateEventTest, FunctionIsAcceptedWithItsValueAndAttributes) {
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  event_.sigev_notify = SIGEV_THREAD;
  event_.sigev_notify_function = &Function;
  event_.sigev_notify_attributes = &attributes;
  event_.sigev_value.sival_ptr = this;
  EXPECT_EQ(Validate(), 0);
  EXPECT_EQ(notification_.kind, Kind::kThread);
  EXPECT_EQ(notification_.function, &Function);
  EXPECT_EQ(notification_.attributes, &attributes);
  EXPECT_EQ(notification_.value.sival_ptr, this);
  event_.sigev_notify_attributes = nullptr;
  EXPECT_EQ(Validate(), 0);
  EXPECT_EQ(notification_.attributes, nullptr);
  pthread_attr_destroy(&attributes);
}

TEST_F(ValidateEventTest, SignalToAThreadOfThisProcessIsAccepted) {
  EXPECT_EQ(ValidateThreadId(gettid(), SIGRTMIN), 0);
  EXPECT_EQ(notification_.kind, Kind::kSignal);
  EXPECT_EQ(notification_.signal, SIGRTMIN);
  EXPECT_EQ(notification_.thread, gettid());
  std::thread([&] {
    EXPECT_EQ(ValidateThreadId(gettid(), SIGUSR1), 0);
    EXPECT_EQ(notification_.thread, gettid());
  }).join();
}

TEST_F(ValidateEventTest, SignalZeroToAThreadNotifiesNobody) {
  EXPECT_EQ(ValidateThreadId(gettid(), 0), 0);
  EXPECT_EQ(notification_.kind, Kind::kNone);
}

TEST_F(ValidateEventTest, SignalToNoThreadOfThisProcessIsRefused) {
  for (const pid_t thread : {0, -1, INT_MIN, INT_MAX, getppid()}) {
    EXPECT_EQ(ValidateThreadId(thread, SIGRTMIN), -EINVAL) << thread;
  }
}

TEST_F(ValidateEventTest, NoSignalToAThreadIsRefused) {
  for (const int signal : {-1, 32, 33, SIGRTMAX + 1}) {
    EXPECT_EQ(ValidateThreadId(gettid(), signal), -EINVAL) << signal;
  }
}

// The event of a control block is checked by every submission.
TEST_F(ValidateEventTest, SubmissionsCheckAndKeepTheirEvent) {
  const Descriptor file = OpenTemporary(O_RDWR);
  aiocb block = {};
  block.aio_fildes = file.get();
  const auto submit = [&](Submission* submission) {
    *submission = Submission();
    const int read =
        ValidateTransfer(block, Direction::kRead, platform_, submission);
    *submission = Submission();
    const int sync = ValidateSync(block, O_SYNC, platform_, submission);
    EXPECT_EQ(read, sync);
    return read;
  };
  Submission submission;
  block.aio_sigevent.sigev_notify = 77;
  EXPECT_EQ(submit(&submission), -EINVAL);
  block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  block.aio_sigevent.sigev_signo = SIGRTMAX + 1;
  EXPECT_EQ(submit(&submission), -EINVAL);
  block.aio_sigevent.sigev_signo = 0;
  EXPECT_EQ(submit(&submission), 0);
  EXPECT_EQ(submission.notification.kind, Kind::kNone);
  block.aio_sigevent.sigev_signo = SIGUSR2;
  EXPECT_EQ(submit(&submission), 0);
  EXPECT_EQ(submission.notification.signal, SIGUSR2);
}

}  // namespace
}  // namespace aioemul
