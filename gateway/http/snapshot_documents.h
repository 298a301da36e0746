#ifndef SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_
#define SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/net/http_service.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::http {

// One answer of /v1/snapshot.
struct SnapshotDocument {
  // The head that it belongs to: its epoch, its seq, and the id of both.
  std::string epoch;
  uint64_t seq = 0;
  std::string id;
  std::string text;
  size_t bytes = 0;  // what it counts for
  base::TimePoint as_of;
  // For so long it is given to others too, although something has come since.
  base::Duration good_for{0};
};

// The documents of /v1/snapshot: made in small pieces of work, shared by all that ask for the same,
// and bounded together, since peers may be slow to take them.
//
// Who asks gets the document that there is, as long as nothing that matches has come since. If
// something has, it gets the same one for a little while all the same: a hundredth of a
// millisecond for each key that was looked at, at most a second, so that to make documents never
// takes more than a small share of a thread however often they are asked for. Each says with its
// id which moment it is of, and a stream goes on from there without a gap. One of fewer than 1,000
// keys is made anew each time: who has published and asks sees what it published. One that is in
// the making is waited for.
//
// No address may hold more than a quarter of the bytes, or one document. Where there is no room for
// a new one, one that is up to 10 s old is given instead; and answers that have had 10 s are ended,
// the oldest first, so that readers that are slow keep nobody else from theirs.
//
// Owns:     the documents, with those who hold them; its own for as long as they may be given away.
// Thread:   any; one lock, which is not held while a document is made. What a document takes is
//           done by the thread that asked first, when it calls Work.
// Lifetime: outlives every request and every held document; the window outlives it.
class SnapshotDocuments {
 public:
  // An address's share of the bytes.
  static constexpr size_t kShare = 4;
  // How old one may be that is given for want of room, and how long an answer has for itself.
  static constexpr base::Duration kStale = std::chrono::seconds(10);
  static constexpr base::Duration kUndisturbed = std::chrono::seconds(10);
  // In the making at the same time: of all, and for one address.
  static constexpr size_t kMaxMakings = 32;
  static constexpr size_t kMaxMakingsPerAddress = 8;

  // max_bytes: of all documents together. One always fits, whatever its size.
  SnapshotDocuments(const window::Window* window, size_t max_bytes);
  ~SnapshotDocuments();

  // A document that an address holds.
  class Held;
  // One that asks.
  class Request;

  // How many answers an address may hold at the same time; 0: any number.
  void SetMaxPerAddress(size_t max) { max_per_address_ = max; }

  // nullptr: there are too many, of this address or in the making.
  std::shared_ptr<Request> Ask(const window::Filters& filters, std::string_view address,
                               base::TimePoint now);

  // What the document that would be given now is known to be, without making one: its id, and its
  // length where one has been made.
  struct Known {
    std::string id;
    std::optional<size_t> length;
  };
  Known Look(const window::Filters& filters) const;

  // Lets go of what nobody holds and nobody is given any more. Call it now and then.
  void DropOld(base::TimePoint now);

  // Of all documents.
  size_t bytes() const { return bytes_; }
  // How many have been made.
  uint64_t made() const { return made_; }

 private:
  using DocumentPtr = std::shared_ptr<const SnapshotDocument>;
  struct Making;
  // What is known of some filters, by their canonical text.
  struct Entry {
    std::shared_ptr<Making> making = nullptr;
    // The newest that was made, while it may be given away or somebody holds it.
    DocumentPtr kept = nullptr;
    std::weak_ptr<const SnapshotDocument> newest = {};
    std::string epoch = {};
    uint64_t seq = 0;
    size_t length = 0;
    base::TimePoint used_at = {};
  };
  // What an address holds: each document once.
  struct Account {
    size_t answers = 0;
    size_t bytes = 0;
    absl::flat_hash_map<const SnapshotDocument*, size_t> documents = {};
  };
  struct Holders {
    size_t all = 0;
    size_t ending = 0;  // of them, those that have been told
  };

  // One piece of the work on it; false: it is done.
  bool Work(const std::shared_ptr<Making>& making);
  // Nobody waits for it, and nobody will; false: somebody does.
  bool Close(Making& making);
  // When its size is known. False: there is no room.
  bool BeginWriting(Making& making);
  void Write(Making& making);
  void Finish(Making& making, DocumentPtr document);
  std::shared_ptr<Held> Hold(DocumentPtr document, std::string_view address, base::TimePoint now);
  void LetGo(Held& held);
  // Whether that many bytes more may be there, and be this address's. Ends answers that have had
  // their time where they are in the way.
  bool HasRoomLocked(size_t bytes, base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasShareLocked(const SnapshotDocument* document, size_t bytes, std::string_view address,
                      base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the oldest answers, of one address or of all, until so many bytes are to be free. Returns
  // how many are.
  size_t EndOldLocked(size_t bytes, std::string_view address, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // That of the entry if it is not too old to be given for want of room.
  static DocumentPtr StaleOf(const Entry& entry, base::TimePoint now);
  void ForgetEntriesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of what nobody holds.
  size_t UnheldBytesLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // What nobody holds; for the caller to let go of when the lock is free.
  std::vector<DocumentPtr> TakeUnheldLocked(base::TimePoint now, bool all)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const window::Window* const window_;
  const size_t max_bytes_;
  std::atomic<size_t> max_per_address_{0};
  std::atomic<size_t> bytes_{0};
  std::atomic<uint64_t> made_{0};
  mutable base::Mutex mutex_;
  base::StringMap<Entry> by_filters_ ABSL_GUARDED_BY(mutex_);
  base::StringMap<Account> by_address_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const SnapshotDocument*, Holders> holders_ ABSL_GUARDED_BY(mutex_);
  // Those that hold one, the one that has held it longest first.
  std::list<Held*> held_ ABSL_GUARDED_BY(mutex_);
  size_t makings_ ABSL_GUARDED_BY(mutex_) = 0;
  base::StringMap<size_t> makings_by_address_ ABSL_GUARDED_BY(mutex_);
};

// Thread: any; lets go of it when it is destroyed.
class SnapshotDocuments::Held {
 public:
  ~Held() { documents_.LetGo(*this); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  const SnapshotDocument& document() const { return *document_; }
  // Of the answer that it is sent with.
  const std::shared_ptr<net::AnswerEnd>& end() const { return end_; }

 private:
  friend class SnapshotDocuments;
  Held(SnapshotDocuments& documents, DocumentPtr document, std::string_view address,
       base::TimePoint since)
      : documents_(documents), document_(std::move(document)), address_(address), since_(since) {}

  SnapshotDocuments& documents_;
  const DocumentPtr document_;
  const std::string address_;
  const base::TimePoint since_;
  const std::shared_ptr<net::AnswerEnd> end_ = std::make_shared<net::AnswerEnd>();
  std::list<Held*>::iterator place_;
  bool ending_ = false;
};

// Thread: one at a time.
class SnapshotDocuments::Request {
 public:
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // The work on the document, where it is this request's to do: to be called until it returns
  // false, also when the request is gone. Empty: another one's.
  std::function<bool()> work() const;
  bool done() const;
  // ready is called when it is, by any thread; at once if it is already.
  void WhenDone(std::function<void()> ready);
  // When it is done. nullptr: there is no room for it.
  std::shared_ptr<Held> Take(base::TimePoint now);

 private:
  friend class SnapshotDocuments;
  Request(SnapshotDocuments& documents, std::string_view address)
      : documents_(documents), address_(address) {}

  SnapshotDocuments& documents_;
  const std::string address_;
  DocumentPtr document_;            // it was there
  std::shared_ptr<Making> making_;  // or is made
  bool makes_ = false;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_
