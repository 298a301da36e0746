// Implementation notes
//
//   Start ──► Follow ───────────────────────────────► following ──► OnEnd: lost, and Start again
//     │          │ another seq or message than last_       │ a hole
//     │          ▼                                         ▼
//     │      SetBack: the mirror goes, the generation   Load
//     │      is raised, lost, and Start again
//     ▼
//   ReadGeneration ──► Load: SnapshotLoad ──► OnSnapshot ──► Take … until the log's end ──►
//   following
//
// Start decides by what the log is: the one that the window has, as far along or further; that one,
// set back; another one.
//
// To follow, the message that was read last is read once more. If its time is another one, the log
// was set back and has gone on from there, beyond that seq.
//
// A log that ends below what was read may have a new leader, which does not know yet what the one
// before it has stored: for as long as it takes until a majority has answered it. So the log has to
// take a message right behind the end that it says it has. Behind what is only not known yet it
// does not.
//
// Who finds a log set back raises its generation, and the others read that. The mirror goes first:
// it may have been left as it was, and nobody is to load it with the new generation.
//
// These messages have ids, though nobody repeats them: a server of 2.9 that starts again after it
// was killed may store once more what has none.
#include "internal/store/jetstream/reader.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"
#include "internal/log/log.h"
#include "internal/store/jetstream/message_id.h"
#include "internal/store/jetstream/subject.h"

namespace ssegw::store::jetstream {
namespace {

constexpr base::Duration kRequestTimeout = std::chrono::seconds(1);

uint64_t Nanoseconds(base::Duration duration) {
  return static_cast<uint64_t>(std::max(duration, base::Duration::zero()).count());
}

}  // namespace

Reader::Reader(window::Window& window, SharedLogStats& stats, ReaderListener& listener,
               std::string name, std::function<base::WallTime()> wall)
    : window_(window),
      stats_(stats),
      listener_(listener),
      name_(std::move(name)),
      log_stream_(LogStream(name_)),
      keys_stream_(KeysStream(name_)),
      wall_(std::move(wall)) {}

Reader::~Reader() { Detach(); }

void Reader::Start(nats::OpenLink& link, const StreamInfo& log) {
  link_ = &link;
  seen_ = log;
  heard_at_ = link.loop.now();
  if (!Knows(log) || set_back_) return ReadGeneration();
  if (log.last_seq < last_.seq) return MaybeSetBack();
  Follow();
}

void Reader::Detach() {
  if (link_ == nullptr) return;
  heard_at_ = heard_at();
  DropAll();
  link_ = nullptr;
}

void Reader::DropAll() {
  while_alive_.Reset();
  if (timer_) link_->loop.Cancel(*timer_);
  timer_.reset();
  generation_look_.reset();
  snapshot_.reset();
  log_.reset();
  following_ = false;
  // Nobody knows, until something comes.
  stats_.lag_ns.Set(0);
}

void Reader::OnMessage(nats::SubscriptionId subscription, nats::Message message) {
  if (log_ && log_->subscription() == subscription) {
    log_->OnMessage(std::move(message));
  } else if (snapshot_) {
    snapshot_->OnMessage(subscription, std::move(message));
  } else if (generation_look_ && generation_look_->subscription() == subscription) {
    generation_look_->OnMessage(std::move(message));
  }
}

void Reader::Follow() {
  set_back_since_.reset();
  log_ = std::make_unique<Pull>(*link_, *this,
                                PullOptions{.stream = log_stream_, .start_seq = last_.seq});
  listener_.OnEpoch(EpochOf(log_stream_, created_, generation_));
}

void Reader::MaybeSetBack() {
  if (!set_back_since_) set_back_since_ = link_->loop.now();
  if (link_->loop.now() - *set_back_since_ >= kSetBackFor) return ProveSetBack();
  LookAgain();
}

void Reader::ProveSetBack() {
  // It has the number that holds, so it changes nothing for anybody.
  link_->requests.Ask(EpochSubject(name_),
                      {{kMessageIdHeader, NewMetaMessageId()},
                       {"Nats-Expected-Last-Sequence", base::Concat(seen_.last_seq)}},
                      FormatGeneration(generation_), kRequestTimeout,
                      while_alive_([this](const nats::Reply& reply) {
                        const bool stored = reply.ok() && ParsePublishAck(reply->data()).ok();
                        stored ? SetBack() : LookAgain();
                      }));
}

void Reader::LookAgain() {
  timer_ = link_->loop.RunAfter(kLookAgain, [this] {
    timer_.reset();
    LookAtStream(link_->requests, log_stream_,
                 while_alive_([this](const std::optional<StreamInfo>& log) {
                   if (!log) return Lost(ReaderRestart::kDeleted);
                   Start(*link_, *log);
                 }));
  });
}

void Reader::SetBack() {
  log::Error("log was set back",
             {{"stream", log_stream_}, {"last_seq", seen_.last_seq}, {"had_read", last_.seq}});
  set_back_ = true;
  set_back_since_.reset();
  log_.reset();
  following_ = false;
  ReadGeneration();
}

void Reader::ReadGeneration() {
  generation_look_ =
      std::make_unique<GenerationLook>(*link_, keys_stream_, log_stream_, EpochSubject(name_),
                                       [this](const std::optional<Generation>& generation) {
                                         if (!generation) return Lost(ReaderRestart::kDeleted);
                                         OnGeneration(*generation);
                                       });
}

void Reader::OnGeneration(const Generation& generation) {
  generation_look_.reset();
  const bool another = seen_.created != created_;
  if (set_back_ && !another && generation.number <= generation_) {
    return RaiseGeneration(generation);
  }
  if (another && !created_.empty()) {
    stats_.epoch_changes[EpochChange::kRecreated].Add();
  } else if (generation.number != generation_ && !created_.empty()) {
    stats_.epoch_changes[EpochChange::kSetBack].Add();
  }
  set_back_ = false;
  created_ = seen_.created;
  hole_after_.reset();
  generation_ = generation.number;
  Load();
}

void Reader::RaiseGeneration(const Generation& generation) {
  // Whatever comes of it, what is there then is looked at again. One of those who try at once wins.
  const auto raise = [this, generation](const nats::Reply&) {
    const std::string expected = base::Concat(generation.log_seq);
    link_->requests.Ask(
        EpochSubject(name_),
        {{kMessageIdHeader, NewMetaMessageId()}, {"Nats-Expected-Last-Subject-Sequence", expected}},
        FormatGeneration(generation_ + 1), kRequestTimeout,
        while_alive_([this](const nats::Reply&) { Lost(ReaderRestart::kDeleted); }));
  };
  link_->requests.Ask(StreamDeleteSubject(keys_stream_), {}, "", kRequestTimeout,
                      while_alive_(raise));
}

void Reader::Load() {
  heard_at_ = link_->loop.now();
  DropAll();
  loaded_ = false;
  load_began_ = link_->loop.now();
  last_ = {};
  const std::string epoch = EpochOf(log_stream_, created_, generation_);
  window_.BeginLoad(epoch);
  listener_.OnEpoch(epoch);
  snapshot_ = std::make_unique<SnapshotLoad>(*link_, *this, name_);
  listener_.OnLoading();
}

void Reader::OnSnapshotMessage(uint64_t seq, const nats::Message& message) {
  Append(seq, ReadLogMessage(name_, message, {.steady = link_->loop.now(), .wall = wall_()}));
}

void Reader::OnSnapshot(LogBegin begin) {
  window_.LogBeginsAt(begin.seq, begin.forgotten);
  last_ = {.seq = begin.seq - 1};
  load_up_to_ = begin.last_seq;
  log_ = std::move(begin.log);
  log_->SetListener(*this);
  snapshot_.reset();
  for (const auto& [delivery, message] : begin.delivered) {
    if (!Take(delivery, message)) return;
  }
  log_->Hold(false);
  if (begin.delivered.empty()) MaybeFollowing(0);
}

void Reader::OnSnapshotEnd(PullEnd end) {
  Lost(end == PullEnd::kSilent ? ReaderRestart::kHeartbeat : ReaderRestart::kDeleted);
}

void Reader::OnBegin(uint64_t pending) {
  // Not while it loads: then the consumer was made before.
  if (pending == 0) MaybeFollowing(pending);
}

void Reader::OnDelivery(const Delivery& delivery, nats::Message message) {
  Take(delivery, message);
}

void Reader::OnEnd(PullEnd end) {
  Lost(end == PullEnd::kSilent ? ReaderRestart::kHeartbeat : ReaderRestart::kDeleted);
}

bool Reader::Take(const Delivery& delivery, const nats::Message& message) {
  if (delivery.seq <= last_.seq) {
    const bool other =
        delivery.seq == last_.seq && last_.stored_ns != 0 && delivery.stored_ns != last_.stored_ns;
    if (other) {
      SetBack();
      return false;
    }
  } else if (delivery.seq > last_.seq + 1 && hole_after_ != last_.seq) {
    Lose();
    return false;
  } else {
    // A hole that is still there when all was loaded again is what somebody has deleted.
    last_ = {.seq = delivery.seq, .stored_ns = delivery.stored_ns};
    LogMessage read =
        ReadLogMessage(name_, message, {.steady = link_->loop.now(), .wall = wall_()});
    if (read.generation && *read.generation > generation_) {
      log::Warn("log has another generation", {{"stream", log_stream_}});
      stats_.epoch_changes[EpochChange::kSetBack].Add();
      generation_ = *read.generation;
      Load();
      return false;
    }
    if (!read.frame && !read.generation) stats_.foreign.Add();
    CountLag(delivery, read.frame ? read.frame->received_at() : link_->loop.now());
    Append(delivery.seq, std::move(read));
  }
  // Not only where nothing is pending: under load that may never be.
  if (!following_) MaybeFollowing(delivery.pending);
  return true;
}

void Reader::Append(uint64_t seq, LogMessage message) {
  if (message.frame) window_.AppendAt(seq, std::move(message.frame));
}

void Reader::CountLag(const Delivery& delivery, base::TimePoint received_at) {
  stats_.lag_events.Set(delivery.pending);
  stats_.lag_ns.Set(delivery.pending == 0 ? 0 : Nanoseconds(link_->loop.now() - received_at));
}

void Reader::MaybeFollowing(uint64_t pending) {
  if (last_.seq >= (loaded_ ? seen_.last_seq : load_up_to_)) return Following();
  if (pending > 0) return;
  // The server that the consumer is at is behind its leader, or somebody has deleted the last ones.
  if (timer_) link_->loop.Cancel(*timer_);
  timer_ = link_->loop.RunAfter(kEndFor, [this] {
    timer_.reset();
    Following();
  });
}

void Reader::Following() {
  if (timer_) link_->loop.Cancel(*timer_);
  if (!std::exchange(loaded_, true)) {
    window_.EndLoad();
    stats_.load_ns.Set(Nanoseconds(link_->loop.now() - load_began_));
  }
  stats_.lag_events.Set(0);
  stats_.lag_ns.Set(0);
  following_ = true;
  looks_ = 0;
  unanswered_looks_ = 0;
  answered_look_at_ = link_->loop.now();
  leader_since_.reset();
  LookLater();
  listener_.OnFollowing();
}

void Reader::LookLater() {
  timer_ = link_->loop.RunAfter(kLook, [this] {
    timer_.reset();
    const auto on_look = [this, asked_at = link_->loop.now()](
                             const std::optional<StreamInfo>& log) { OnLook(log, asked_at); };
    LookAtStream(link_->requests, log_stream_, while_alive_(on_look));
    if (++looks_ % kLooksPerMirrorLook == 0) LookAtMirror();
  });
}

void Reader::LookAtMirror() {
  LookAtStream(link_->requests, keys_stream_,
               while_alive_([this](const std::optional<StreamInfo>& keys) {
                 if (!keys) return;
                 stats_.keys_lag_events.Set(last_.seq - std::min(last_.seq, keys->last_seq));
               }));
}

void Reader::OnLook(const std::optional<StreamInfo>& log, base::TimePoint asked_at) {
  if (!following_) return;
  unanswered_looks_ = log ? 0 : unanswered_looks_ + 1;
  if (log) answered_look_at_ = asked_at;
  // A consumer may say that it lives where the log has no leader, and nothing can come.
  if (unanswered_looks_ == kUnansweredLooks) {
    return LostSince(answered_look_at_, ReaderRestart::kHeartbeat);
  }
  LookLater();
  if (!log || log->leader != leader_) leader_since_.reset();
  if (!log || !Knows(*log)) return;
  // Where nothing is delivered, nothing else tells.
  stats_.lag_events.Set(log->last_seq - std::min(log->last_seq, last_.seq));
  leader_ = log->leader;
  if (!leader_since_) leader_since_ = asked_at;
  // Of several copies a leader that is new may not say all that the log has.
  if (log->config.replicas <= 1 || asked_at - *leader_since_ >= kSetBackFor) {
    listener_.OnLogEnd({.seq = log->last_seq, .asked_at = asked_at});
  }
}

void Reader::Lose() {
  if (loaded_) {
    stats_.gaps.Add();
    log::Warn("log loaded anew", {{"stream", log_stream_}, {"had_read", last_.seq}});
  }
  hole_after_ = last_.seq;
  Load();
}

void Reader::LostSince(base::TimePoint since, ReaderRestart why) {
  stats_.reader_restarts[why].Add();
  DropAll();
  heard_at_ = since;
  listener_.OnReaderLost(why);
}

}  // namespace ssegw::store::jetstream
