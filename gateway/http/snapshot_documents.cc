// Implementation notes
//
// A document is made by the thread of the request that asked first, in pieces between which that
// thread does other work; other requests for it only wait. If all that wait are gone, the making
// ends.
//
// The lock is never held while a document is read, written or destroyed: a document that is given
// up under the lock is moved out and destroyed later. A document counts from when its size is known
// until its last holder is gone. One whose holders have all been told to end is not counted when
// room is looked for, because their sockets close within the same moment.
#include "gateway/http/snapshot_documents.h"

#include <algorithm>
#include <utility>

#include "internal/sse/event_id.h"

namespace ssegw::http {
namespace {

// So many filters are remembered while nobody asks for them.
constexpr size_t kMaxEntries = 256;
constexpr size_t kMaxEnds = 256;

}  // namespace

struct SnapshotDocuments::Making {
  Making(const window::Window& window, window::Filters wanted, std::string_view for_address)
      : filters(std::move(wanted)), address(for_address), writer(window, filters) {}

  const window::Filters filters;
  const std::string address;
  // How many requests wait for it.
  std::atomic<size_t> waiting{1};
  // Further requests may wait for it too. They may not wait for a small document that has been
  // read: it would not have what they published before they asked.
  std::atomic<bool> open{true};

  // Of the thread that makes it.
  SnapshotWriter writer;
  bool counted = false;
  bool finished = false;

  // Of the documents' lock.
  bool done = false;
  DocumentPtr result;
  std::vector<std::function<void()>> ready;
};

SnapshotDocuments::SnapshotDocuments(const window::Window& window, size_t max_bytes)
    : window_(window), max_bytes_(max_bytes) {}

SnapshotDocuments::~SnapshotDocuments() {
  // Documents subtract themselves from bytes_ when they go.
  std::vector<DocumentPtr> unheld;
  base::MutexLock lock(mutex_);
  unheld = TakeUnheldLocked(base::TimePoint::max(), /*all=*/true);
  by_filters_.clear();
}

std::shared_ptr<SnapshotDocuments::Request> SnapshotDocuments::Ask(const window::Filters& filters,
                                                                   std::string_view address,
                                                                   base::TimePoint now) {
  const std::string& canonical = filters.canonical();
  std::shared_ptr<Request> request(new Request(*this, address));
  DocumentPtr newest;
  {
    base::MutexLock lock(mutex_);
    const size_t max = max_per_address_;
    const auto account = by_address_.find(address);
    if (max > 0 && account != by_address_.end() && account->second.answers >= max) return nullptr;
    if (const auto it = by_filters_.find(canonical); it != by_filters_.end()) {
      newest = it->second.newest.lock();
    }
  }
  if (newest && (now - newest->as_of <= newest->good_for ||
                 !window_.MayHaveChanged(filters, newest->epoch, newest->seq))) {
    request->document_ = std::move(newest);
    return request;
  }
  auto making = std::make_shared<Making>(window_, filters, address);
  base::MutexLock lock(mutex_);
  Entry& entry = by_filters_[canonical];
  entry.used_at = now;
  if (entry.making && entry.making->open) {
    request->making_ = entry.making;
    ++entry.making->waiting;
    return request;
  }
  // It will be about as long as the last one; without room for that it is not begun.
  const size_t bytes = std::max(entry.length, SnapshotWriter::kMinBytes);
  size_t& of_address = makings_by_address_[address];
  if (makings_ >= kMaxMakings || of_address >= kMaxMakingsPerAddress ||
      !HasShareLocked(nullptr, bytes, address, now) || !HasRoomLocked(bytes, now)) {
    if (of_address == 0) makings_by_address_.erase(makings_by_address_.find(address));
    request->document_ = StaleOf(entry, now);
    return request->document_ ? request : nullptr;
  }
  ++makings_;
  ++of_address;
  request->making_ = making;
  request->makes_ = true;
  entry.making = std::move(making);
  ForgetEntriesLocked();
  return request;
}

SnapshotDocuments::Known SnapshotDocuments::Look(const window::Filters& filters) const {
  std::optional<Entry> entry;
  {
    base::MutexLock lock(mutex_);
    if (const auto it = by_filters_.find(filters.canonical());
        it != by_filters_.end() && it->second.length > 0) {
      entry.emplace();
      entry->epoch = it->second.epoch;
      entry->seq = it->second.seq;
      entry->length = it->second.length;
    }
  }
  if (entry && !window_.MayHaveChanged(filters, entry->epoch, entry->seq)) {
    return {.id = sse::FormatEventId(entry->epoch, entry->seq), .length = entry->length};
  }
  const window::Position now = window_.position();
  return {.id = sse::FormatEventId(now.epoch, now.seq), .length = std::nullopt};
}

bool SnapshotDocuments::Work(const std::shared_ptr<Making>& making) {
  if (making->finished) return false;
  if (making->waiting == 0 && Close(*making)) {
    Finish(*making, nullptr);
    return false;
  }
  switch (making->writer.Work()) {
    case SnapshotWriter::Step::kMore:
      return true;
    case SnapshotWriter::Step::kRead:
      making->open = !making->writer.is_small();
      return true;
    case SnapshotWriter::Step::kSized:
      return BeginWriting(*making);
    case SnapshotWriter::Step::kDone:
      break;
  }
  making->counted = false;  // from here on the document counts itself
  ++made_;
  Finish(*making, DocumentPtr(new SnapshotDocument(making->writer.Take()),
                              [this](const SnapshotDocument* gone) {
                                bytes_ -= gone->bytes;
                                delete gone;
                              }));
  return false;
}

bool SnapshotDocuments::Close(Making& making) {
  base::MutexLock lock(mutex_);
  if (making.waiting > 0) return false;
  making.open = false;
  return true;
}

bool SnapshotDocuments::BeginWriting(Making& making) {
  const size_t bytes = making.writer.bytes();
  DocumentPtr instead;
  {
    std::vector<DocumentPtr> unheld;
    const base::TimePoint now = base::Now();
    base::MutexLock lock(mutex_);
    making.counted = HasRoomLocked(bytes, now);
    if (making.counted) {
      bytes_ += bytes;
      if (bytes_ > max_bytes_) unheld = TakeUnheldLocked(now, /*all=*/true);
    } else if (const auto it = by_filters_.find(making.filters.canonical());
               it != by_filters_.end()) {
      instead = StaleOf(it->second, now);
    }
  }
  if (!making.counted) Finish(making, instead);
  return making.counted;
}

void SnapshotDocuments::Finish(Making& making, const DocumentPtr& document) {
  making.finished = true;
  if (std::exchange(making.counted, false)) bytes_ -= making.writer.bytes();
  std::vector<std::function<void()>> ready;
  DocumentPtr before;
  {
    base::MutexLock lock(mutex_);
    --makings_;
    if (const auto of_address = makings_by_address_.find(making.address);
        --of_address->second == 0) {
      makings_by_address_.erase(of_address);
    }
    making.done = true;
    making.result = document;
    ready.swap(making.ready);
    const auto it = by_filters_.find(making.filters.canonical());
    if (it != by_filters_.end()) {
      Entry& entry = it->second;
      if (entry.making.get() == &making) entry.making = nullptr;
      if (document && (document->epoch != entry.epoch || document->seq >= entry.seq)) {
        before = std::exchange(entry.kept,
                               document->good_for > base::Duration(0) ? document : DocumentPtr());
        entry.newest = document;
        entry.epoch = document->epoch;
        entry.seq = document->seq;
        entry.length = document->text.size();
      }
    }
  }
  for (const auto& call : ready) call();
}

SnapshotDocuments::DocumentPtr SnapshotDocuments::StaleOf(const Entry& entry, base::TimePoint now) {
  DocumentPtr newest = entry.newest.lock();
  return newest && now - newest->as_of <= kStale ? newest : nullptr;
}

std::shared_ptr<SnapshotDocuments::Held> SnapshotDocuments::Hold(DocumentPtr document,
                                                                 std::string_view address,
                                                                 base::TimePoint now) {
  base::MutexLock lock(mutex_);
  if (!HasShareLocked(document.get(), document->bytes, address, now)) return nullptr;
  Account& account = by_address_[address];
  ++account.answers;
  if (account.documents[document.get()]++ == 0) account.bytes += document->bytes;
  ++holders_[document.get()].all;
  const std::shared_ptr<Held> held(new Held(*this, std::move(document), address, now));
  held->place_ = held_.insert(held_.end(), held.get());
  return held;
}

void SnapshotDocuments::LetGo(Held& held) {
  const SnapshotDocument* const document = held.document_.get();
  base::MutexLock lock(mutex_);
  held_.erase(held.place_);
  const auto holders = holders_.find(document);
  if (held.ending_) --holders->second.ending;
  if (--holders->second.all == 0) holders_.erase(holders);
  const auto account = by_address_.find(held.address_);
  const auto of_address = account->second.documents.find(document);
  if (--of_address->second == 0) {
    account->second.documents.erase(of_address);
    account->second.bytes -= document->bytes;
  }
  if (--account->second.answers == 0) by_address_.erase(account);
}

bool SnapshotDocuments::HasRoomLocked(size_t bytes, base::TimePoint now) {
  const size_t ending = EndOldLocked(0, {}, now);
  const size_t unheld = UnheldBytesLocked();
  const size_t counted = bytes_ - std::min<size_t>(ending + unheld, bytes_);
  if (counted == 0 || counted + bytes <= max_bytes_) return true;
  const size_t needed = counted + bytes - max_bytes_;
  const size_t ended = EndOldLocked(ending + std::min(needed, counted), {}, now);
  return ended - ending >= std::min(needed, counted);
}

bool SnapshotDocuments::HasShareLocked(const SnapshotDocument* document, size_t bytes,
                                       std::string_view address, base::TimePoint now) {
  const auto account = by_address_.find(address);
  if (account == by_address_.end() || account->second.documents.contains(document)) return true;
  const size_t share = max_bytes_ / kShareDivisor;
  const size_t held = account->second.bytes;
  const size_t ending = EndOldLocked(0, address, now);
  const size_t counted = held - std::min(ending, held);
  if (counted == 0 || counted + bytes <= share) return true;
  const size_t needed = std::min(counted + bytes - std::min(share, counted + bytes), counted);
  return EndOldLocked(ending + needed, address, now) - ending >= needed;
}

size_t SnapshotDocuments::EndOldLocked(size_t bytes, std::string_view address,
                                       base::TimePoint now) {
  // For an address, a document is free when that address's own holders are gone.
  const auto ends_with = [&](const SnapshotDocument* document) {
    const Holders& holders = holders_.at(document);
    if (address.empty()) return holders.ending == holders.all;
    const Account& account = by_address_.at(address);
    const auto it = account.documents.find(document);
    return it != account.documents.end() && holders.ending >= it->second;
  };
  size_t ended = 0;
  for (const auto& [document, holders] : holders_) {
    if (holders.ending > 0 && ends_with(document)) ended += document->bytes;
  }
  size_t ends = 0;
  for (Held* const held : held_) {
    if (ended >= bytes || ends == kMaxEnds || now - held->since_ < kUndisturbed) break;
    if (held->ending_ || (!address.empty() && held->address_ != address)) continue;
    held->ending_ = true;
    ++ends;
    ++holders_.at(held->document_.get()).ending;
    held->end_->End();
    if (ends_with(held->document_.get())) ended += held->document_->bytes;
  }
  return ended;
}

size_t SnapshotDocuments::UnheldBytesLocked() const {
  size_t bytes = 0;
  for (const auto& [filters, entry] : by_filters_) {
    if (entry.kept && !holders_.contains(entry.kept.get())) bytes += entry.kept->bytes;
  }
  return bytes;
}

void SnapshotDocuments::ForgetEntriesLocked() {
  while (by_filters_.size() > kMaxEntries) {
    auto oldest = by_filters_.end();
    for (auto it = by_filters_.begin(); it != by_filters_.end(); ++it) {
      if (it->second.making || it->second.kept || !it->second.newest.expired()) continue;
      if (oldest == by_filters_.end() || it->second.used_at < oldest->second.used_at) oldest = it;
    }
    if (oldest == by_filters_.end()) return;
    by_filters_.erase(oldest);
  }
}

std::vector<SnapshotDocuments::DocumentPtr> SnapshotDocuments::TakeUnheldLocked(base::TimePoint now,
                                                                                bool all) {
  std::vector<DocumentPtr> unheld;
  for (auto& [filters, entry] : by_filters_) {
    if (!entry.kept) continue;
    if (!all && now - entry.kept->as_of <= entry.kept->good_for) continue;
    // A document that somebody holds goes with its last holder.
    DocumentPtr kept = std::exchange(entry.kept, nullptr);
    if (!holders_.contains(kept.get())) unheld.push_back(std::move(kept));
  }
  return unheld;
}

void SnapshotDocuments::DropOld(base::TimePoint now) {
  std::vector<DocumentPtr> unheld;
  base::MutexLock lock(mutex_);
  unheld = TakeUnheldLocked(now, /*all=*/false);
}

SnapshotDocuments::Request::~Request() {
  if (making_) --making_->waiting;
}

std::function<bool()> SnapshotDocuments::Request::work() const {
  if (!makes_) return nullptr;
  return [documents = &documents_, making = making_] { return documents->Work(making); };
}

bool SnapshotDocuments::Request::done() const {
  if (!making_) return true;
  base::MutexLock lock(documents_.mutex_);
  return making_->done;
}

void SnapshotDocuments::Request::WhenDone(std::function<void()> ready) {
  if (making_) {
    base::MutexLock lock(documents_.mutex_);
    if (!making_->done) {
      making_->ready.push_back(std::move(ready));
      return;
    }
  }
  ready();
}

std::shared_ptr<SnapshotDocuments::Held> SnapshotDocuments::Request::Take(base::TimePoint now) {
  DocumentPtr document = document_;
  if (making_) {
    base::MutexLock lock(documents_.mutex_);
    document = making_->result;
  }
  return document ? documents_.Hold(std::move(document), address_, now) : nullptr;
}

}  // namespace ssegw::http
