#include "tests/unit/fanout/model_schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "internal/base/concat.h"
#include "internal/fanout/mailbox.h"
#include "internal/sse/event_id.h"
#include "tests/unit/fanout/alive_frames.h"

namespace ssegw::fanout {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr size_t kSteps = 300;
constexpr size_t kAnyRoom = std::numeric_limits<size_t>::max();
constexpr size_t kLargeJson = 1024 * 1024;

}  // namespace

void ModelSchedule::Recorder::OnAppend(std::span<const sse::FramePtr> frames) {
  for (const sse::FramePtr& frame : frames) {
    AliveFrames::Add(*frame);
    events.push_back({.topic = std::string(frame->topic()),
                      .key = std::string(frame->key()),
                      .type = frame->deleted() ? "" : std::string(frame->type()),
                      .json = frame->deleted() ? "" : std::string(frame->json()),
                      .deleted = frame->deleted(),
                      .received_at = frame->received_at(),
                      .expires_at = frame->expires_at(),
                      .frame_bytes = frame->memory_bytes()});
  }
}

ModelSchedule::ModelSchedule(uint64_t seed, Coverage& coverage)
    : random_(seed),
      coverage_(coverage),
      overflows_(OneIn(150)),
      late_shards_(OneIn(2)),
      keys_(OneIn(3) ? 40 : 4),
      deletions_(OneIn(4) ? 7 : 2),
      limits_(PickLimits()),
      options_(PickOptions()),
      log_(limits_, options_),
      window_("e", limits_),
      store_(window_, options_) {
  window_.AddListener(recorder_);
  threads_.resize(1 + Pick(4));
  for (Thread& thread : threads_) {
    thread.shard = std::make_unique<Shard>(window_, [this, &thread] {
      if (!std::exchange(thread.woken, true)) thread.idle_at = log_.head();
    });
  }
  for (size_t pages = 1 + Pick(6); pages > 0; --pages) AddPage();
}

ModelSchedule::~ModelSchedule() { window_.RemoveListener(recorder_); }

window::WindowLimits ModelSchedule::PickLimits() {
  window::WindowLimits limits{.max_events = 20'000,
                              .max_bytes = 32 * 1024 * 1024,
                              .max_age = std::chrono::hours(1),
                              .snapshot_max_keys = 10'000};
  if (OneIn(2)) limits.max_events = 5 + Pick(40);
  if (OneIn(4)) limits.max_bytes = 500 + Pick(8000);
  limits.snapshot_max_bytes = limits.max_bytes;
  if (OneIn(4)) limits.max_age = seconds(Pick(20));
  if (OneIn(4)) limits.snapshot_max_keys = 3 + Pick(10);
  return limits;
}

store::MemoryStoreOptions ModelSchedule::PickOptions() {
  store::MemoryStoreOptions options{.dedup_window = seconds(Pick(30))};
  if (OneIn(4)) options.max_message_ids = 1 + Pick(5);
  if (!overflows_ && OneIn(4)) options.max_json_bytes = 300;
  return options;
}

void ModelSchedule::AddPage() {
  ModelReader::Settings settings{.framing = OneIn(2) ? Framing::kChunked : Framing::kBare,
                                 .has_distance = OneIn(4),
                                 .may_lose_track = overflows_,
                                 .meanwhile = [this] { PublishMeanwhile(); }};
  SubscriptionRequest& request = settings.request;
  request.filters = PickFilters();
  request.mode = OneIn(2) ? Mode::kAll : Mode::kLatest;
  request.envelope = OneIn(2);
  request.heartbeat = OneIn(2) ? HeartbeatForm::kEvent : HeartbeatForm::kComment;
  if (request.mode == Mode::kLatest && OneIn(overflows_ ? 1 : 3))
    request.min_interval = milliseconds(100);
  constexpr size_t kPaces[] = {kAnyRoom, kAnyRoom, 2'000, 80, 3, 0};
  Page page{.reader = std::make_unique<ModelReader>(log_, coverage_, std::move(settings)),
            .pace = kPaces[Pick(std::size(kPaces))]};
  pages_.push_back(std::move(page));
  Connect(*pages_.back().reader);
}

std::string ModelSchedule::PickTopic() {
  if (OneIn(20)) return base::Concat("quiet.", Pick(3));
  return base::Concat("t.", Pick(4));
}

window::Filters ModelSchedule::PickFilters() {
  const char* const choices[] = {">", "t.*", "t.1", "t.>", "quiet.*", "quiet.1", "none"};
  std::vector<window::Filter> filters = {*window::Filter::Parse(choices[Pick(std::size(choices))])};
  if (OneIn(3)) filters.push_back(*window::Filter::Parse(PickTopic()));
  return window::Filters(std::move(filters));
}

std::string ModelSchedule::PickId(const ModelReader& reader) {
  static const std::string kMalformed[] = {"e-",
                                           "-1",
                                           "e",
                                           "e-01",
                                           "e-1 ",
                                           "e--1",
                                           "e-0x",
                                           "\xff-1",
                                           "nonsense",
                                           "e-1-1",
                                           std::string(10'000, 'x'),
                                           "e-" + std::string(10'000, '1')};
  switch (Pick(16)) {
    case 0:
      return base::Concat("e-", log_.head());
    case 1:
      return base::Concat("e-", Pick(log_.head() + 1));
    case 2:
      return base::Concat("e-", log_.head() + 1 + (OneIn(4) ? 1'000'000 : Pick(5)));
    case 3:
      return base::Concat(OneIn(2) ? "f-" : "ee-", Pick(50));
    case 4:
      return kMalformed[Pick(std::size(kMalformed))];
    case 5:
      return "";
    case 6:
    case 7:
      if (const auto& received = reader.received(); !received.empty()) {
        return sse::FormatEventId("e", received[Pick(received.size())]);
      }
      [[fallthrough]];
    default:
      return reader.last_id();
  }
}

void ModelSchedule::Connect(ModelReader& reader) {
  const Start starts[] = {Start::kSnapshot, Start::kSnapshot, Start::kLive, Start::kEarliest};
  const std::string id = PickId(reader);
  // Twice in a row too.
  for (size_t times = OneIn(8) ? 2 : 1; times > 0 && !::testing::Test::HasFailure(); --times) {
    reader.SetRoom(OneIn(3) ? 0 : Pick(500));
    reader.Connect(*threads_[Pick(threads_.size())].shard, id, starts[Pick(4)], now_);
  }
}

void ModelSchedule::Run() {
  for (size_t step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step) {
    Step();
    if (step % 32 == 0) CheckBounds();
  }
  if (overflows_) PublishOverflow();
  if (!::testing::Test::HasFailure()) Settle();
  pages_.clear();
}

void ModelSchedule::Step() {
  now_ += milliseconds(OneIn(4) ? Pick(2000) : Pick(20));
  Page& page = pages_[Pick(pages_.size())];
  ModelReader& reader = *page.reader;
  switch (Pick(13)) {
    case 0:
    case 1:
    case 2:
    case 3:
      if (overflows_ && OneIn(100)) return PublishOverflow();
      for (size_t burst = OneIn(8) ? Pick(100) : 1; burst > 0; --burst) Publish();
      return;
    case 4:
    case 5:
      meanwhile_ = OneIn(2) ? 1 + Pick(4) : 0;
      Turn(threads_[Pick(threads_.size())]);
      meanwhile_ = 0;
      return;
    case 6:
    case 7:
    case 8:
      if (page.pace > 0) reader.SetRoom(page.pace == kAnyRoom ? kAnyRoom : 1 + Pick(page.pace));
      return Serve(page);
    case 9:
      if (OneIn(4)) return TornTick();
      return Tick();
    case 10:
      if (!reader.connected()) return Connect(reader);
      if (OneIn(4)) return reader.Heartbeat(now_);
      return reader.PumpPaced(now_);
    case 11:
      reader.Read(OneIn(2) ? Pick(500) : kAnyRoom);
      return;
    case 12:
      if (OneIn(20) && reader.connected()) return reader.Finish(now_);
      if (OneIn(10)) return reader.Break();
      // A cut at any byte.
      if (OneIn(3)) Connect(reader);
      return;
  }
}

void ModelSchedule::Publish() {
  ModelEvent event{.topic = PickTopic(),
                   .key = base::Concat("k", Pick(keys_)),
                   .type = OneIn(4) ? "alert" : "",
                   .json = base::Concat("\"payload ", ++next_payload_, "\""),
                   .deleted = Pick(10) < deletions_,
                   .received_at = now_};
  if (OneIn(20)) event.key = "";
  if (OneIn(20)) event.json = "\"" + std::string(Pick(600), 'x') + "\"";
  if (!event.deleted && OneIn(5)) event.expires_at = now_ + milliseconds(Pick(10'000));
  if (event.deleted) event.type = event.json = "";
  Append(event, OneIn(3) ? base::Concat("m", Pick(30)) : "");
}

void ModelSchedule::PublishMeanwhile() {
  if (meanwhile_ == 0 || !OneIn(meanwhile_)) return;
  ++coverage_.published_meanwhile;
  for (size_t burst = 1 + Pick(OneIn(10) ? 80 : 3); burst > 0; --burst) Publish();
}

void ModelSchedule::PublishOverflow() {
  // Many small ones take long, and large ones do as well.
  if (OneIn(10)) {
    for (size_t i = 0; i < Mailbox::kMaxFrames + 10; ++i) Publish();
    return;
  }
  ModelEvent large{.topic = "large", .key = "k", .received_at = now_};
  large.json = "\"" + std::string(kLargeJson, 'x') + "\"";
  for (size_t i = 0; i < Mailbox::kMaxBytes / kLargeJson + 2; ++i) Append(large, "");
  // So that not every snapshot from now on has it.
  large.deleted = true;
  large.json = "";
  Append(large, "");
  // A small window loses what the mailbox lost, and few are told of the rest.
  for (size_t i = Pick(60); i > 0; --i) Append(large, "");
}

void ModelSchedule::Append(const ModelEvent& event, const std::string& message_id) {
  const store::AppendResult appended =
      *store_.Append({.frame = sse::Frame::Create({.topic = event.topic,
                                                   .key = event.key,
                                                   .type = event.type,
                                                   .json = event.json,
                                                   .deleted = event.deleted,
                                                   .received_at = event.received_at,
                                                   .expires_at = event.expires_at}),
                      .message_id = message_id},
                     [] { return store::AppendDone(); });
  if (event.json.size() > options_.max_json_bytes) {
    ++coverage_.refused;
    EXPECT_EQ(appended.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(recorder_.events.empty());
    return;
  }
  ASSERT_TRUE(appended.ok());
  const std::optional<uint64_t> first =
      message_id.empty() ? std::nullopt : log_.FirstOf(message_id);
  ASSERT_EQ(appended->duplicate, first.has_value()) << message_id;
  ASSERT_EQ(appended->id, sse::FormatEventId("e", first.value_or(log_.head() + 1)));
  if (first) {
    ++coverage_.duplicates;
  } else {
    Record(event);
    if (!message_id.empty()) log_.Remember(message_id, log_.head(), event.received_at);
  }
  EXPECT_TRUE(recorder_.events.empty());
}

void ModelSchedule::Record(const ModelEvent& expected) {
  ASSERT_FALSE(recorder_.events.empty()) << "not appended";
  ModelEvent event = std::move(recorder_.events.front());
  recorder_.events.erase(recorder_.events.begin());
  ASSERT_EQ(event.name(), expected.name());
  ASSERT_EQ(event.type, expected.type);
  ASSERT_EQ(event.json, expected.json);
  ASSERT_EQ(event.deleted, expected.deleted);
  ASSERT_EQ(event.expires_at, expected.expires_at);
  log_.Append(std::move(event));
}

ModelEvent ModelSchedule::DeletionOf(uint64_t seq) const {
  return {
      .topic = log_.at(seq).topic, .key = log_.at(seq).key, .deleted = true, .received_at = now_};
}

void ModelSchedule::Tick() {
  const std::vector<uint64_t> expired = log_.Expired(now_);
  store_.Tick(now_);
  for (const uint64_t seq : expired) Record(DeletionOf(seq));
  EXPECT_TRUE(recorder_.events.empty()) << "deleted before its time";
  coverage_.deletions_by_ttl += expired.size();
  log_.ForgetMessageIds(now_);
  log_.ExpireByAge(now_);
}

void ModelSchedule::TornTick() {
  const std::vector<uint64_t> expected = log_.Expired(now_);
  const std::vector<sse::FramePtr> expired = window_.Expired(now_, kAnyRoom);
  ASSERT_EQ(expired.size(), expected.size());
  for (size_t i = 0; i < expired.size() && !::testing::Test::HasFailure(); ++i) {
    ASSERT_EQ(expired[i]->seq(), expected[i]);
    if (OneIn(2)) {
      ModelEvent newer = DeletionOf(expected[OneIn(2) ? i : Pick(expected.size())]);
      newer.deleted = OneIn(2);
      if (!newer.deleted) newer.json = base::Concat("\"payload ", ++next_payload_, "\"");
      Append(newer, "");
    }
    const ModelEvent deletion = DeletionOf(expected[i]);
    const uint64_t seq = window_.AppendDeletionOf(
        expected[i],
        sse::Frame::Create(
            {.topic = deletion.topic, .key = deletion.key, .deleted = true, .received_at = now_}));
    if (!log_.InSnapshot(expected[i])) {
      ++coverage_.ttl_overtaken;
      ASSERT_EQ(seq, 0U) << "the deletion of what a newer event had superseded";
      continue;
    }
    ASSERT_EQ(seq, log_.head() + 1);
    Record(deletion);
  }
}

void ModelSchedule::Serve(Page& page) {
  ModelReader& reader = *page.reader;
  if (!reader.connected()) return;
  while (reader.WantsPump() && !::testing::Test::HasFailure()) reader.Pump(now_);
}

void ModelSchedule::Turn(Thread& thread) {
  if (!thread.woken) return;
  thread.woken = false;
  const bool late = late_shards_ && thread.idle_at < log_.head() &&
                    now_ - log_.at(thread.idle_at + 1).received_at > Shard::kLateAfter;
  thread.woken = thread.shard->Turn(late_shards_ ? now_ : base::TimePoint()) == Work::kMore;
  if (!thread.woken) thread.idle_at = log_.head();
  for (Page& page : pages_) {
    if (page.reader->shard() == thread.shard.get()) page.reader->AfterTurn(late);
  }
}

void ModelSchedule::CheckBounds() {
  if (::testing::Test::HasFailure()) return;
  const window::WindowStats stats = window_.stats();
  EXPECT_EQ(stats.head, log_.head());
  EXPECT_EQ(stats.events, log_.head() - log_.window_start());
  EXPECT_EQ(stats.snapshot_keys, log_.snapshot_keys());
  // What neither the log nor a shard that has work holds, a half-written connection must.
  uint64_t idle_at = log_.head();
  for (const Thread& thread : threads_) {
    if (thread.woken) idle_at = std::min(idle_at, thread.idle_at);
  }
  size_t others = 0;
  for (const uint64_t seq : AliveFrames::Seqs()) {
    if (!log_.Held(seq) && seq <= idle_at) ++others;
  }
  const auto writing = std::count_if(
      pages_.begin(), pages_.end(), [](const Page& page) { return page.reader->waits_writable(); });
  EXPECT_LE(others, static_cast<size_t>(writing)) << "frames that nobody needs are alive";
}

// Everybody reads to the end; then every page shows the state of the log.
void ModelSchedule::Settle() {
  const auto failed = [] { return ::testing::Test::HasFailure(); };
  for (Thread& thread : threads_) {
    while (thread.woken && !failed()) Turn(thread);
  }
  for (Page& page : pages_) {
    ModelReader& reader = *page.reader;
    if (reader.broken()) reader.Cut();
    for (int i = 0; i < 50 && page.pace > 0 && reader.connected() && !failed(); ++i) {
      reader.SetRoom(1 + Pick(std::min<size_t>(page.pace, 1000)));
      Serve(page);
    }
    reader.SetRoom(kAnyRoom);
    Serve(page);
    if (reader.finishing() && reader.connected() && !failed()) {
      reader.Read();
      reader.CheckEnded();
      reader.Cut();
    }
    // It comes back by itself, with what it knows.
    if (!reader.connected() && !failed()) {
      reader.Connect(*threads_[0].shard, reader.last_id(), Start::kSnapshot, now_);
      Serve(page);
    }
    if (failed()) return;
    reader.PumpPaced(now_);
    Serve(page);
    reader.Read();
    if (failed()) return;
    reader.CheckConverged();
  }
  for (Thread& thread : threads_) {
    while (thread.woken && !failed()) Turn(thread);
    EXPECT_EQ(thread.shard->stats().behind.value(), 0U);
  }
  CheckBounds();
}

}  // namespace ssegw::fanout
