#include "internal/store/jetstream/streams.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/store/jetstream/subject.h"

namespace ssegw::store::jetstream {
namespace {

// A cluster makes a stream within a second when it has a leader.
// A leader that lives answers at once. One that is gone never does, and the next is asked soon.
constexpr base::Duration kTimeout = std::chrono::seconds(1);
// To make a stream takes longer, and asking again finds it.
constexpr base::Duration kCreateTimeout = std::chrono::seconds(3);

bool IsTransient(const ApiError& error) {
  switch (error.code) {
    case kTemporarilyUnavailable:
    case kNotLeader:
    case kMalformed:
      return true;
    case kNoPeers:
      // As while a cluster starts.
      return error.description.find("peer offline") != std::string::npos;
    default:
      return false;
  }
}

// What the second of two creations at once is answered with, by some versions; and what a stream is
// that does not fit.
bool IsInTheWay(int code) { return code == kStreamNameInUse || code == kSubjectsOverlap; }

absl::Status Unusable(std::string_view stream, std::string_view why) {
  return absl::FailedPreconditionError(base::Concat("stream ", stream, " cannot be used: ", why));
}

std::string RefusalOf(std::string_view stream, const ApiError& error) {
  return base::Concat("the server refuses to create stream ", stream, ": ", error.description);
}

std::string Seconds(base::Duration duration) {
  return base::Concat(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count(),
                      " ms");
}

absl::Status CheckLog(const StreamsOptions& options, const StreamConfig& config) {
  std::vector<std::string> subjects = config.subjects;
  std::sort(subjects.begin(), subjects.end());
  const std::vector<std::string> wanted = {EventSubjects(options.name), MetaSubjects(options.name)};
  if (subjects != wanted) {
    return Unusable(config.name,
                    base::Concat("its subjects have to be ", wanted[0], " and ", wanted[1]));
  }
  if (config.has_sources) return Unusable(config.name, "it has sources");
  if (config.retention != "limits") {
    return Unusable(config.name,
                    base::Concat("its retention is ", config.retention, ", and has to be limits"));
  }
  if (config.discard != "old") {
    return Unusable(config.name, "it refuses events when it is full, and has to discard old ones");
  }
  if (config.max_msgs_per_subject > 0) {
    return Unusable(config.name, base::Concat("it has a limit of ", config.max_msgs_per_subject,
                                              " messages per subject"));
  }
  if (config.no_ack) return Unusable(config.name, "it does not acknowledge");
  if (config.sealed) return Unusable(config.name, "it is sealed");
  if (config.duplicate_window < 2 * options.publish_timeout) {
    return Unusable(
        config.name,
        base::Concat("its duplicate window of ", Seconds(config.duplicate_window),
                     " is below twice store_publish_timeout ", Seconds(options.publish_timeout)));
  }
  return absl::OkStatus();
}

absl::Status CheckKeys(const StreamsOptions& options, const StreamConfig& config) {
  const std::string log = LogStream(options.name);
  if (config.mirror != log) return Unusable(config.name, "it is no mirror of " + log);
  if (config.mirror_is_partial) {
    return Unusable(config.name, base::Concat("it mirrors a part of ", log, " only"));
  }
  return absl::OkStatus();
}

}  // namespace

Streams::Streams(StreamsOptions options)
    : options_(std::move(options)), self_(std::make_shared<Streams*>(this)) {}

Streams::~Streams() { *self_ = nullptr; }

void Streams::Find(nats::Requests& requests, Done done) {
  requests_ = &requests;
  done_ = std::move(done);
  found_ = {};
  keys_deleted_ = false;
  refusal_.reset();
  AskForJetStream();
}

void Streams::Ask(const std::string& subject, const std::string& data, base::Duration timeout,
                  absl::AnyInvocable<void(std::string_view) &&> on_answer) {
  requests_->Ask(subject, {}, data, timeout,
                 [self = self_, on_answer = std::move(on_answer)](nats::Reply reply) mutable {
                   if (*self == nullptr) return;
                   if (!reply.ok()) return (*self)->End(reply.status());
                   std::move(on_answer)(reply->data());
                 });
}

void Streams::AskForJetStream() {
  requests_->Ask(kAccountInfoSubject, {}, "", kTimeout, [self = self_](nats::Reply reply) {
    if (*self == nullptr) return;
    // Every server with JetStream listens there, also one that has no leader to answer.
    if (absl::IsUnavailable(reply.status())) {
      return (*self)->End(absl::FailedPreconditionError("the server has no JetStream"));
    }
    if (!reply.ok()) return (*self)->End(reply.status());
    const ApiError error = ParseError(reply->data());
    if (error.code == kJetStreamNotEnabled || error.code == kJetStreamNotEnabledForAccount) {
      return (*self)->End(absl::FailedPreconditionError(error.description));
    }
    if (error.code != kNoError) return (*self)->End(absl::UnavailableError(error.description));
    (*self)->AskForVersion();
  });
}

void Streams::AskForVersion() {
  // Consumers with a name of the caller's came with 2.9, and so did this subject. What is asked
  // is nothing that could be done.
  const std::string subject =
      base::Concat("$JS.API.CONSUMER.CREATE.", LogStream(options_.name), ".version");
  requests_->Ask(subject, {}, "", kTimeout, [self = self_](nats::Reply reply) {
    if (*self == nullptr) return;
    if (absl::IsUnavailable(reply.status())) {
      return (*self)->End(absl::FailedPreconditionError("the server is older than version 2.9"));
    }
    if (!reply.ok()) return (*self)->End(reply.status());
    (*self)->AskFor(Which::kLog);
  });
}

void Streams::AskFor(Which which) {
  Ask(StreamInfoSubject(Wanted(which).name), "", kTimeout,
      [this, which](std::string_view answer) { OnInfo(which, answer); });
}

void Streams::OnInfo(Which which, std::string_view answer) {
  ApiAnswer<StreamInfo> info = ParseStreamInfo(answer);
  if (info.error.code == kStreamNotFound) {
    if (refusal_) return EndInTheWay(which, *refusal_);
    return Create(which);
  }
  if (!info.ok()) return End(absl::UnavailableError(info.error.description));
  Take(which, std::move(info.value));
}

void Streams::Create(Which which) {
  const StreamConfig wanted = Wanted(which);
  Ask(StreamCreateSubject(wanted.name), StreamCreateRequest(wanted), kCreateTimeout,
      [this, which](std::string_view answer) { OnCreated(which, answer); });
}

void Streams::OnCreated(Which which, std::string_view answer) {
  ApiAnswer<StreamInfo> info = ParseStreamInfo(answer);
  if (IsInTheWay(info.error.code)) {
    // Another gateway was faster, or is about to be.
    refusal_ = std::move(info.error);
    return AskFor(which);
  }
  if (IsTransient(info.error)) return End(absl::UnavailableError(info.error.description));
  if (!info.ok()) {
    return End(absl::FailedPreconditionError(RefusalOf(Wanted(which).name, info.error)));
  }
  if (which == Which::kLog) found_.log_created = true;
  Take(which, std::move(info.value));
}

void Streams::EndInTheWay(Which which, const ApiError& error) {
  const std::string text = RefusalOf(Wanted(which).name, error);
  if (++in_the_way_ < kMaxInTheWay) return End(absl::UnavailableError(text));
  End(absl::FailedPreconditionError(text));
}

void Streams::Take(Which which, StreamInfo info) {
  refusal_.reset();
  if (absl::Status status = Check(which, info); !status.ok()) return End(std::move(status));
  if (which == Which::kLog) {
    found_.log = std::move(info);
    return AskFor(Which::kKeys);
  }
  if (info.created_at < found_.log.created_at && !keys_deleted_) return DeleteKeys();
  found_.keys = std::move(info);
  in_the_way_ = 0;
  if (!std::exchange(warned_, true)) {
    WarnOfDifferences(Which::kLog, found_.log.config);
    WarnOfDifferences(Which::kKeys, found_.keys.config);
    WarnOfCopies(found_.log);
  }
  End(std::move(found_));
}

void Streams::DeleteKeys() {
  // Once: where the clocks of servers disagree, a new one may seem to be older too.
  keys_deleted_ = true;
  log::Warn("mirror of another log deleted", {{"stream", KeysStream(options_.name)}});
  Ask(StreamDeleteSubject(KeysStream(options_.name)), "", kCreateTimeout,
      [this](std::string_view answer) {
        const ApiError error = ParseError(answer);
        if (error.code != kNoError && error.code != kStreamNotFound) {
          return End(absl::UnavailableError(error.description));
        }
        AskFor(Which::kKeys);
      });
}

absl::Status Streams::Check(Which which, const StreamInfo& info) const {
  return which == Which::kLog ? CheckLog(options_, info.config) : CheckKeys(options_, info.config);
}

StreamConfig Streams::Wanted(Which which) const {
  StreamConfig config;
  config.replicas = options_.replicas;
  config.storage = options_.in_memory ? "memory" : "file";
  if (which == Which::kLog) {
    config.name = LogStream(options_.name);
    config.subjects = {EventSubjects(options_.name), MetaSubjects(options_.name)};
    config.max_msgs = static_cast<int64_t>(options_.max_events);
    config.max_bytes = static_cast<int64_t>(options_.max_bytes);
    config.max_age = options_.max_age;
    config.duplicate_window = options_.dedup_window;
  } else {
    config.name = KeysStream(options_.name);
    config.mirror = LogStream(options_.name);
    config.max_msgs = static_cast<int64_t>(2 * options_.max_keys);
    config.max_msgs_per_subject = 1;
  }
  return config;
}

void Streams::WarnOfDifferences(Which which, const StreamConfig& found) {
  const StreamConfig wanted = Wanted(which);
  const auto warn = [&](std::string_view limit, const auto& has, const auto& would) {
    if (has == would) return;
    log::Warn("stream has another limit",
              {{"stream", wanted.name}, {"limit", limit}, {"has", has}, {"flags", would}});
  };
  const auto milliseconds = [](base::Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
  };
  warn("max_msgs", found.max_msgs, wanted.max_msgs);
  warn("max_bytes", found.max_bytes, wanted.max_bytes);
  warn("max_age_ms", milliseconds(found.max_age), milliseconds(wanted.max_age));
  warn("max_msg_size", found.max_msg_size, wanted.max_msg_size);
  warn("num_replicas", found.replicas, wanted.replicas);
  warn("storage", found.storage, wanted.storage);
  if (which == Which::kLog) {
    warn("duplicate_window_ms", milliseconds(found.duplicate_window),
         milliseconds(wanted.duplicate_window));
  } else {
    warn("max_msgs_per_subject", found.max_msgs_per_subject, wanted.max_msgs_per_subject);
  }
}

void Streams::WarnOfCopies(const StreamInfo& log) {
  if (log.config.replicas <= 1 || log.has_time) return;
  log::Warn("copies of the log may differ",
            {{"stream", log.config.name}, {"replicas", log.config.replicas}, {"servers", "2.9"}});
}

void Streams::End(absl::StatusOr<LogStreams> result) {
  requests_ = nullptr;
  // Last: it may destroy this.
  Done done = std::exchange(done_, nullptr);
  std::move(done)(std::move(result));
}

}  // namespace ssegw::store::jetstream
