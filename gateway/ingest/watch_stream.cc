// Implementation notes
//
// A call has one operation under way: its header, or one message. When that is done, or the source
// wakes it, the next message is taken from the source. So a caller that is slow has one message of
// its own here, and the source knows where it is.
//
// Wakes come from threads that have no time for gRPC, and work on on one of Workers.
//
// Locks: WatchStreams calls streams with its lock held, so a stream takes that lock (Remove) only
// without its own. A stream calls its source with its lock held.
#include "gateway/ingest/watch_stream.h"

#include <grpcpp/support/slice.h>

#include <chrono>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/ingest/call_rules.h"
#include "gateway/ingest/grpc_status.h"

namespace ssegw::ingest {
namespace {

class Refused final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit Refused(const grpc::Status& status) { Finish(status); }
  void OnDone() override { delete this; }
};

absl::Status LeavingError() { return absl::UnavailableError("the gateway leaves: watch another"); }
absl::Status MaxAgeError() {
  return absl::UnavailableError("the connection is as old as max_publisher_age: connect again");
}
absl::Status ExpiredError() {
  return absl::UnauthenticatedError("the token has expired: connect again with a newer one");
}
absl::Status GoneError() { return absl::CancelledError("the watcher is gone"); }

}  // namespace

// Thread:   reactions by gRPC's; the rest any.
// Lifetime: holds itself until gRPC is done with it (OnDone). Who wakes it, and who tells whose
// call
//           it is, find out that it is gone.
class WatchStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  WatchStream(WatchStreams* streams, grpc::CallbackServerContext* context, base::TimePoint ends_at,
              WatchStreams::Begin begin)
      : streams_(streams), context_(context), ends_at_(ends_at), begin_(std::move(begin)) {}

  void HoldItself() { self_ = shared_from_this(); }

  void Identified(Identity identity) {
    const base::MutexLock lock(mutex_);
    if (finished_) return;
    if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
      return EndWith(RefuseCall(Refusal::kUnauthenticated, refused->status, context_,
                                &streams_->parts_.stats, refused->subject));
    }
    const PublisherPtr publisher = std::get<PublisherPtr>(std::move(identity));
    auto source = begin_(publisher.get(), [weak = weak_from_this()] {
      if (const auto self = weak.lock()) {
        self->streams_->parts_.workers.Run([self] { self->Continue(); });
      }
    });
    if (!source.ok()) return EndWith(ToGrpcStatus(source.status()));
    if (publisher != nullptr && publisher->ends_at != base::WallTime::max()) {
      const base::Moment now = base::Moment::Now();
      expires_at_ = now.steady + (publisher->ends_at - now.wall);
    }
    source_ = *std::move(source);
    busy_ = true;
    StartSendInitialMetadata();
  }

  void End(const absl::Status& status) {
    const base::MutexLock lock(mutex_);
    EndWith(ToGrpcStatus(status));
  }
  void EndIfDue(base::TimePoint now) {
    if (now >= ends_at_) End(MaxAgeError());
    const base::MutexLock lock(mutex_);
    if (now >= expires_at_) EndWith(ToGrpcStatus(ExpiredError()));
  }

  void OnSendInitialMetadataDone(bool ok) override { Done(ok); }
  void OnWriteDone(bool ok) override { Done(ok); }
  void OnCancel() override { End(GoneError()); }
  void OnDone() override {
    streams_->Remove(*this);
    std::unique_ptr<WatchSource> source;
    {
      const base::MutexLock lock(mutex_);
      source = std::move(source_);
    }
    // Only now, since it may be the last that holds this.
    const std::shared_ptr<WatchStream> self = std::move(self_);
  }

 private:
  void Done(bool ok) {
    const base::MutexLock lock(mutex_);
    busy_ = false;
    if (!ok) return EndWith(ToGrpcStatus(GoneError()));
    Advance();
  }
  void Continue() {
    const base::MutexLock lock(mutex_);
    Advance();
  }
  void Advance() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (finished_ || busy_) return;
    const absl::StatusOr<std::optional<std::string>> next = source_->Next();
    if (!next.ok()) return EndWith(ToGrpcStatus(next.status()));
    if (!next->has_value()) return;
    const grpc::Slice slice(**next);
    message_ = grpc::ByteBuffer(&slice, 1);
    busy_ = true;
    StartWrite(&message_);
  }
  // The first end counts.
  void EndWith(const grpc::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (std::exchange(finished_, true)) return;
    Finish(status);
  }

  WatchStreams* const streams_;
  grpc::CallbackServerContext* const context_;
  const base::TimePoint ends_at_;
  const WatchStreams::Begin begin_;
  // Until OnDone.
  std::shared_ptr<WatchStream> self_;
  base::Mutex mutex_;
  base::TimePoint expires_at_ ABSL_GUARDED_BY(mutex_) = base::TimePoint::max();
  std::unique_ptr<WatchSource> source_ ABSL_GUARDED_BY(mutex_);
  grpc::ByteBuffer message_ ABSL_GUARDED_BY(mutex_);
  // gRPC sends something.
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
};

grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStreams::Start(
    grpc::CallbackServerContext* context, Begin begin) {
  const auto refuse = [&](Refusal refusal, const absl::Status& status,
                          std::string_view subject = {}) {
    return new Refused(RefuseCall(refusal, status, context, &parts_.stats, subject));
  };
  const base::TimePoint ends_at = parts_.connections.Called(PeerOf(*context));
  if (const auto bad = CheckMetadata(*context)) return refuse(bad->refusal, bad->status);
  const PublisherCredentials credentials = CredentialsOf(*context);
  IdentityOrWait identity = parts_.auth.Identify(credentials, std::chrono::system_clock::now());
  if (const auto* const refused = std::get_if<Unidentified>(&identity)) {
    return refuse(Refusal::kUnauthenticated, refused->status, refused->subject);
  }
  if (const absl::Status room = parts_.streams.Take(); !room.ok()) {
    return refuse(Refusal::kStreams, room);
  }
  const auto stream = std::make_shared<WatchStream>(this, context, ends_at, std::move(begin));
  stream->HoldItself();
  Add(*stream);
  if (auto* const publisher = std::get_if<PublisherPtr>(&identity)) {
    stream->Identified(std::move(*publisher));
  } else {
    parts_.auth.IdentifyLater(credentials,
                              [stream](Identity later) { stream->Identified(std::move(later)); });
  }
  return stream.get();
}

void WatchStreams::Add(WatchStream& stream) {
  const base::MutexLock lock(mutex_);
  open_.insert(&stream);
  if (ended_) stream.End(LeavingError());
}

void WatchStreams::Remove(WatchStream& stream) {
  {
    const base::MutexLock lock(mutex_);
    open_.erase(&stream);
  }
  parts_.streams.Give();
}

void WatchStreams::EndAll() {
  const base::MutexLock lock(mutex_);
  ended_ = true;
  for (WatchStream* const stream : open_) stream->End(LeavingError());
}

void WatchStreams::EndDue(base::TimePoint now) {
  const base::MutexLock lock(mutex_);
  for (WatchStream* const stream : open_) stream->EndIfDue(now);
}

}  // namespace ssegw::ingest
