// The broken backend's requests.  The engine of this library carries each out
// by a copy of the control block; the caller's own is only a name for it, so
// that whatever the engine says can be spoilt on its way.

#ifndef AIOEMUL_TOOLS_BACKENDS_BROKEN_RECORD_H_
#define AIOEMUL_TOOLS_BACKENDS_BROKEN_RECORD_H_

#include <aio.h>
#include <signal.h>
#include <sys/types.h>

#include <list>
#include <map>
#include <memory>
#include <mutex>

#include "tools/backends/threads.h"

namespace aioemul::backends {

enum class Call { kRead, kWrite, kSync, kDataSync };

struct Record {
  // Constant once the record is in the table.
  aiocb* block = nullptr;
  Call call = Call::kRead;
  int fd = -1;
  int number = 0;  // How manyth of the process.
  bool stream = false;
  bool appends = false;
  sigevent event = {};  // The caller's.

  aiocb engines = {};  // What the engine works with.

  // Guarded by the table's mutex.
  bool held = false;     // Not given to the engine yet.
  bool giving = true;    // The call that gives it has not returned.
  bool hidden = false;   // In progress for ever.
  bool settled = false;  // `error` and `result` are what the caller sees.
  int error = 0;
  ssize_t result = -1;
  bool fetched = false;
  bool denied_once = false;
  // The last status of the block before this request, or 0.
  bool reused = false;
  int last_error = 0;
};

struct Records {
  std::mutex mutex;
  std::map<const aiocb*, std::shared_ptr<Record>> by_block;
  // Those that may be in progress, in call order.
  std::list<std::shared_ptr<Record>> outstanding;
  std::map<const aiocb*, int> last_errors;
  std::list<aiocb*> to_touch;
  int submitted = 0;
  int unfetched = 0;
};

// The records, locked.  The engine is not to be called to submit or to cancel
// meanwhile: at a fork it locks before this does.
class LockedRecords {
 public:
  LockedRecords();
  Records* operator->() const { return records_; }

 private:
  const Undisturbed undisturbed_;
  Records* const records_;
  const std::lock_guard<std::mutex> lock_;
};

// Null when the block has none.
std::shared_ptr<Record> Find(const LockedRecords& locked, const aiocb* block);

// What the engine says; EINPROGRESS while it does not know the request yet.
int EngineStatus(const Record& record);

// What the caller is to see; EINPROGRESS until the engine is done.  Spoils the
// result the first time that it is there.
int StatusOf(const LockedRecords& locked, Record* record);

// Makes the record complete, whatever the engine says.
void Settle(Record* record, int error, ssize_t result);

// Whether the process is not the one that loaded the library.
bool IsChild();

}  // namespace aioemul::backends

#endif  // AIOEMUL_TOOLS_BACKENDS_BROKEN_RECORD_H_
