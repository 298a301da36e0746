#include "tests/unit/fanout/model_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "internal/base/concat.h"
#include "internal/sse/event_id.h"

namespace ssegw::fanout {
namespace {

constexpr std::string_view kEpoch = "e";
constexpr std::string_view kConnection = "c-7";
constexpr std::chrono::milliseconds kRetry{1234};

}  // namespace

ssize_t ModelReader::Sink::Write(std::span<const iovec> pieces) {
  reader_.settings_.meanwhile();
  if (broken) return -1;
  size_t taken = 0;
  for (const iovec& piece : pieces) {
    const size_t n = std::min(piece.iov_len, room - taken);
    bytes.append(static_cast<const char*>(piece.iov_base), n);
    taken += n;
    if (n < piece.iov_len) {
      if (n > 0) ++reader_.coverage_.partly_written;
      break;
    }
  }
  if (room != std::numeric_limits<size_t>::max()) room -= taken;
  return static_cast<ssize_t>(taken);
}

void ModelReader::Sink::OnNext(Next next) {
  switch (next) {
    case Next::kWait:
      return;
    case Next::kWritable:
      waits_writable = true;
      return;
    case Next::kSoon:
      wants_pump = true;
      return;
    case Next::kGone:
      EXPECT_TRUE(broken);
      reader_.subscription_.reset();
      return;
  }
}

ModelReader::Counts ModelReader::TakeCounts() const {
  Counts counts;
  const ShardStats& stats = shard_->stats();
  for (const auto outcome : base::AllOf<ResumeOutcome>()) {
    counts.resumes[outcome] = stats.resumes[outcome].value();
  }
  for (const auto reason : base::AllOf<sse::ResetReason>()) {
    counts.resets[reason] = stats.resets[reason].value();
  }
  return counts;
}

void ModelReader::Connect(Shard& shard, const std::string& id, Start start, base::TimePoint now) {
  Cut();
  shard_ = &shard;
  sink_.broken = sink_.waits_writable = sink_.wants_pump = false;
  decoder_ = {};
  parser_ = {};
  greeting_ = {};
  said_bye_ = finishing_ = false;
  settings_.request.last_event_id = id;
  settings_.request.start = start;
  const Counts before = TakeCounts();
  subscription_ = std::make_unique<Subscription>(
      shard, static_cast<ByteSink&>(sink_), settings_.request, settings_.framing,
      Subscription::Greeting{.connection_id = kConnection, .retry = kRetry});
  live_at_ = log_.head();
  resumes_.reset();
  if (!id.empty()) resumes_ = TakeCounts().resets == before.resets;
  away_ = true;
  if (!id.empty()) {
    CheckOutcome(before, id);
  } else {
    ASSERT_EQ(TakeCounts().resumes, before.resumes);
    ASSERT_EQ(TakeCounts().resets, before.resets);
    Forget(0);
    snapshot_end_ = start == Start::kSnapshot ? log_.head() : 0;
    complete_after_ = start == Start::kEarliest ? log_.window_start() : log_.head();
    state_from_ = start == Start::kSnapshot ? 0 : complete_after_;
    away_ = start == Start::kEarliest;
  }
  last_id_ = id;
  Do([&] { sink_.OnNext(subscription_->Pump(now)); });
}

void ModelReader::Cut() {
  subscription_.reset();
  sink_.bytes.clear();
  notes_.clear();
  every_after_.reset();
}

void ModelReader::Forget(uint64_t state_from) {
  state_.clear();
  received_.clear();
  last_seq_ = 0;
  state_from_ = state_from;
}

void ModelReader::RollBackTo(uint64_t seq) {
  if (std::binary_search(received_.begin(), received_.end(), seq)) {
    const std::vector<uint64_t> kept(received_.begin(),
                                     std::upper_bound(received_.begin(), received_.end(), seq));
    const uint64_t state_from = state_from_;
    Forget(state_from);
    for (const uint64_t each : kept) Apply(each);
  } else {
    // It says that it has all up to there; what that is, is its own affair.
    Forget(seq);
    last_seq_ = seq;
  }
  snapshot_end_ = 0;
  complete_after_ = seq;
}

std::optional<sse::ResetReason> ModelReader::ExpectedReset(const std::string& id, bool& may) const {
  may = false;
  const size_t dash = id.find('-');
  const std::string epoch = id.substr(0, dash);
  const bool epoch_is_good = dash != std::string::npos && !epoch.empty() &&
                             std::all_of(epoch.begin(), epoch.end(), isalnum);
  const std::string digits = dash == std::string::npos ? "" : id.substr(dash + 1);
  // Up to 20 digits, as large as they may be: that is the future in any case.
  if (!epoch_is_good || digits.empty() || digits.size() > 20 ||
      !std::all_of(digits.begin(), digits.end(), isdigit) ||
      (digits.size() > 1 && digits[0] == '0') ||
      (digits.size() == 20 && digits > "18446744073709551615")) {
    return sse::ResetReason::kUnknownId;
  }
  if (epoch != kEpoch) return sse::ResetReason::kOtherEpoch;
  const uint64_t seq = std::stoull(digits);
  if (seq > log_.head()) return sse::ResetReason::kUnknownId;
  const ModelLog::Loss loss = log_.LostOf(read_mode(), filters(), seq, log_.now());
  may = loss == ModelLog::Loss::kOfOthers && log_.MayConfuse(read_mode(), filters());
  if (loss == ModelLog::Loss::kSome || may) return sse::ResetReason::kExpired;
  return std::nullopt;
}

void ModelReader::CheckOutcome(const Counts& before, const std::string& id) {
  bool may = false;
  std::optional<sse::ResetReason> reason = ExpectedReset(id, may);
  Counts expected = before;
  if (may && TakeCounts().resets == before.resets) reason.reset();
  if (reason) {
    ++expected.resets[*reason];
    ++expected.resumes[ResumeOutcome::kReset];
    notes_.push_back(
        {.reason = *reason, .on_resume = true, .must_be_exact = false, .moment = log_.now()});
    if (*reason == sse::ResetReason::kExpired) {
      ++coverage_.expired_on_resume;
      // Until it reads that, the page has what it had.
      RollBackTo(std::stoull(id.substr(2)));
    } else {
      Forget(0);
    }
    away_ = false;
  } else {
    const uint64_t seq = std::stoull(id.substr(2));
    bool live = log_.CountMatching(filters(), seq, log_.head()) == 0;
    // Without an index it is not known that nothing was missed, but at the head.
    if (live && seq < log_.head() && !log_.Indexed(filters())) {
      live = TakeCounts().resumes[ResumeOutcome::kLive] > before.resumes[ResumeOutcome::kLive];
    }
    ++expected.resumes[live ? ResumeOutcome::kLive : ResumeOutcome::kReplayed];
    if (seq < log_.window_start()) ++coverage_.resumed_past_window;
    RollBackTo(seq);
  }
  const Counts after = TakeCounts();
  ASSERT_EQ(after.resets, expected.resets) << "id " << id.substr(0, 50);
  ASSERT_EQ(after.resumes, expected.resumes) << "id " << id.substr(0, 50);
}

bool ModelReader::WantsPump() const {
  return connected() && (sink_.wants_pump || (sink_.waits_writable && sink_.room > 0));
}

void ModelReader::Pump(base::TimePoint now) {
  sink_.wants_pump = false;
  if (sink_.room > 0) sink_.waits_writable = false;
  Do([&] { sink_.OnNext(subscription_->Pump(now)); });
}

void ModelReader::PumpPaced(base::TimePoint now) {
  if (!paced() || finishing_) return;
  Do([&] { sink_.OnNext(subscription_->PumpPaced(now)); });
}

void ModelReader::Heartbeat(base::TimePoint now) {
  if (sink_.waits_writable || finishing_) return;
  Do([&] { sink_.OnNext(subscription_->Heartbeat(now)); });
}

void ModelReader::Finish(base::TimePoint now) {
  if (finishing_) return;
  finishing_ = true;
  Do([&] {
    subscription_->Finish(sse::Bye(sse::ByeReason::kDrain, kRetry));
    sink_.OnNext(subscription_->Pump(now));
  });
}

void ModelReader::Do(const std::function<void()>& action) {
  const Counts before = TakeCounts();
  action();
  Counts expected = before;
  const Counts after = TakeCounts();
  if (after.resets != before.resets) {
    ++expected.resets[sse::ResetReason::kExpired];
    notes_.push_back({.reason = sse::ResetReason::kExpired,
                      .on_resume = false,
                      .must_be_exact = all() && !away_ && !settings_.may_lose_track,
                      .moment = log_.now()});
    away_ = false;
  }
  ASSERT_EQ(after.resets, expected.resets);
  ASSERT_EQ(after.resumes, before.resumes);
  NoteStanding();
}

void ModelReader::AfterTurn(bool late) {
  if (late) every_after_.reset();
  if (connected()) NoteStanding();
}

void ModelReader::NoteStanding() {
  if (!settings_.has_distance) Read();
  if (connected() && !subscription_->behind()) away_ = false;
  const bool keeps_up =
      connected() && !subscription_->behind() && !paced() && !finishing_ && !settings_.has_distance;
  if (!keeps_up) {
    every_after_.reset();
  } else if (!every_after_) {
    every_after_ = log_.head();
  }
}

void ModelReader::Read(size_t bytes) {
  // Large pieces cost the parsers the square of their length.
  constexpr size_t kPiece = 32 * 1024;
  const std::string taken = sink_.bytes.substr(0, bytes);
  sink_.bytes.erase(0, taken.size());
  for (size_t at = 0; at < taken.size() && !::testing::Test::HasFailure(); at += kPiece) {
    Parse(std::string_view(taken).substr(at, kPiece));
  }
}

void ModelReader::Parse(std::string_view bytes) {
  const std::string decoded =
      settings_.framing == Framing::kChunked ? decoder_.Decode(bytes) : std::string(bytes);
  for (const testing::SseBlock& block : parser_.Parse(decoded)) {
    Take(block);
    if (::testing::Test::HasFailure()) return;
  }
}

void ModelReader::Take(const testing::SseBlock& block) {
  ASSERT_FALSE(said_bye_) << "after gateway.bye: " << block.text;
  greeting_.Take(block);
  if (testing::SseGreeting::IsOfFrame(block)) {
    TakeOfFrame(block);
  } else if (block.event == "gateway.reset") {
    TakeReset(block);
  } else if (block.event == "gateway.bye") {
    ASSERT_TRUE(finishing_);
    ASSERT_FALSE(block.id);
    said_bye_ = true;
    ++coverage_.said_bye;
  } else {
    TakeEvent(block);
  }
}

void ModelReader::TakeOfFrame(const testing::SseBlock& block) {
  if (block.event == "gateway.cut") {
    const std::string& presented = settings_.request.last_event_id;
    ASSERT_EQ(block.id.has_value(), sse::ParseEventId(presented).has_value()) << presented;
    if (block.id) {
      ASSERT_EQ(*block.id, presented);
      last_id_ = *block.id;
    }
  } else if (block.event == "gateway.hello") {
    const testing::SseHello& hello = *greeting_.hello();
    ASSERT_EQ(hello.connection, kConnection);
    ASSERT_EQ(hello.retry_ms, kRetry.count());
    ASSERT_EQ(hello.resumed, resumes_);
    const bool starts_live = !resumes_ && settings_.request.start == Start::kLive;
    ASSERT_EQ(hello.id.has_value(), starts_live || resumes_ == true);
    if (hello.id) last_id_ = *hello.id;
  } else if (block.event == "gateway.live") {
    CheckLive();
  } else if (greeting_.is_over()) {
    const bool is_event = settings_.request.heartbeat == HeartbeatForm::kEvent;
    ASSERT_EQ(block.text, is_event ? sse::kHeartbeatEvent : sse::kHeartbeatComment);
    ASSERT_TRUE(greeting_.is_live()) << "a heartbeat while there is something to be written";
  }
}

void ModelReader::CheckLive() const {
  const bool in_snapshot = snapshot_end_ > 0;
  const uint64_t got = in_snapshot ? last_seq_ : std::max(last_seq_, complete_after_);
  for (const auto& [name, seq] : log_.Snapshot(filters())) {
    ASSERT_FALSE(seq > got && seq <= live_at_) << name << " of " << seq << " is missing";
  }
  if (all() && !in_snapshot && got < live_at_) {
    ASSERT_EQ(log_.CountMatching(filters(), got, live_at_), 0U);
  }
}

void ModelReader::TakeReset(const testing::SseBlock& block) {
  ASSERT_FALSE(notes_.empty()) << block.text;
  const ResetNote note = notes_.front();
  notes_.pop_front();
  ASSERT_FALSE(block.id);
  const std::string begin =
      base::Concat("{\"reason\":\"", sse::ToString(note.reason), "\",\"missed\":");
  const bool is_null = block.data == begin + "null}";
  const uint64_t cursor = std::max(last_seq_, complete_after_);
  if (note.on_resume) {
    ASSERT_TRUE(is_null) << block.text;
  } else {
    const ModelLog::Loss loss = log_.LostOf(read_mode(), filters(), cursor, note.moment);
    ASSERT_TRUE(loss == ModelLog::Loss::kSome ||
                (loss == ModelLog::Loss::kOfOthers && log_.MayConfuse(read_mode(), filters())))
        << "reset though nothing of its filters was lost after " << cursor;
    if (all()) {
      ASSERT_FALSE(is_null && note.must_be_exact) << block.text;
    } else {
      ASSERT_TRUE(is_null) << block.text;
      ++coverage_.expired_latest;
    }
    if (!is_null) {
      const uint64_t missed = log_.CountMatching(filters(), cursor, note.moment.head);
      ASSERT_EQ(block.data, base::Concat(begin, missed, "}")) << "after " << cursor;
      ++coverage_.exact_missed;
    }
  }
  Forget(0);
  snapshot_end_ = complete_after_ = note.moment.head;
  live_at_ = std::max(live_at_, note.moment.head);
}

void ModelReader::TakeEvent(const testing::SseBlock& block) {
  ASSERT_TRUE(block.id) << block.text;
  ASSERT_EQ(block.epoch(), kEpoch);
  const uint64_t seq = block.seq();
  ASSERT_GE(seq, 1U);
  ASSERT_LE(seq, log_.head());
  ASSERT_GT(seq, last_seq_) << "ids strictly increase";
  const ModelEvent& event = log_.at(seq);
  ASSERT_TRUE(filters().Matches(event.topic)) << event.topic;
  ASSERT_TRUE(greeting_.is_live() || seq <= live_at_) << seq << " before gateway.live";
  ASSERT_EQ(block.event, event.wire_type());
  ASSERT_EQ(block.data, event.wire_data(settings_.request.envelope));
  if (snapshot_end_ > 0 && seq <= snapshot_end_) {
    ASSERT_FALSE(event.deleted) << "a snapshot has no deletions";
  } else {
    const std::optional<uint64_t> after = all() ? complete_after_ : every_after_;
    if (after && seq > *after) {
      ASSERT_EQ(log_.CountMatching(filters(), std::max(*after, last_seq_), seq), 1U)
          << "a gap between " << std::max(*after, last_seq_) << " and " << seq;
    }
  }
  Apply(seq);
}

void ModelReader::Apply(uint64_t seq) {
  last_seq_ = seq;
  last_id_ = sse::FormatEventId(kEpoch, seq);
  received_.push_back(seq);
  const ModelEvent& event = log_.at(seq);
  if (event.deleted) {
    state_.erase(event.name());
  } else {
    state_[event.name()] = seq;
  }
}

void ModelReader::CheckEnded() const {
  EXPECT_TRUE(subscription_->finished());
  EXPECT_TRUE(said_bye_);
  EXPECT_EQ(decoder_.ended(), settings_.framing == Framing::kChunked);
}

void ModelReader::CheckConverged() const {
  ASSERT_TRUE(connected());
  EXPECT_FALSE(subscription_->behind());
  EXPECT_TRUE(greeting_.is_live());
  EXPECT_TRUE(notes_.empty()) << "a reset that never came";
  EXPECT_TRUE(parser_.at_boundary());
  for (const auto& [name, seq] : state_) {
    const auto truth = log_.state().find(name);
    if (truth == log_.state().end()) {
      ADD_FAILURE() << name << " is shown as of " << seq << ", and was deleted";
    } else {
      EXPECT_EQ(seq, truth->second) << name;
    }
  }
  // What the snapshot had to forget before the page came is nobody's duty.
  for (const auto& [name, seq] : log_.Snapshot(filters())) {
    EXPECT_TRUE(seq <= state_from_ || state_.contains(name)) << name << " of " << seq;
  }
  if (all()) {
    EXPECT_EQ(log_.CountMatching(filters(), std::max(last_seq_, complete_after_), log_.head()), 0U)
        << "lost at the end";
  }
}

}  // namespace ssegw::fanout
