// The drop-in library, loaded and unloaded by a program that runs (contract
// H3): its threads outlive any dlclose, and so does it.

#include <aio.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

constexpr char kLibrary[] = "aio/libaioemul.so";

// The library's functions, by their POSIX names.
class Library {
 public:
  Library() : handle_(dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL)) {
    EXPECT_NE(handle_, nullptr) << dlerror();
    read = Find<decltype(read)>("aio_read");
    error = Find<decltype(error)>("aio_error");
    take = Find<decltype(take)>("aio_return");
    suspend = Find<decltype(suspend)>("aio_suspend");
  }
  void Close() { EXPECT_EQ(dlclose(handle_), 0); }

  int (*read)(aiocb* block);
  int (*error)(const aiocb* block);
  ssize_t (*take)(aiocb* block);
  int (*suspend)(const aiocb* const list[], int count, const timespec* timeout);

 private:
  template <typename Function>
  Function Find(const char* name) {
    void* found = dlsym(handle_, name);
    EXPECT_NE(found, nullptr) << name;
    return reinterpret_cast<Function>(found);
  }

  void* const handle_;
};

ssize_t Await(const Library& library, aiocb& block) {
  const aiocb* const list[] = {&block};
  while (library.error(&block) == EINPROGRESS) {
    library.suspend(list, 1, nullptr);
  }
  return library.take(&block);
}

TEST(UnloadTest, StaysAndCompletesWhatIsOutstanding) {
  std::array<int, 2> pipe;
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  std::array<char, 5> buffer = {};
  aiocb block = {};
  block.aio_fildes = pipe[0];
  block.aio_buf = buffer.data();
  block.aio_nbytes = buffer.size();
  block.aio_sigevent.sigev_notify = SIGEV_NONE;

  Library library;
  ASSERT_EQ(library.read(&block), 0);
  library.Close();
  EXPECT_NE(dlopen(kLibrary, RTLD_NOW | RTLD_NOLOAD), nullptr) << "is gone";

  // Another load is the same library, and knows the request.
  Library again;
  EXPECT_EQ(again.read, library.read);
  EXPECT_EQ(again.error(&block), EINPROGRESS);
  ASSERT_EQ(write(pipe[1], "words", 5), 5);
  EXPECT_EQ(Await(again, block), 5);
  EXPECT_EQ(std::string(buffer.data(), 5), "words");
  again.Close();
  close(pipe[0]);
  close(pipe[1]);
}

TEST(UnloadTest, ManyTimesWithRequestsOutstandingLeavesNothingUndone) {
  std::array<int, 2> pipe;
  ASSERT_EQ(pipe2(pipe.data(), O_CLOEXEC), 0);
  std::array<aiocb, 50> blocks = {};
  std::array<char, 50> buffer = {};
  for (size_t i = 0; i < blocks.size(); ++i) {
    Library library;
    blocks[i].aio_fildes = pipe[0];
    blocks[i].aio_buf = &buffer[i];
    blocks[i].aio_nbytes = 1;
    blocks[i].aio_sigevent.sigev_notify = SIGEV_NONE;
    ASSERT_EQ(library.read(&blocks[i]), 0);
    library.Close();
  }
  const std::string text(blocks.size(), 'x');
  ASSERT_EQ(write(pipe[1], text.data(), text.size()),
            static_cast<ssize_t>(text.size()));
  Library library;
  for (aiocb& block : blocks) EXPECT_EQ(Await(library, block), 1);
  EXPECT_EQ(std::string(buffer.data(), buffer.size()), text);
  library.Close();
  close(pipe[0]);
  close(pipe[1]);
}

}  // namespace
}  // namespace aioemul::testing
