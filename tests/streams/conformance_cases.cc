#include "tests/streams/conformance_cases.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include <utility>

#include "gtest/gtest.h"

namespace aioemul::testing {
namespace {

using Make = std::function<Channel()>;
using Act = std::function<void(Channel&)>;

Case ReadCase(std::string name, size_t count, Make make, Act let_go = nullptr) {
  return {std::move(name), true, count, std::move(make), std::move(let_go)};
}
Case WriteCase(std::string name, size_t count, Make make,
               Act let_go = nullptr) {
  return {std::move(name), false, count, std::move(make), std::move(let_go)};
}

// What `make` makes, after `act` was done to it.
Make After(Make make, Act act) {
  return [make = std::move(make), act = std::move(act)] {
    Channel channel = make();
    act(channel);
    return channel;
  };
}

Act Sent(const std::string& text) {
  return [text](Channel& c) { Send(c.writer.number(), text); };
}
void CloseWriter(Channel& c) { c.writer.Close(); }
void CloseReader(Channel& c) { c.reader.Close(); }
void MakeNonblocking(Channel& c) {
  for (const int fd : {c.reader.number(), c.writer.number()}) {
    if (fd >= 0) SetFlag(fd, O_NONBLOCK, true);
  }
}
void FillWriter(Channel& c) { Fill(c.writer.number()); }
void FillNonblocking(Channel& c) {
  FillWriter(c);
  MakeNonblocking(c);
}

// Both ends in one.
Channel Single(int fd) {
  EXPECT_GE(fd, 0);
  return {Descriptor(fd), Descriptor(fd < 0 ? -1 : dup(fd))};
}
Make Device(const char* path, int flags) {
  return [path, flags] { return Single(open(path, flags)); };
}

// --- Byte streams.

void AddByteStream(const std::string& kind, const Make& make,
                   std::vector<Case>& cases) {
  cases.push_back(
      ReadCase(kind + "ReadFindsData", 4, After(make, Sent("data"))));
  cases.push_back(
      ReadCase(kind + "ReadFindsLess", 10, After(make, Sent("data"))));
  cases.push_back(
      ReadCase(kind + "ReadLeavesTheRest", 2, After(make, Sent("data"))));
  cases.push_back(ReadCase(kind + "ReadWaits", 10, make, Sent("late")));
  cases.push_back(
      ReadCase(kind + "ReadWaitsForTheEnd", 10, make, &CloseWriter));
  cases.push_back(
      ReadCase(kind + "ReadAtTheEnd", 10, After(make, &CloseWriter)));
  cases.push_back(ReadCase(kind + "ReadBeforeTheEnd", 10,
                           After(After(make, Sent("data")), &CloseWriter)));
  cases.push_back(ReadCase(kind + "ReadOfNothing", 0, make));
  cases.push_back(
      ReadCase(kind + "ReadOfNothingFromData", 0, After(make, Sent("data"))));
  cases.push_back(
      ReadCase(kind + "ReadNonblocking", 4, After(make, &MakeNonblocking)));
  cases.push_back(WriteCase(kind + "Write", 100, make));
  cases.push_back(WriteCase(kind + "WriteOfNothing", 0, make));
  cases.push_back(
      WriteCase(kind + "WriteOfNothingWhenFull", 0, After(make, &FillWriter)));
  cases.push_back(
      WriteCase(kind + "WriteWithoutReader", 100, After(make, &CloseReader)));
  cases.push_back(
      WriteCase(kind + "WriteAppends", 100, After(make, [](auto& c) {
                  SetFlag(c.writer.number(), O_APPEND, true);
                })));
}

// What is full by a fixed size.
void AddFull(const std::string& kind, const Make& make,
             std::vector<Case>& cases) {
  cases.push_back(WriteCase(kind + "WriteNonblockingWhenFull", 100,
                            After(make, &FillNonblocking)));
  cases.push_back(WriteCase(kind + "WriteNonblockingOfTooMuch", 10 << 20,
                            After(make, &MakeNonblocking)));
}

void AddFifoAndPacketPipe(std::vector<Case>& cases) {
  cases.push_back(ReadCase("FifoReadNonblockingWithoutWriter", 4,
                           After(&MakeFifoWithoutWriter, &MakeNonblocking)));
  const Make packets = After(&MakePipe, [](Channel& c) {
    SetFlag(c.writer.number(), O_DIRECT, true);
  });
  cases.push_back(ReadCase("PacketPipeReadIsOnePacket", 10,
                           After(After(packets, Sent("one")), Sent("two"))));
  cases.push_back(ReadCase("PacketPipeReadLosesTheRest", 2,
                           After(After(packets, Sent("one")), Sent("two"))));
}

// --- Datagrams.

void AddDatagrams(const std::string& kind, int type, std::vector<Case>& cases) {
  const Make make = [type] { return MakeSockets(type); };
  const Act empty = [](Channel& c) {
    EXPECT_EQ(send(c.writer.number(), "", 0, 0), 0);
  };
  cases.push_back(ReadCase(kind + "ReadLosesTheRest", 4,
                           After(After(make, Sent("datagram")), Sent("two"))));
  cases.push_back(ReadCase(kind + "ReadIsOneDatagram", 20,
                           After(After(make, Sent("one")), Sent("two"))));
  cases.push_back(ReadCase(kind + "ReadWaits", 20, make, Sent("late")));
  cases.push_back(ReadCase(kind + "ReadWaitsForNoBytes", 20, make, empty));
  cases.push_back(ReadCase(kind + "ReadOfNothing", 0, make));
  cases.push_back(
      ReadCase(kind + "ReadOfNothingFromData", 0, After(make, Sent("data"))));
  cases.push_back(
      ReadCase(kind + "ReadNonblocking", 4, After(make, &MakeNonblocking)));
  cases.push_back(WriteCase(kind + "Write", 100, make));
  cases.push_back(WriteCase(kind + "WriteOfNoBytes", 0, make));
  cases.push_back(WriteCase(kind + "WriteOfTooMuch", 10 << 20, make));
  cases.push_back(
      WriteCase(kind + "WriteWithoutReader", 10, After(make, &CloseReader)));
  cases.push_back(WriteCase(kind + "WriteNonblockingWhenFull", 10,
                            After(make, &FillNonblocking)));
}

void AddSockets(std::vector<Case>& cases) {
  const Make unconnected = [] {
    return Single(socket(AF_UNIX, SOCK_DGRAM, 0));
  };
  cases.push_back(WriteCase("UnconnectedWrite", 4, unconnected));
  cases.push_back(
      ReadCase("SocketReadAfterShutdown", 4,
               After([] { return MakeSockets(); },
                     [](auto& c) { shutdown(c.reader.number(), SHUT_RD); })));
  cases.push_back(
      WriteCase("SocketWriteAfterShutdown", 4,
                After([] { return MakeSockets(); },
                      [](auto& c) { shutdown(c.writer.number(), SHUT_WR); })));
  const Make reset = After(&MakeTcp, [](Channel& c) {
    Send(c.reader.number(), "unread");
    char byte;
    // What is unread when it closes makes it a reset.
    EXPECT_EQ(recv(c.writer.number(), &byte, 1, MSG_PEEK), 1);
    c.writer.Close();
  });
  cases.push_back(ReadCase("TcpReadAfterReset", 4, reset));
  const Make unix_reset = After([] { return MakeSockets(); },
                                [](Channel& c) {
                                  Send(c.reader.number(), "unread");
                                  c.writer.Close();
                                });
  cases.push_back(ReadCase("SocketReadAfterReset", 4, unix_reset));
}

// --- Terminals.

Make Raw(cc_t least, cc_t tenths) {
  return After(&MakeTerminal, [least, tenths](Channel& c) {
    termios settings = {};
    EXPECT_EQ(tcgetattr(c.reader.number(), &settings), 0);
    settings.c_lflag &= ~static_cast<tcflag_t>(ICANON);
    settings.c_cc[VMIN] = least;
    settings.c_cc[VTIME] = tenths;
    EXPECT_EQ(tcsetattr(c.reader.number(), TCSANOW, &settings), 0);
  });
}

void AddTerminals(std::vector<Case>& cases) {
  const Make make = &MakeTerminal;
  // Its master as the reader.
  const Make master = [] {
    Channel terminal = MakeTerminal();
    return Channel{std::move(terminal.writer), std::move(terminal.reader)};
  };
  cases.push_back(ReadCase("TerminalReadFindsALine", 20,
                           After(make, Sent("line\nmore\n"))));
  cases.push_back(
      ReadCase("TerminalReadLeavesTheRest", 2, After(make, Sent("line\n"))));
  cases.push_back(ReadCase("TerminalReadWaits", 20, make, Sent("line\n")));
  cases.push_back(ReadCase("TerminalReadWaitsForTheWholeLine", 20,
                           After(make, Sent("li")), Sent("ne\n")));
  cases.push_back(
      ReadCase("TerminalReadEndsAtEndOfFile", 20, After(make, Sent("\x04"))));
  cases.push_back(
      ReadCase("TerminalReadWaitsForEndOfFile", 20, make, Sent("\x04")));
  cases.push_back(
      ReadCase("TerminalReadAfterHangUp", 20, After(make, &CloseWriter)));
  cases.push_back(
      ReadCase("TerminalReadNonblocking", 20, After(make, &MakeNonblocking)));
  cases.push_back(ReadCase("TerminalReadOfNothing", 0, make));
  cases.push_back(ReadCase("RawTerminalReadWaits", 20, Raw(1, 0), Sent("r")));
  cases.push_back(WriteCase("TerminalWrite", 20, master));
  cases.push_back(WriteCase("TerminalWriteOfNothing", 0, master));
  cases.push_back(WriteCase("MasterWrite", 20, make));
  cases.push_back(ReadCase("MasterReadWaits", 20, master, Sent("out")));
  cases.push_back(
      ReadCase("MasterReadAfterHangUp", 20, After(master, &CloseWriter)));
}

// --- Descriptors of events.

Make Counter(unsigned value, int flags = 0) {
  return [value, flags] { return Single(eventfd(value, flags)); };
}
Act Counted(eventfd_t value) {
  return [value](Channel& c) {
    EXPECT_EQ(eventfd_write(c.writer.number(), value), 0);
  };
}

void AddCounters(std::vector<Case>& cases) {
  const Act full = Counted(~eventfd_t{0} - 1);
  cases.push_back(ReadCase("EventfdReadFindsACount", 8, Counter(7)));
  cases.push_back(
      ReadCase("EventfdReadOfASemaphore", 8, Counter(7, EFD_SEMAPHORE)));
  cases.push_back(ReadCase("EventfdReadWaits", 8, Counter(0), Counted(3)));
  cases.push_back(ReadCase("EventfdReadOfTooLittle", 7, Counter(7)));
  cases.push_back(ReadCase("EventfdReadOfNothing", 0, Counter(0)));
  cases.push_back(
      ReadCase("EventfdReadNonblocking", 8, Counter(0, EFD_NONBLOCK)));
  cases.push_back(WriteCase("EventfdWrite", 8, Counter(0)));
  cases.push_back(WriteCase("EventfdWriteOfTooLittle", 7, Counter(0)));
  cases.push_back(WriteCase("EventfdWriteOfNothing", 0, Counter(0)));
  cases.push_back(WriteCase(
      "EventfdWriteWaits", 8, After(Counter(0), full), [](Channel& c) {
        eventfd_t value = 0;
        EXPECT_EQ(eventfd_read(c.reader.number(), &value), 0);
      }));
  cases.push_back(WriteCase("EventfdWriteNonblockingWhenFull", 8,
                            After(Counter(0, EFD_NONBLOCK), full)));
}

void StartTimer(Channel& c) {
  itimerspec soon = {};
  soon.it_value.tv_nsec = 1;
  EXPECT_EQ(timerfd_settime(c.reader.number(), 0, &soon, nullptr), 0);
}
Channel MakeTimer() { return Single(timerfd_create(CLOCK_MONOTONIC, 0)); }

Channel MakeSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return Single(signalfd(-1, &signals, 0));
}
void SendSignal(Channel&) { kill(getpid(), SIGUSR2); }

Channel MakeWatch() {
  Channel watch = Single(inotify_init());
  EXPECT_GE(inotify_add_watch(watch.reader.number(),
                              ::testing::TempDir().c_str(), IN_CREATE),
            0);
  return watch;
}
void CreateFile(Channel&) {
  const std::string path = ::testing::TempDir() + "/watched";
  const Descriptor file(creat(path.c_str(), 0600));
  unlink(path.c_str());
}

void AddEvents(std::vector<Case>& cases) {
  cases.push_back(ReadCase("TimerfdReadWaits", 8, &MakeTimer, &StartTimer));
  cases.push_back(ReadCase("TimerfdReadOfNothing", 0, &MakeTimer));
  cases.push_back(ReadCase("TimerfdReadNonblocking", 8,
                           After(&MakeTimer, &MakeNonblocking)));
  cases.push_back(ReadCase("SignalfdReadFindsASignal", sizeof(signalfd_siginfo),
                           After(&MakeSignals, &SendSignal)));
  cases.push_back(ReadCase("SignalfdReadWaits", sizeof(signalfd_siginfo),
                           &MakeSignals, &SendSignal));
  cases.push_back(ReadCase("InotifyReadWaits", 4096, &MakeWatch, &CreateFile));
  cases.push_back(ReadCase("InotifyReadFindsAnEvent", 4096,
                           After(&MakeWatch, &CreateFile)));
  cases.push_back(
      ReadCase("InotifyReadOfTooLittle", 4, After(&MakeWatch, &CreateFile)));
  cases.push_back(ReadCase("InotifyReadNonblocking", 4096,
                           After(&MakeWatch, &MakeNonblocking)));
}

void AddDevices(std::vector<Case>& cases) {
  cases.push_back(ReadCase("NullRead", 8, Device("/dev/null", O_RDONLY)));
  cases.push_back(WriteCase("NullWrite", 8, Device("/dev/null", O_WRONLY)));
  cases.push_back(ReadCase("ZeroRead", 8, Device("/dev/zero", O_RDONLY)));
  cases.push_back(
      ReadCase("ZeroReadOfAMebibyte", 1 << 20, Device("/dev/zero", O_RDONLY)));
  cases.push_back(WriteCase("ZeroWriteOfAMebibyte", 1 << 20,
                            Device("/dev/zero", O_WRONLY)));
  cases.push_back(WriteCase("FullWrite", 8, Device("/dev/full", O_WRONLY)));
  cases.push_back(
      ReadCase("DirectoryRead", 8, Device("/dev", O_RDONLY | O_DIRECTORY)));
  // Files whose size is not that of what they give.
  cases.push_back(
      ReadCase("ProcessFileRead", 64, Device("/proc/self/comm", O_RDONLY)));
  cases.push_back(
      ReadCase("SystemFileRead", 64, Device("/sys/kernel/fscaps", O_RDONLY)));
}

}  // namespace

std::vector<Case> AllCases() {
  std::vector<Case> cases;
  AddByteStream("Pipe", &MakePipe, cases);
  AddByteStream("Fifo", &MakeFifo, cases);
  AddByteStream(
      "Socket", [] { return MakeSockets(); }, cases);
  AddByteStream("Tcp", &MakeTcp, cases);
  AddFull("Pipe", &MakePipe, cases);
  AddFull("Fifo", &MakeFifo, cases);
  AddFull(
      "Socket", [] { return MakeSockets(); }, cases);
  AddFifoAndPacketPipe(cases);
  AddDatagrams("Datagram", SOCK_DGRAM, cases);
  AddDatagrams("PacketSocket", SOCK_SEQPACKET, cases);
  AddSockets(cases);
  AddTerminals(cases);
  AddCounters(cases);
  AddEvents(cases);
  AddDevices(cases);
  return cases;
}

std::vector<Case> RefusedCases() {
  std::vector<Case> cases;
  cases.push_back(ReadCase("ListenerRead", 4, &MakeListener));
  cases.push_back(WriteCase("ListenerWrite", 4, [] {
    Channel listener = MakeListener();
    listener.writer = Descriptor(dup(listener.reader.number()));
    return listener;
  }));
  cases.push_back(ReadCase("TimerfdReadOfTooLittle", 7, &MakeTimer));
  cases.push_back(ReadCase("SignalfdReadOfTooLittle", 8, &MakeSignals));
  cases.push_back(
      ReadCase("EpollRead", 8, [] { return Single(epoll_create1(0)); }));
  return cases;
}

std::vector<Case> NeverReadyCases() {
  std::vector<Case> cases;
  cases.push_back(ReadCase("FifoReadWithoutWriter", 4, &MakeFifoWithoutWriter));
  cases.push_back(ReadCase("RawTerminalReadNeverWaits", 20, Raw(0, 0)));
  cases.push_back(ReadCase("RawTerminalReadWaitsForATime", 20, Raw(0, 1)));
  return cases;
}

}  // namespace aioemul::testing
