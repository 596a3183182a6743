// A platform that passes every call on to the operating system.  A test
// derives from it to watch or to bend the few calls it is about.

#ifndef AIOEMUL_TESTS_SUPPORT_FORWARDING_PLATFORM_H_
#define AIOEMUL_TESTS_SUPPORT_FORWARDING_PLATFORM_H_

#include "emul/platform/platform.h"

namespace aioemul::testing {

class ForwardingPlatform : public Platform {
 public:
  int Inspect(int fd, Direction direction, DescriptorTraits* traits) override {
    return system_.Inspect(fd, direction, traits);
  }
  int CheckOpen(int fd) override { return system_.CheckOpen(fd); }
  off_t RegularFileSize(int fd) override { return system_.RegularFileSize(fd); }
  ssize_t ReadAt(int fd, void* buffer, size_t count, off_t offset) override {
    return system_.ReadAt(fd, buffer, count, offset);
  }
  ssize_t WriteAt(int fd, const void* buffer, size_t count,
                  off_t offset) override {
    return system_.WriteAt(fd, buffer, count, offset);
  }
  ssize_t ReadVectorAt(int fd, const iovec* buffers, int buffer_count,
                       off_t offset) override {
    return system_.ReadVectorAt(fd, buffers, buffer_count, offset);
  }
  ssize_t WriteVectorAt(int fd, const iovec* buffers, int buffer_count,
                        off_t offset) override {
    return system_.WriteVectorAt(fd, buffers, buffer_count, offset);
  }
  ssize_t Append(int fd, const void* buffer, size_t count) override {
    return system_.Append(fd, buffer, count);
  }
  ssize_t Read(int fd, void* buffer, size_t count) override {
    return system_.Read(fd, buffer, count);
  }
  ssize_t Write(int fd, const void* buffer, size_t count) override {
    return system_.Write(fd, buffer, count);
  }
  ssize_t ReadCached(int fd, void* buffer, size_t count,
                     off_t offset) override {
    return system_.ReadCached(fd, buffer, count, offset);
  }
  ssize_t WriteCached(int fd, const void* buffer, size_t count,
                      off_t offset) override {
    return system_.WriteCached(fd, buffer, count, offset);
  }
  ssize_t TryRead(int fd, void* buffer, size_t count) override {
    return system_.TryRead(fd, buffer, count);
  }
  ssize_t TryWrite(int fd, const void* buffer, size_t count) override {
    return system_.TryWrite(fd, buffer, count);
  }
  bool IsFile(int fd) override { return system_.IsFile(fd); }
  size_t Available(int fd) override { return system_.Available(fd); }
  MonotonicTime TimeLimit(int fd, Direction direction) override {
    return system_.TimeLimit(fd, direction);
  }
  bool ReturnsEmpty(int fd) override { return system_.ReturnsEmpty(fd); }
  Readiness* NewReadiness() override { return system_.NewReadiness(); }
  int Sync(int fd, bool data_only) override {
    return system_.Sync(fd, data_only);
  }
  void* Allocate(size_t size) override { return system_.Allocate(size); }
  void Free(void* memory) override { system_.Free(memory); }
  int CallerPriority() override { return system_.CallerPriority(); }
  int StartWorker(const ThreadStart& start) override {
    return system_.StartWorker(start);
  }
  int StartNotification(const ThreadStart& start,
                        const pthread_attr_t* attributes) override {
    return system_.StartNotification(start, attributes);
  }
  void HoldForFork() override { system_.HoldForFork(); }
  void ReleaseAfterFork() override { system_.ReleaseAfterFork(); }
  pid_t Process() override { return system_.Process(); }
  int HoldFile(int fd) override { return system_.HoldFile(fd); }
  void DropFile(int fd) override { system_.DropFile(fd); }
  int QueueSignal(int signal, sigval value, pid_t thread) override {
    return system_.QueueSignal(signal, value, thread);
  }
  pid_t ThreadOf(const sigevent& event) override {
    return system_.ThreadOf(event);
  }
  MonotonicTime Now() override { return system_.Now(); }
  int Wait(const std::atomic<uint32_t>& word, uint32_t expected,
           MonotonicTime deadline) override {
    return system_.Wait(word, expected, deadline);
  }
  int WaitCancellable(const std::atomic<uint32_t>& word, uint32_t expected,
                      MonotonicTime deadline) override {
    return system_.WaitCancellable(word, expected, deadline);
  }
  void Relax() override { system_.Relax(); }
  int Processors() override { return system_.Processors(); }
  void Wake(const std::atomic<uint32_t>& word) override { system_.Wake(word); }

 protected:
  ForwardingPlatform() = default;
  ~ForwardingPlatform() = default;

 private:
  Platform& system_ = SystemPlatform();
};

}  // namespace aioemul::testing

#endif  // AIOEMUL_TESTS_SUPPORT_FORWARDING_PLATFORM_H_
