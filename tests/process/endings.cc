// A program that knows POSIX alone, and ends in many ways with requests
// outstanding.  usage: endings WAY
//
// Its exit status: kWell, or what is wrong.  See endings_test.cc.

#include <aio.h>
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>
#include <thread>

namespace {

constexpr int kWell = 7;
constexpr int kRequestFailed = 20;
constexpr int kUnknownWay = 21;
constexpr int kOtherLibrary = 22;
constexpr int kDescriptorsLeft = 23;

void Require(bool condition) {
  if (!condition) _exit(kRequestFailed);
}

aiocb Block(int fd, char* buffer, size_t count) {
  aiocb block = {};
  block.aio_fildes = fd;
  block.aio_buf = buffer;
  block.aio_nbytes = count;
  block.aio_sigevent.sigev_notify = SIGEV_NONE;
  return block;
}

int MakeFile() {
  const char* directory = getenv("TEST_TMPDIR");
  std::string path = std::string(directory == nullptr ? "/tmp" : directory) +
                     "/endings.XXXXXX";
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  Require(fd >= 0);
  unlink(path.c_str());
  return fd;
}

// Writes and reads through the library.
void UseFile() {
  const int file = MakeFile();
  std::array<char, 5> text = {'w', 'o', 'r', 'd', 's'};
  aiocb block = Block(file, text.data(), text.size());
  const aiocb* const list[] = {&block};
  Require(aio_write(&block) == 0);
  while (aio_suspend(list, 1, nullptr) != 0) Require(errno == EINTR);
  Require(aio_return(&block) == 5);
  text.fill('.');
  Require(aio_read(&block) == 0);
  while (aio_suspend(list, 1, nullptr) != 0) Require(errno == EINTR);
  Require(aio_return(&block) == 5);
  Require(memcmp(text.data(), "words", 5) == 0);
  close(file);
}

// What is outstanding at the end: never destroyed.
struct Outstanding {
  int pipe[2] = {-1, -1};
  int file = MakeFile();
  std::array<char, 64> buffer = {};
  std::array<aiocb, 20> waiting = {};  // for what never comes
  std::array<aiocb, 200> running = {};
};

void Pause(sigval /*value*/) {
  for (;;) pause();
}

// Some functions run then, some requests may, and others wait.
Outstanding& SubmitMany() {
  Outstanding& many = *new Outstanding;
  Require(pipe2(many.pipe, O_CLOEXEC) == 0);
  for (aiocb& block : many.waiting) {
    block = Block(many.pipe[0], many.buffer.data(), 1);
    Require(aio_read(&block) == 0);
  }
  int number = 0;
  for (aiocb& block : many.running) {
    block = Block(many.file, many.buffer.data(), many.buffer.size());
    if (++number % 20 == 0) {
      block.aio_sigevent.sigev_notify = SIGEV_THREAD;
      block.aio_sigevent.sigev_notify_function = &Pause;
    }
    Require(aio_write(&block) == 0);
  }
  return many;
}

void SubmitForEver() {
  const int file = MakeFile();
  std::array<char, 8> buffer = {};
  std::array<aiocb, 64> blocks;
  blocks.fill(Block(file, buffer.data(), buffer.size()));
  for (size_t i = 0;; i = (i + 1) % blocks.size()) {
    // One that is still in progress is left alone.
    Require(aio_write(&blocks[i]) == 0 || errno == EBUSY);
  }
}

int CountDescriptors() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  Require(folder != nullptr);
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count;
}

// --- The ways

void ByDestructor() {
  // At exit, after what main returned.
  static const struct AtExit {
    ~AtExit() {
      UseFile();
      SubmitMany();
      _exit(kWell);
    }
  } at_exit;
  SubmitMany();
  exit(kRequestFailed);
}

void ByQuickExit() {
  at_quick_exit([] {
    UseFile();
    SubmitMany();
  });
  SubmitMany();
  quick_exit(kWell);
}

void ByFunction() {
  static std::array<char, 8> buffer;
  static aiocb block = Block(MakeFile(), buffer.data(), buffer.size());
  block.aio_sigevent.sigev_notify = SIGEV_THREAD;
  block.aio_sigevent.sigev_notify_function = [](sigval /*value*/) {
    exit(kWell);
  };
  SubmitMany();
  Require(aio_write(&block) == 0);
  Pause({});
}

void ByHandler() {
  static std::array<char, 8> buffer;
  static aiocb block = Block(MakeFile(), buffer.data(), buffer.size());
  signal(SIGUSR1, [](int /*signal*/) { _exit(kWell); });
  block.aio_sigevent.sigev_notify = SIGEV_SIGNAL;
  block.aio_sigevent.sigev_signo = SIGUSR1;
  SubmitMany();
  for (;;) {
    // More than one: ThreadSanitizer loses a signal now and then.
    Require(aio_write(&block) == 0);
    while (aio_error(&block) == EINPROGRESS) sched_yield();
    Require(aio_return(&block) == static_cast<ssize_t>(buffer.size()));
  }
}

void WhileOthersSubmit() {
  static std::atomic<int> started{0};
  for (int i = 0; i < 3; ++i) {
    std::thread([] {
      UseFile();
      ++started;
      SubmitForEver();
    }).detach();
  }
  while (started < 3) sched_yield();
  atexit(&UseFile);
  exit(kWell);
}

// As a thread ends that used the library, its own objects may still do so.
void ByThreadLocal() {
  thread_local struct AtThreadExit {
    int used = 0;
    ~AtThreadExit() { UseFile(); }
  } at_thread_exit;
  for (int i = 0; i < 20; ++i) {
    std::thread([] {
      at_thread_exit.used = 1;
      UseFile();
    }).join();
  }
  at_thread_exit.used = 1;
  SubmitMany();
  exit(kWell);
}

// The process lives on until its last thread has ended, which the library's do
// when they are idle.
void ByMainThread() {
  UseFile();
  atexit([] { _exit(kWell); });
  std::thread([] {
    // Nothing is waited for that never comes.
    for (int i = 0; i < 10; ++i) UseFile();
  }).detach();
  pthread_exit(nullptr);
}

// What the exec leaves open must be what was open before; see Fresh.
void ByExec() {
  const std::string before = std::to_string(CountDescriptors());
  SubmitMany();
  execl("/proc/self/exe", "endings", "Fresh", before.c_str(), nullptr);
}

void ByExecOnThread() { std::thread(&ByExec).join(); }

void Fresh(const char* descriptors) {
  if (CountDescriptors() != atoi(descriptors)) _exit(kDescriptorsLeft);
  UseFile();
  SubmitMany();
  exit(kWell);
}

struct Way {
  const char* name;
  void (*run)();
};
constexpr Way kWays[] = {{"Destructor", &ByDestructor},
                         {"QuickExit", &ByQuickExit},
                         {"Function", &ByFunction},
                         {"Handler", &ByHandler},
                         {"WhileOthersSubmit", &WhileOthersSubmit},
                         {"ThreadLocal", &ByThreadLocal},
                         {"MainThread", &ByMainThread},
                         {"Exec", &ByExec},
                         {"ExecOnThread", &ByExecOnThread}};

bool IsOurs() {
  Dl_info found = {};
  return dladdr(reinterpret_cast<void*>(&aio_read), &found) != 0 &&
         strstr(found.dli_fname, "aioemul") != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  if (!IsOurs()) return kOtherLibrary;
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "Fresh" && argc > 2) Fresh(argv[2]);
  for (const Way& way : kWays) {
    if (name == way.name) way.run();
  }
  return kUnknownWay;
}
