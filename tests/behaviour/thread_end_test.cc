// How the thread of a notification may end (contract G2).

#include <aio.h>
#include <pthread.h>

#include "gtest/gtest.h"
#include "tests/behaviour/descriptors.h"
#include "tests/behaviour/engine_fixture.h"

namespace aioemul::testing {
namespace {

using ThreadEndTest = EngineTest;

// G2
TEST_F(ThreadEndTest, MayEndItsThreadAsItLikes) {
  options.max_requests.value = 1;
  const TempFile file;
  Gate gate;
  void (*const endings[])(sigval) = {
      [](sigval value) {
        static_cast<Gate*>(value.sival_ptr)->Open();
        pthread_exit(nullptr);
      },
      [](sigval value) {
        static_cast<Gate*>(value.sival_ptr)->Open();
        pthread_cancel(pthread_self());
        pthread_testcancel();
        ADD_FAILURE() << "the thread should be gone";
      }};
  for (const auto ending : endings) {
    aiocb block = WriteBlock(file.fd(), "hello");
    block.aio_sigevent = ThreadEvent(ending, &gate);
    for (int i = 0; i < 20; ++i) {
      ASSERT_EQ(engine().Write(&block), 0);
      gate.Await();
      EXPECT_EQ(Take(block), Success(5));
    }
  }
}

}  // namespace
}  // namespace aioemul::testing
