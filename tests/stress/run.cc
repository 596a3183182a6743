#include "tests/stress/run.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "tests/stress/bell.h"
#include "tests/stress/channel.h"
#include "tests/stress/device_subjects.h"
#include "tests/stress/failing_subjects.h"
#include "tests/stress/file_subjects.h"
#include "tests/stress/reopened_subjects.h"

namespace aioemul::stress {
namespace {

std::unique_ptr<Stage> MakeStage(const Mix& mix, uint64_t seed,
                                 const Setting& setting, Buffers& buffers) {
  const Tuning tuning = TuningOf(mix, seed, setting);
  return mix.public_interface
             ? MakeProcessStage(mix, setting.bug)
             : MakeOwnStage(mix, tuning, seed, setting.bug, buffers);
}

// Everything of a run, in an order that destroys it well.
class Run {
 public:
  Run(const Mix& mix, uint64_t seed, const Setting& setting);

  Report Execute();

 private:
  using Channels = std::vector<std::shared_ptr<Channel>>;

  void MakePrograms();
  Program::Subjects MakeSubjects(int number, const Channels& between);
  void AddFailing(Program::Subjects* subjects);
  void RunPrograms();
  // Waits for `done`; watches that something happens until then.
  void Await(const std::function<bool()>& done);
  void OnStall(int stalls);
  // No slot of the limit may have been lost.
  void FillToTheLimit();
  Report MakeReport() const;

  const Mix mix_;
  const uint64_t seed_;
  const Setting setting_;
  Failures failures_;
  const Place place_;
  Buffers buffers_;
  Interruptions interruptions_;
  std::vector<std::shared_ptr<SharedFile>> files_;
  std::unique_ptr<Stage> stage_;
  std::unique_ptr<Session> session_;
  std::vector<std::unique_ptr<Program>> programs_;
  Counts counts_;
  Injected injected_;
};

Run::Run(const Mix& mix, uint64_t seed, const Setting& setting)
    : mix_(mix),
      seed_(seed),
      setting_(setting),
      place_{setting.directory, mix.full_disk, failures_},
      buffers_(kBuffersOfProgram * static_cast<size_t>(mix.threads)),
      stage_(MakeStage(mix, seed, setting, buffers_)),
      session_(new Session{mix_, seed, stage_->engine(), failures_, buffers_,
                           interruptions_, place_, stage_->limits()}) {
  for (int i = 0; i < mix.shared_files; ++i) {
    files_.push_back(std::make_shared<SharedFile>(
        Random(Key({seed, 1, static_cast<uint64_t>(i)})), mix.threads, place_));
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
        std::make_unique<BlockFile>(file, number, random.Next(), place_));
  }
  for (int i = 0; i < mix_.append_files; ++i) {
    subjects.push_back(std::make_unique<AppendFile>(random.Next(), place_));
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
  for (int i = 0; i < mix_.devices; ++i) {
    subjects.push_back(std::make_unique<CounterSubject>(place_));
    std::unique_ptr<Subject> zero = ZeroDevice::Open(place_);
    if (zero != nullptr) subjects.push_back(std::move(zero));
  }
  for (int i = 0; i < mix_.reopened; ++i) {
    subjects.push_back(OpenAny(random, place_));
  }
  if (mix_.public_interface && mix_.faults.error > 0) AddFailing(&subjects);
  return subjects;
}

void Run::AddFailing(Program::Subjects* subjects) {
  subjects->push_back(std::make_unique<LimitedFile>(Limits::kFileSize, place_));
  std::unique_ptr<Subject> full = FullDevice::Open(place_);
  if (full != nullptr) subjects->push_back(std::move(full));
}

// --- Execution

Report Run::MakeReport() const {
  return {failures_.list(), failures_.lost(), failures_.wrong_bytes(),
          counts_,          stage_->ways(),   injected_};
}

void Run::OnStall(int stalls) {
  if (stalls == 1) {
    failures_.Add("nothing happens any more");
    session_->stalled = true;  // the programs tell what they wait for
    if (session_->unfinished > 0) return;
    for (const auto& program : programs_) {
      failures_.Check(program->NoticesArrived(), "a notification never came",
                      Finding::kLost);
    }
  } else if (stalls == 2) {
    stage_->OnStall();
  } else {
    if (setting_.stuck) setting_.stuck(MakeReport());
    abort();
  }
}

void Run::Await(const std::function<bool()>& done) {
  // Some planted bugs are known to stop everything.  Once it has stopped, what
  // helps helps soon.
  const time_t patience = StopsEverything(setting_.bug) ? 1 : 60;
  constexpr time_t kHelpTakes = 5;
  constexpr time_t kUntilGivenUp = 60;
  Bell& bell = Bell::Get();
  uint64_t progress = 0;
  int stalls = 0;
  bell.Listen();
  while (!done()) {
    const time_t longest = stalls == 0   ? patience
                           : stalls == 1 ? std::min(patience, kHelpTakes)
                                         : kUntilGivenUp;
    if (bell.Wait(longest)) continue;
    const uint64_t now = session_->progress.load(std::memory_order_relaxed);
    if (now == std::exchange(progress, now)) OnStall(++stalls);
  }
  bell.StopListening();
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
      Bell::Get().Ring();
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
  stage_->StopFaults();
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
  EngineUnderTest& engine = stage_->engine();
  int result =
      engine.List(LIO_WAIT, list.data(), static_cast<int>(count), nullptr);
  if (result == -EINTR) {
    // Whoever stops the run by a signal.  The requests need their memory.
    const auto end = blocks.begin() + count;
    Await([&] {
      return std::all_of(blocks.begin(), end, [&](const aiocb& block) {
        return engine.Error(&block) != EINPROGRESS;
      });
    });
    result = std::all_of(
                 blocks.begin(), end,
                 [&](const aiocb& block) { return engine.Error(&block) == 0; })
                 ? 0
                 : -EIO;
  }
  failures_.Check(result == 0,
                  "the engine cannot take as many requests as at its start");
}

Report Run::Execute() {
  RunPrograms();
  Await([&] {
    return std::all_of(
        programs_.begin(), programs_.end(),
        [](const auto& program) { return program->NoticesArrived(); });
  });
  FillToTheLimit();
  injected_ = stage_->Finish(failures_);
  for (const auto& program : programs_) {
    program->CheckNotices();
    counts_.Add(program->counts());
  }
  failures_.Check(counts_.sync_errors == injected_.sync_errors,
                  "an injected error of a sync was not reported once");
  // The subjects compare for the last time.
  programs_.clear();
  return MakeReport();
}

}  // namespace

Tuning TuningOf(const Mix& mix, uint64_t seed, const Setting& setting) {
  if (mix.public_interface) return TuneProcess(seed);
  return setting.tuning.value_or(DrawTuning(seed));
}

Report RunMix(const Mix& mix, uint64_t seed, const Setting& setting) {
  return Run(mix, seed, setting).Execute();
}

void Injected::Add(const Injected& other) {
  errors += other.errors;
  cuts += other.cuts;
  interruptions += other.interruptions;
  delays += other.delays;
  sync_errors += other.sync_errors;
  memory += other.memory;
  threads += other.threads;
  signals += other.signals;
  misses += other.misses;
  broken_runs += other.broken_runs;
}

void Ways::Add(const Ways& other) {
  at_once += other.at_once;
  written_at_once += other.written_at_once;
  runs += other.runs;
  in_runs += other.in_runs;
}

void Report::Add(const Report& other) {
  failures.insert(failures.end(), other.failures.begin(), other.failures.end());
  lost += other.lost;
  wrong_bytes += other.wrong_bytes;
  counts.Add(other.counts);
  ways.Add(other.ways);
  injected.Add(other.injected);
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
         << " handlers, " << counts.forks << " forks, " << counts.closes
         << " closes; " << report.ways.at_once << " reads and "
         << report.ways.written_at_once << " writes by the caller, "
         << report.ways.runs << " runs of " << report.ways.in_runs
         << " requests; injected: " << injected.errors << " errors, "
         << injected.cuts << " cuts, " << injected.interruptions
         << " interruptions, " << injected.delays << " delays, "
         << injected.sync_errors << " sync errors, " << injected.memory
         << " memory, " << injected.threads << " threads, " << injected.signals
         << " signals, " << injected.misses << " cache misses, "
         << injected.broken_runs << " broken runs";
  for (const std::string& failure : report.failures) {
    stream << "\n  " << failure;
  }
  return stream;
}

}  // namespace aioemul::stress
