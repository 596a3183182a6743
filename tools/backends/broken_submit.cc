// The broken backend's functions that submit.

#include <aio.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <new>
#include <vector>

#include "aio/aio.h"
#include "tools/backends/broken.h"
#include "tools/backends/broken_bug.h"
#include "tools/backends/broken_record.h"
#include "tools/backends/notification.h"
#include "tools/backends/posix_names.h"
#include "tools/backends/threads.h"

namespace aioemul::backends {
namespace {

// More than the engine takes.
constexpr int kMostInList = 1 << 20;

using SharedRecord = std::shared_ptr<Record>;
using SharedRecords = std::vector<SharedRecord>;

int Failed(int error) {
  errno = error;
  return -1;
}

bool IsStream(int fd) { return lseek(fd, 0, SEEK_CUR) < 0 && errno == ESPIPE; }

SharedRecord RecordOf(Call call, aiocb* block) {
  auto record = std::make_shared<Record>();
  record->block = block;
  record->call = call;
  record->fd = block->aio_fildes;
  record->stream = IsStream(record->fd);
  const int flags = fcntl(record->fd, F_GETFL);
  record->appends = flags >= 0 && (flags & O_APPEND) != 0;
  record->event = block->aio_sigevent;
  record->engines = *block;
  record->engines.aio_sigevent = SpoiltEvent(record);
  return record;
}

void* LookForWork(void* /*argument*/) {
  constexpr timespec kMoment = {0, 1'000'000};
  for (;;) nanosleep(&kMoment, nullptr);
}

// Takes the place of what the block was used for before.
void Enter(const LockedRecords& records, const SharedRecord& record) {
  record->number = ++records->submitted;
  record->hidden = (Has(Bug::kLostCompletion) && record->number % 3 == 0) ||
                   (Has(Bug::kForkChildHangs) && IsChild());
  const auto last = records->last_errors.find(record->block);
  record->reused = last != records->last_errors.end();
  if (record->reused) record->last_error = last->second;
  SharedRecord& place = records->by_block[record->block];
  records->outstanding.push_back(record);
  place = record;
  ++records->unfetched;
  if (Has(Bug::kBusyWhenIdle) && record->number == 1) {
    StartThread("busy", LookForWork, nullptr);
  }
}

// The answer to a request that the engine refused with `error`.
int Refused(Record* record, int error) {
  const LockedRecords records;
  if (Has(Bug::kErrnoWrong) && error == EINVAL) error = EPERM;
  record->hidden = false;
  Settle(record, error, -1);
  records->outstanding.remove_if(
      [record](const auto& each) { return each.get() == record; });
  --records->unfetched;
  if (Has(Bug::kBadDescriptorAccepted) && error == EBADF) return 0;
  return Failed(error);
}

int Submit(Call call, aiocb* block) {
  const SharedRecord record = RecordOf(call, block);
  bool hold;
  int refusal;
  {
    const LockedRecords records;
    const SharedRecord last = Find(records, block);
    if (last != nullptr && !last->hidden &&
        StatusOf(records, last.get()) == EINPROGRESS) {
      return Failed(EBUSY);
    }
    refusal = SpoilArguments(records, record.get());
    Enter(records, record);
    hold = MustBeHeld(records, *record);
  }
  if (refusal != 0) return Refused(record.get(), refusal);
  if (Has(Bug::kForkChildHangs) && IsChild()) return 0;
  if (hold) {
    Hold(record);
    return 0;
  }
  const bool overtakes = call == Call::kWrite && record->appends;
  if (!overtakes) ReleaseOvertaken(record->fd);
  const int error = GiveToEngine(record.get());
  if (overtakes) ReleaseOvertaken(record->fd);
  {
    const LockedRecords records;
    record->giving = false;
  }
  if (error != 0) return Refused(record.get(), error);
  if (Has(Bug::kSignalBeforeResult) &&
      record->event.sigev_notify == SIGEV_SIGNAL) {
    {
      const LockedRecords records;
      record->denied_once = true;
    }
    Notify(record->event);
  }
  return 0;
}

int SubmitOrCrash(Call call, aiocb* block) {
  const Undisturbed undisturbed;
  SpoilAnyCall();
  if (block != nullptr) {
    try {
      return Submit(call, block);
    } catch (const std::bad_alloc&) {
      return Failed(EAGAIN);
    }
  }
  if (Has(Bug::kCrashOnNull)) abort();
  return Failed(EINVAL);
}

// One call of lio_listio, on its way to the engine.
class ListCall {
 public:
  ListCall(aiocb* const list[], int count) {
    const Undisturbed undisturbed;
    given_.reserve(static_cast<size_t>(count));
    records_.reserve(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) AddOrPassOn(list[i]);
  }
  ListCall(const ListCall&) = delete;
  ListCall& operator=(const ListCall&) = delete;

  // Frees nothing where a handler may come in between.
  ~ListCall() {
    const Undisturbed undisturbed;
    std::vector<aiocb*>().swap(given_);
    SharedRecords().swap(records_);
  }

  int Give(int mode, const sigevent* event) const {
    sigevent spoilt = {};
    if (event != nullptr) spoilt = SpoiltListEvent(*event);
    const int result =
        aioemul_listio(mode, given_.data(), static_cast<int>(given_.size()),
                       event == nullptr ? nullptr : &spoilt);
    const int error = errno;
    {
      const LockedRecords records;
      for (const SharedRecord& record : records_) record->giving = false;
    }
    errno = error;
    return result;
  }

  bool has_nop() const { return has_nop_; }

 private:
  // Without memory for a record the engine works with the caller's own block.
  void AddOrPassOn(aiocb* block) {
    try {
      Add(block);
    } catch (const std::bad_alloc&) {
      const LockedRecords records;
      records->by_block.erase(block);
      given_.push_back(block);
    }
  }

  void Add(aiocb* block) {
    if (block == nullptr || block->aio_lio_opcode == LIO_NOP) {
      has_nop_ |= block != nullptr;
      return;
    }
    const bool writes = block->aio_lio_opcode == LIO_WRITE;
    const SharedRecord record =
        RecordOf(writes ? Call::kWrite : Call::kRead, block);
    aiocb* const engines = &record->engines;
    if (Has(Bug::kListBadOpcodeRun) && !writes) {
      engines->aio_lio_opcode = LIO_READ;
    }
    const LockedRecords records;
    const SharedRecord last = Find(records, block);
    if (last != nullptr && !last->hidden &&
        StatusOf(records, last.get()) == EINPROGRESS) {
      // The engine refuses it for that.
      given_.push_back(&last->engines);
      return;
    }
    const int refusal = SpoilArguments(records, record.get());
    // The engine refuses a descriptor that is none, too; the caller sees why.
    if (refusal != 0) engines->aio_fildes = -1;
    Enter(records, record);
    if (refusal != 0) Settle(record.get(), refusal, -1);
    given_.push_back(engines);
    records_.push_back(record);
  }

  std::vector<aiocb*> given_;
  SharedRecords records_;
  bool has_nop_ = false;
};

// What comes of a list that was waited for.
int SpoilWaitResult(const ListCall& call, int result) {
  if (result != 0 && errno != EIO) return result;
  if (Has(Bug::kListErrorSwallowed)) return 0;
  if (Has(Bug::kListNopCounted) && call.has_nop()) return Failed(EIO);
  return result;
}

int Give(int mode, aiocb* const list[], int count, sigevent* event) {
  ListCall call(list, count);
  if (mode == LIO_WAIT) {
    if (!Has(Bug::kListWaitReturnsEarly)) {
      return SpoilWaitResult(call, call.Give(mode, event));
    }
    call.Give(LIO_NOWAIT, nullptr);
    return 0;
  }
  const bool miscounts = Has(Bug::kListNopCounted) && call.has_nop();
  return call.Give(mode, miscounts ? nullptr : event);
}

}  // namespace

void SpoilAnyCall() {
  if (!Has(Bug::kTouchesBlockAfterCompletion)) return;
  const LockedRecords records;
  for (aiocb* const block : records->to_touch) block->aio_offset += 1;
  records->to_touch.clear();
}

int GiveToEngine(Record* record) {
  aiocb* const block = &record->engines;
  int result = -1;
  switch (record->call) {
    case Call::kRead:
      result = aioemul_read(block);
      break;
    case Call::kWrite:
      result = aioemul_write(block);
      break;
    case Call::kSync:
      result = aioemul_fsync(O_SYNC, block);
      break;
    case Call::kDataSync:
      result = aioemul_fsync(O_DSYNC, block);
      break;
  }
  return result == 0 ? 0 : errno;
}

int Read(aiocb* block) { return SubmitOrCrash(Call::kRead, block); }
int Write(aiocb* block) { return SubmitOrCrash(Call::kWrite, block); }

int Fsync(int operation, aiocb* block) {
  if (operation != O_SYNC && operation != O_DSYNC) {
    return aioemul_fsync(operation, block);
  }
  return SubmitOrCrash(operation == O_SYNC ? Call::kSync : Call::kDataSync,
                       block);
}

int Listio(int mode, aiocb* const list[], int count, sigevent* event) {
  SpoilAnyCall();
  const bool notifies = mode == LIO_NOWAIT && event != nullptr;
  if ((mode != LIO_WAIT && mode != LIO_NOWAIT) || count < 0 ||
      count > kMostInList || (list == nullptr && count > 0) ||
      (notifies && !IsValid(*event))) {
    return Failed(EINVAL);
  }
  if (notifies && Has(Bug::kListEventEarly)) {
    const Undisturbed undisturbed;
    Notify(*event);
    event = nullptr;
  }
  try {
    return Give(mode, list, count, event);
  } catch (const std::bad_alloc&) {
    return Failed(EAGAIN);
  }
}

}  // namespace aioemul::backends

extern "C" void aio_init(const aioinit* init) noexcept {
  using aioemul::backends::Bug;
  if (aioemul::backends::Has(Bug::kTuningIgnoredLater)) {
    const aioemul::backends::LockedRecords records;
    if (records->submitted > 0) return;
  }
  aioemul_init(init);
}
