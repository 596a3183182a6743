#include "tests/stress/run.h"

#include <pthread.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <thread>
#include <utility>

#include "emul/engine.h"
#include "emul/options.h"
#include "tests/stress/channel.h"
#include "tests/stress/file_subjects.h"

namespace aioemul::stress {
namespace {

using Clock = std::chrono::steady_clock;

Options OptionsOf(const Mix& mix) {
  Options options;
  options.threads.Set(mix.workers);
  options.idle_time.Set(mix.idle_time);
  options.max_requests.Set(mix.max_requests);
  return options;
}

// Everything of a run, in an order that destroys it well.
class Run {
 public:
  Run(const Mix& mix, uint64_t seed, Bug bug);

  Report Execute();

 private:
  using Channels = std::vector<std::shared_ptr<Channel>>;

  void MakePrograms();
  Program::Subjects MakeSubjects(int number, const Channels& between);
  void RunPrograms();
  // Waits for `done`; watches that something happens until then.
  void Await(const std::function<bool()>& done);
  void OnStall(int stalls);
  // No slot of the limit may have been lost.
  void FillToTheLimit();
  void CheckWhatIsLeft();

  const Mix mix_;
  const uint64_t seed_;
  const Bug bug_;
  Failures failures_;
  Buffers buffers_;
  SabotagedPlatform platform_;
  Interruptions interruptions_;
  std::vector<std::unique_ptr<SharedFile>> files_;
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<SabotagedEngine> engine_under_test_;
  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<Program>> programs_;
  Counts counts_;
};

Run::Run(const Mix& mix, uint64_t seed, Bug bug)
    : mix_(mix),
      seed_(seed),
      bug_(bug),
      buffers_(kBuffersOfProgram * static_cast<size_t>(mix.threads)),
      platform_(bug, mix.faults, seed, buffers_),
      engine_(std::make_unique<Engine>(OptionsOf(mix), platform_)),
      engine_under_test_(
          std::make_unique<SabotagedEngine>(bug, *engine_, platform_)),
      session_(new Session{mix_, seed, *engine_under_test_, failures_, buffers_,
                           interruptions_}) {
  for (int i = 0; i < mix.shared_files; ++i) {
    files_.push_back(std::make_unique<SharedFile>(
        Random(Key({seed, 1, static_cast<uint64_t>(i)})), mix.threads));
  }
  MakePrograms();
}

void Run::MakePrograms() {
  Channels between;
  for (int i = 0; i < mix_.threads && mix_.channels > 0; ++i) {
    between.push_back(std::make_shared<Channel>(
        Random(Key({seed_, 2, static_cast<uint64_t>(i)})),
        Channel::Ends::kOfTwoThreads, failures_));
  }
  for (int i = 0; i < mix_.threads; ++i) {
    programs_.push_back(
        std::make_unique<Program>(*session_, i, MakeSubjects(i, between)));
  }
}

Program::Subjects Run::MakeSubjects(int number, const Channels& between) {
  Random random(Key({seed_, 3, static_cast<uint64_t>(number)}));
  Program::Subjects subjects;
  for (const auto& file : files_) {
    subjects.push_back(
        std::make_unique<BlockFile>(*file, number, random.Next(), failures_));
  }
  for (int i = 0; i < mix_.append_files; ++i) {
    subjects.push_back(std::make_unique<AppendFile>(random.Next(), failures_));
  }
  for (int i = 0; i < mix_.channels; ++i) {
    auto channel = std::make_shared<Channel>(
        Random(random.Next()), Channel::Ends::kOfOneThread, failures_);
    subjects.push_back(std::make_unique<WritingEnd>(channel, random.Next()));
    subjects.push_back(std::make_unique<ReadingEnd>(channel));
  }
  if (!between.empty()) {
    const auto here = static_cast<size_t>(number);
    const size_t next = (here + 1) % between.size();
    subjects.push_back(
        std::make_unique<WritingEnd>(between[here], random.Next()));
    subjects.push_back(std::make_unique<ReadingEnd>(between[next]));
  }
  return subjects;
}

// --- Execution

void Run::OnStall(int stalls) {
  if (stalls == 1) {
    failures_.Add("nothing happens any more");
    session_->stalled = true;  // the programs tell what they wait for
  } else if (stalls == 2) {
    platform_.OnStall();
  } else {
    for (const std::string& failure : failures_.list()) {
      std::cerr << failure << std::endl;
    }
    std::cerr << "stuck, seed " << seed_ << std::endl;
    abort();
  }
}

void Run::Await(const std::function<bool()>& done) {
  // A planted bug is known to stop everything.
  const auto limit = std::chrono::seconds(bug_ == Bug::kNone ? 60 : 2);
  uint64_t progress = 0;
  int stalls = 0;
  Clock::time_point since = Clock::now();
  while (!done()) {
    // Only so as not to take the threads' time; decides nothing.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    const uint64_t now = session_->progress.load(std::memory_order_relaxed);
    if (now != std::exchange(progress, now)) since = Clock::now();
    if (Clock::now() - since < limit) continue;
    since = Clock::now();
    OnStall(++stalls);
  }
}

void Run::RunPrograms() {
  pthread_barrier_t start;
  pthread_barrier_init(&start, nullptr,
                       static_cast<unsigned>(mix_.threads) + 1);
  session_->unfinished = mix_.threads;
  std::atomic<int> running{mix_.threads};
  std::vector<std::thread> threads;
  std::vector<pthread_t> handles;
  for (const auto& program : programs_) {
    threads.emplace_back([&start, &running, program = program.get()] {
      pthread_barrier_wait(&start);
      program->Run();
      running.fetch_sub(1);
    });
    handles.push_back(threads.back().native_handle());
  }
  interruptions_.SetThreads(std::move(handles));
  pthread_barrier_wait(&start);
  Await([&] { return running == 0; });
  for (std::thread& thread : threads) thread.join();
  pthread_barrier_destroy(&start);
}

void Run::FillToTheLimit() {
  platform_.StopFaults();
  if (files_.empty()) return;
  std::array<char, 256> bytes = {};
  std::array<aiocb, bytes.size()> blocks = {};
  std::array<aiocb*, bytes.size()> list = {};
  const auto count =
      std::min(bytes.size(), static_cast<size_t>(mix_.max_requests));
  for (size_t i = 0; i < count; ++i) {
    blocks[i].aio_fildes = files_.front()->fd();
    blocks[i].aio_lio_opcode = LIO_READ;
    blocks[i].aio_buf = &bytes[i];
    blocks[i].aio_nbytes = 1;
    list[i] = &blocks[i];
  }
  failures_.Check(engine_->List(LIO_WAIT, list.data(), static_cast<int>(count),
                                nullptr) == 0,
                  "the engine cannot take as many requests as at its start");
}

void Run::CheckWhatIsLeft() {
  platform_.AwaitNotificationThreads();
  for (const auto& program : programs_) {
    program->CheckNotices();
    counts_.Add(program->counts());
  }
  failures_.Check(counts_.sync_errors == platform_.injected().sync_errors,
                  "an injected error of a sync was not reported once");
  failures_.Check(platform_.allocations() == 0, "the engine leaked memory");
}

Report Run::Execute() {
  RunPrograms();
  Await([&] {
    return std::all_of(
        programs_.begin(), programs_.end(),
        [](const auto& program) { return program->NoticesArrived(); });
  });
  FillToTheLimit();
  engine_under_test_.reset();
  engine_.reset();
  CheckWhatIsLeft();
  // The subjects compare for the last time.
  programs_.clear();

  const InjectedCounts& injected = platform_.injected();
  return {failures_.list(),
          counts_,
          {injected.errors, injected.cuts, injected.interruptions,
           injected.delays, injected.sync_errors, injected.memory,
           injected.threads, injected.signals}};
}

}  // namespace

Report RunStress(const Mix& mix, uint64_t seed, Bug bug) {
  return Run(mix, seed, bug).Execute();
}

std::ostream& operator<<(std::ostream& stream, const Report& report) {
  const Counts& counts = report.counts;
  const Injected& injected = report.injected;
  stream << counts.accepted << " accepted, " << counts.refused_for_want
         << " EAGAIN, " << counts.refused_as_invalid << " invalid, "
         << counts.busy << " EBUSY, " << counts.cancelled << " cancelled, "
         << counts.cut_short << " cut short, " << counts.failed << " failed, "
         << counts.lists << " lists, " << counts.suspensions << " suspensions, "
         << counts.notices << " notifications, " << counts.handlers
         << " handlers; injected: " << injected.errors << " errors, "
         << injected.cuts << " cuts, " << injected.interruptions
         << " interruptions, " << injected.delays << " delays, "
         << injected.sync_errors << " sync errors, " << injected.memory
         << " memory, " << injected.threads << " threads, " << injected.signals
         << " signals";
  for (const std::string& failure : report.failures) {
    stream << "\n  " << failure;
  }
  return stream;
}

}  // namespace aioemul::stress
