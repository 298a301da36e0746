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
#include "gateway/http/snapshot_writer.h"
#include "internal/base/mutex.h"
#include "internal/base/string_map.h"
#include "internal/base/time.h"
#include "internal/net/service/http_service.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::http {

// The documents of /v1/snapshot: made in small pieces of work, shared by all requests for the same
// filters, and bounded together, since peers may be slow to read them.
//
// A request gets the document that there is if nothing that matches has come since. If something
// has, it still gets that document for a short time: 10 us for each key that was looked at, at most
// a second. So making documents takes only a small share of a thread, however often they are asked
// for. The id of a document says which moment it belongs to, and a stream goes on from there
// without a gap. A document of fewer than 1,000 keys is made again for each request, so that a
// publisher that asks sees what it has published. Requests wait for a document that is being made.
//
// No address may hold more than a quarter of the bytes, or one document. Without room for a new
// document, one that is up to 10 s old is given instead; and answers that have had 10 s are ended,
// the oldest first, so that slow readers do not keep out others.
//
// Owns:     the documents, together with those that hold them.
// Thread:   any; one lock, which is not held while a document is made. The thread that asked first
//           makes the document when it calls Work.
// Lifetime: outlives every request and every held document; the window outlives it.
class SnapshotDocuments {
 public:
  // An address may hold this fraction of the bytes.
  static constexpr size_t kShareDivisor = 4;
  // How old a document may be that is given for lack of room, and how long an answer may take
  // before it can be ended.
  static constexpr base::Duration kStale = std::chrono::seconds(10);
  static constexpr base::Duration kUndisturbed = std::chrono::seconds(10);
  // Documents that are made at the same time: all, and for one address.
  static constexpr size_t kMaxMakings = 32;
  static constexpr size_t kMaxMakingsPerAddress = 8;

  // max_bytes: of all documents together. One always fits, whatever its size.
  SnapshotDocuments(const window::Window& window, size_t max_bytes);
  ~SnapshotDocuments();

  // A document that is held for an address.
  class Held;
  // A request for a document.
  class Request;

  // How many answers an address may hold at the same time; 0: any number.
  void SetMaxPerAddress(size_t max) { max_per_address_ = max; }

  // nullptr if there are too many, of this address or being made.
  std::shared_ptr<Request> Ask(const window::Filters& filters, std::string_view address,
                               base::TimePoint now);

  // What is known about the document that would be given now, without making one: its id, and its
  // length if it has been made.
  struct Known {
    std::string id;
    std::optional<size_t> length;
  };
  Known Look(const window::Filters& filters) const;

  // Gives up documents that nobody holds and no request would be given. Call it now and then.
  void DropOld(base::TimePoint now);

  // Of all documents.
  size_t bytes() const { return bytes_; }
  // How many have been made.
  uint64_t made() const { return made_; }

 private:
  using DocumentPtr = std::shared_ptr<const SnapshotDocument>;
  struct Making;
  // What is known about some filters.
  struct Entry {
    std::shared_ptr<Making> making = nullptr;
    // The newest document, while it may be given to others; and while anybody holds it.
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
    size_t ending = 0;  // those of them that have been told to end
  };

  // Does one piece of the work. Returns false when it is done.
  bool Work(const std::shared_ptr<Making>& making);
  // Keeps others from waiting for it. Returns false if somebody waits already.
  bool Close(Making& making);
  // Called when its size is known. Returns false if there is no room.
  bool BeginWriting(Making& making);
  void Finish(Making& making, const DocumentPtr& document);
  std::shared_ptr<Held> Hold(DocumentPtr document, std::string_view address, base::TimePoint now);
  void LetGo(Held& held);
  // Whether there is room for so many bytes more: of all, and of this address. Ends answers that
  // have had their time and are in the way.
  bool HasRoomLocked(size_t bytes, base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool HasShareLocked(const SnapshotDocument* document, size_t bytes, std::string_view address,
                      base::TimePoint now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the oldest answers, of one address or of all, until so many bytes will be free. Returns
  // how many will be.
  size_t EndOldLocked(size_t bytes, std::string_view address, base::TimePoint now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The entry's document if it is not too old to be given for lack of room.
  static DocumentPtr StaleOf(const Entry& entry, base::TimePoint now);
  void ForgetEntriesLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Of documents that nobody holds.
  size_t UnheldBytesLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Documents that nobody holds, which the caller destroys when the lock is free.
  std::vector<DocumentPtr> TakeUnheldLocked(base::TimePoint now, bool all)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const window::Window& window_;
  const size_t max_bytes_;
  std::atomic<size_t> max_per_address_{0};
  std::atomic<size_t> bytes_{0};
  std::atomic<uint64_t> made_{0};
  mutable base::Mutex mutex_;
  base::StringMap<Entry> by_filters_ ABSL_GUARDED_BY(mutex_);
  base::StringMap<Account> by_address_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const SnapshotDocument*, Holders> holders_ ABSL_GUARDED_BY(mutex_);
  // The longest held first.
  std::list<Held*> held_ ABSL_GUARDED_BY(mutex_);
  size_t makings_ ABSL_GUARDED_BY(mutex_) = 0;
  base::StringMap<size_t> makings_by_address_ ABSL_GUARDED_BY(mutex_);
};

// Holds the document until it is destroyed.
//
// Thread: any.
class SnapshotDocuments::Held {
 public:
  ~Held() { documents_.LetGo(*this); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  const SnapshotDocument& document() const { return *document_; }
  // Ends the answer that it is sent with.
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

  // The work on the document, if this request has to do it: call it until it returns false, even
  // when the request is gone. Empty if another request does it.
  std::function<bool()> work() const;
  bool done() const;
  // Calls ready when it is done, on any thread; at once if it is already.
  void WhenDone(std::function<void()> ready);
  // Call it when done. nullptr if there is no room for the document.
  std::shared_ptr<Held> Take(base::TimePoint now);

 private:
  friend class SnapshotDocuments;
  Request(SnapshotDocuments& documents, std::string_view address)
      : documents_(documents), address_(address) {}

  SnapshotDocuments& documents_;
  const std::string address_;
  // Either the document was there, or it is made.
  DocumentPtr document_;
  std::shared_ptr<Making> making_;
  bool makes_ = false;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SNAPSHOT_DOCUMENTS_H_
