// The window against a model of it that is as simple as can be: a list of all events, which every
// question is answered from by looking at each of them. Seqs are given with holes between them,
// events are lost, and new epochs begin.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/window/snapshot_reader.h"
#include "internal/window/window.h"

namespace ssegw::window {
namespace {

constexpr base::TimePoint kStart{std::chrono::hours(1)};

base::TimePoint TimeOf(uint64_t seq) { return kStart + std::chrono::milliseconds(seq); }

std::vector<uint64_t> Seqs(const std::vector<sse::FramePtr>& frames) {
  std::vector<uint64_t> seqs;
  for (const sse::FramePtr& frame : frames) seqs.push_back(frame->seq());
  return seqs;
}

struct Event {
  uint64_t seq;
  std::string topic;
  std::string key;
  bool deleted;
};

// What may become of a reader.
enum class Fate { kReads, kExpires, kEither };

class Model {
 public:
  explicit Model(const WindowLimits& limits) : limits_(limits) {}

  void Append(Event event) {
    newest_[{event.topic, event.key}] = event.seq;
    head_ = event.seq;
    events_.push_back(std::move(event));
    Forget(/*deleted=*/false);
    Forget(/*deleted=*/true);
    while (Log().size() > limits_.max_events) evicted_ = Log().front()->seq;
  }
  void Lose(uint64_t seq) { head_ = evicted_ = lost_of_log_ = lost_of_newest_ = seq; }
  void LogBeginsAt(uint64_t seq, uint64_t forgotten) {
    head_ = evicted_ = lost_of_log_ = seq - 1;
    lost_of_newest_ = std::max(lost_of_newest_, forgotten);
  }

  uint64_t head() const { return head_; }
  uint64_t evicted() const { return evicted_; }
  std::vector<const Event*> Log() const { return After(evicted_, Filters::Everything()); }
  std::vector<const Event*> After(uint64_t cursor, const Filters& filters) const {
    std::vector<const Event*> events;
    for (const Event& event : events_) {
      if (event.seq > cursor && filters.Matches(event.topic)) events.push_back(&event);
    }
    return events;
  }
  std::vector<const Event*> Newest(bool deleted, const Filters& filters) const {
    std::vector<const Event*> events;
    for (const Event* event : After(0, filters)) {
      const auto it = newest_.find({event->topic, event->key});
      if (event->deleted == deleted && it != newest_.end() && it->second == event->seq) {
        events.push_back(event);
      }
    }
    return events;
  }
  uint64_t NewestOf(const std::string& topic, const std::string& key) const {
    const auto it = newest_.find({topic, key});
    return it == newest_.end() ? 0 : it->second;
  }

  Fate OfEvery(const Filters& filters, uint64_t cursor) const {
    if (cursor >= evicted_) return Fate::kReads;
    const std::vector<const Event*> later = After(cursor, filters);
    const bool lost = cursor < lost_of_log_ || (!later.empty() && later.front()->seq <= evicted_);
    return lost ? Fate::kExpires : Fate::kEither;
  }
  Fate OfNewest(const Filters& filters, uint64_t cursor, uint64_t snapshot_end) const {
    const uint64_t known = std::max(cursor, snapshot_end);
    if (known < lost_of_newest_) return Fate::kExpires;
    Fate fate = Fate::kReads;
    for (const Event& event : forgotten_) {
      if (event.seq <= known) continue;
      if (filters.Matches(event.topic)) return Fate::kExpires;
      fate = Fate::kEither;
    }
    return fate;
  }

 private:
  void Forget(bool deleted) {
    for (;;) {
      const std::vector<const Event*> all = Newest(deleted, Filters::Everything());
      if (all.size() <= limits_.snapshot_max_keys) return;
      newest_.erase({all.front()->topic, all.front()->key});
      forgotten_.push_back(*all.front());
    }
  }

  const WindowLimits limits_;
  std::vector<Event> events_;
  uint64_t head_ = 0;
  uint64_t evicted_ = 0;
  uint64_t lost_of_log_ = 0;
  uint64_t lost_of_newest_ = 0;
  std::map<std::pair<std::string, std::string>, uint64_t> newest_;
  std::vector<Event> forgotten_;
};

std::vector<uint64_t> SeqsOf(const std::vector<const Event*>& events) {
  std::vector<uint64_t> seqs;
  for (const Event* event : events) seqs.push_back(event->seq);
  return seqs;
}

class Recorder final : public LogListener {
 public:
  void OnAppend(std::span<const sse::FramePtr> frames) override {
    for (const sse::FramePtr& frame : frames) seqs.push_back(frame->seq());
  }
  void OnBreak() override { ++breaks; }
  std::vector<uint64_t> seqs;
  size_t breaks = 0;
};

// What the schedules came to, so that none of it is left out unseen.
struct Coverage {
  size_t holes = 0;
  size_t losses = 0;
  size_t restarts = 0;
  size_t loads = 0;
  size_t expired = 0;
  size_t sparse_reads = 0;
  size_t counts = 0;
  size_t unknown_counts = 0;
};

class Schedule {
 public:
  Schedule(uint64_t seed, Coverage& coverage)
      : random_(seed),
        coverage_(coverage),
        limits_{.max_events = 5 + Pick(200),
                .max_bytes = 1 << 26,
                .snapshot_max_keys = OneIn(3) ? 3 + Pick(20) : 10'000},
        given_(!OneIn(3)),
        window_("e1", limits_),
        model_(std::make_unique<Model>(limits_)) {
    window_.AddListener(recorder_);
  }
  ~Schedule() { window_.RemoveListener(recorder_); }

  void Run() {
    for (size_t step = 0; step < 400 && !testing::Test::HasFatalFailure(); ++step) {
      if (OneIn(100)) {
        Lose();
      } else if (OneIn(150)) {
        Restart();
      } else if (OneIn(100)) {
        LogBeginsAt();
      } else {
        Append();
      }
      if (OneIn(10)) Check();
    }
  }

 private:
  uint64_t Pick(uint64_t n) { return std::uniform_int_distribution<uint64_t>(0, n - 1)(random_); }
  bool OneIn(uint64_t n) { return Pick(n) == 0; }

  std::string PickTopic() {
    if (OneIn(10)) return base::Concat("a.", Pick(3));
    if (OneIn(10)) return base::Concat("b.", Pick(4), ".", Pick(4));
    return base::Concat("c.", Pick(30));
  }

  Filters PickFilters() {
    const char* const texts[] = {">",     "a.>", "a.1",  "a.*",   "*.1", "b.2.>",
                                 "b.*.3", "c.>", "c.17", "*.*.1", "z"};
    std::vector<Filter> filters = {*Filter::Parse(texts[Pick(std::size(texts))])};
    if (OneIn(3)) filters.push_back(*Filter::Parse(texts[Pick(std::size(texts))]));
    return Filters(std::move(filters));
  }

  void Append() {
    Event event{.seq = model_->head() + 1,
                .topic = PickTopic(),
                .key = base::Concat(Pick(3)),
                .deleted = OneIn(5)};
    if (given_ && OneIn(4)) {
      event.seq += 1 + Pick(OneIn(5) ? 1000 : 3);
      ++coverage_.holes;
    }
    base::RefPtr<sse::Frame> frame = sse::Frame::Create({.topic = event.topic,
                                                         .key = event.key,
                                                         .json = "1",
                                                         .deleted = event.deleted,
                                                         .received_at = TimeOf(event.seq)});
    if (given_) {
      window_.AppendAt(event.seq, std::move(frame));
    } else {
      ASSERT_EQ(window_.Append(std::move(frame)), event.seq);
    }
    ASSERT_EQ(recorder_.seqs.back(), event.seq);
    model_->Append(std::move(event));
  }

  void Lose() {
    ++coverage_.losses;
    const uint64_t seq = model_->head() + (OneIn(3) ? 0 : Pick(50));
    const size_t breaks = recorder_.breaks;
    window_.Lose(seq);
    model_->Lose(seq);
    ASSERT_EQ(recorder_.breaks, breaks + 1);
  }

  // As at the end of a snapshot that was loaded, of a log that has already evicted some.
  void LogBeginsAt() {
    ++coverage_.loads;
    const uint64_t seq = model_->head() + 1 + (OneIn(3) ? 0 : Pick(50));
    const uint64_t forgotten = OneIn(2) ? 0 : Pick(seq);
    const size_t breaks = recorder_.breaks;
    window_.LogBeginsAt(seq, forgotten);
    model_->LogBeginsAt(seq, forgotten);
    ASSERT_EQ(recorder_.breaks, breaks);
  }

  void Restart() {
    ++coverage_.restarts;
    const size_t breaks = recorder_.breaks;
    const std::string before = window_.epoch();
    epoch_ = base::Concat("e", ++epochs_);
    window_.Restart(epoch_);
    model_ = std::make_unique<Model>(limits_);
    ASSERT_EQ(recorder_.breaks, breaks + 1);
    ASSERT_EQ(window_.position().epoch, epoch_);
    ASSERT_TRUE(window_.MayHaveChanged(Filters::Everything(), before, 1'000'000));
  }

  void Check() {
    ASSERT_EQ(window_.head(), model_->head());
    ASSERT_EQ(window_.earliest_cursor(), model_->evicted());
    const Filters everything = Filters::Everything();
    const WindowStats stats = window_.stats();
    ASSERT_EQ(stats.events, model_->Log().size());
    ASSERT_EQ(stats.snapshot_keys, model_->Newest(false, everything).size());
    ASSERT_EQ(stats.tombstones, model_->Newest(true, everything).size());

    const Filters filters = PickFilters();
    const uint64_t cursor = Pick(model_->head() + 1);
    SCOPED_TRACE(base::Concat(filters.canonical(), " after ", cursor, " of ", model_->head()));
    const Snapshot snapshot = TakeSnapshot(window_, filters);
    ASSERT_EQ(snapshot.head, model_->head());
    ASSERT_EQ(Seqs(snapshot.frames), SeqsOf(model_->Newest(false, filters)));
    CheckRead(filters, ReadMode::kEvery, cursor, 0);
    CheckRead(filters, ReadMode::kNewest, cursor, OneIn(2) ? 0 : Pick(model_->head() + 1));
    CheckResume(filters, cursor);
    CheckCount(filters, cursor, Pick(model_->head() + 2));
    CheckDistance(cursor);
  }

  void CheckRead(const Filters& filters, ReadMode mode, uint64_t cursor, uint64_t snapshot_end) {
    const bool every = mode == ReadMode::kEvery;
    std::vector<uint64_t> got;
    std::vector<sse::FramePtr> some;
    ReadResult read{.cursor = cursor};
    while (!read.caught_up && !read.expired) {
      read = window_.Read(filters, mode, read.cursor, snapshot_end, 1 + Pick(70));
      ASSERT_EQ(read.epoch_number, epochs_);
      for (const sse::FramePtr& frame : read.frames) {
        got.push_back(frame->seq());
        ASSERT_EQ(frame->id(), base::Concat(epoch_, "-", frame->seq()));
        if (some.size() < Window::kMaxSuperseded) some.push_back(frame);
      }
    }
    const Fate fate =
        every ? model_->OfEvery(filters, cursor) : model_->OfNewest(filters, cursor, snapshot_end);
    if (fate != Fate::kEither) {
      ASSERT_EQ(read.expired, fate == Fate::kExpires) << int(every);
    }
    if (read.expired) {
      ++coverage_.expired;
      ASSERT_TRUE(got.empty());
      return;
    }
    std::vector<uint64_t> expected;
    if (every) {
      expected = SeqsOf(model_->After(cursor, filters));
    } else {
      for (const bool deleted : {false, true}) {
        for (const Event* event : model_->Newest(deleted, filters)) {
          const uint64_t after = deleted ? std::max(cursor, snapshot_end) : cursor;
          if (event->seq > after) expected.push_back(event->seq);
        }
      }
      std::sort(expected.begin(), expected.end());
    }
    ASSERT_EQ(got, expected) << int(every);
    ASSERT_EQ(read.cursor, model_->head());
    if (!got.empty() && got.back() - got.front() + 1 > got.size()) ++coverage_.sparse_reads;
    CheckSuperseded(some);
  }

  void CheckSuperseded(const std::vector<sse::FramePtr>& frames) {
    const uint64_t superseded = window_.Superseded(frames);
    for (size_t i = 0; i < frames.size(); ++i) {
      const uint64_t newest =
          model_->NewestOf(std::string(frames[i]->topic()), std::string(frames[i]->key()));
      ASSERT_EQ((superseded >> i) & 1, newest > frames[i]->seq() ? 1U : 0U);
    }
  }

  void CheckResume(const Filters& filters, uint64_t cursor) {
    for (const ReadMode mode : {ReadMode::kEvery, ReadMode::kNewest}) {
      const bool every = mode == ReadMode::kEvery;
      const Window::Resume resume = window_.ResumeFrom(filters, mode, cursor);
      const Fate fate =
          every ? model_->OfEvery(filters, cursor) : model_->OfNewest(filters, cursor, 0);
      if (fate != Fate::kEither) {
        ASSERT_EQ(resume == Window::Resume::kExpired, fate == Fate::kExpires);
      }
      if (resume == Window::Resume::kNothingMissed) {
        ASSERT_TRUE(model_->After(cursor, filters).empty()) << "missed something";
      }
    }
  }

  void CheckCount(const Filters& filters, uint64_t after, uint64_t up_to) {
    const std::optional<uint64_t> count = window_.Count(filters, after, up_to);
    const Fate fate = after >= up_to ? Fate::kReads : model_->OfEvery(filters, after);
    if (fate != Fate::kEither) {
      ASSERT_EQ(count.has_value(), fate == Fate::kReads);
    }
    ++(count ? coverage_.counts : coverage_.unknown_counts);
    if (!count) return;
    uint64_t expected = 0;
    for (const Event* event : model_->After(after, filters)) {
      if (event->seq <= up_to) ++expected;
    }
    ASSERT_EQ(*count, expected);
  }

  void CheckDistance(uint64_t cursor) {
    const Distance distance = window_.DistanceFrom(cursor);
    uint64_t later = 0;
    std::optional<uint64_t> first;
    for (const Event* event : model_->Log()) {
      if (event->seq <= cursor) continue;
      ++later;
      first = first.value_or(event->seq);
    }
    if (!first) {
      ASSERT_EQ(distance.events, 0U);
      return;
    }
    const uint64_t evicted = model_->evicted() - std::min(cursor, model_->evicted());
    ASSERT_EQ(distance.events, later + evicted);
    ASSERT_EQ(distance.oldest_received_at, TimeOf(*first));
  }

  std::mt19937_64 random_;
  Coverage& coverage_;
  const WindowLimits limits_;
  // Seqs are given, with holes; otherwise the window gives them.
  const bool given_;
  Recorder recorder_;
  uint64_t epochs_ = 1;
  std::string epoch_ = "e1";
  Window window_;
  std::unique_ptr<Model> model_;
};

TEST(WindowModelTest, AnswersAsAListOfAllEventsDoes) {
  Coverage coverage;
  for (uint64_t seed = 1; seed <= 60 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    Schedule(seed, coverage).Run();
  }
  EXPECT_GT(coverage.holes, 1000U);
  EXPECT_GT(coverage.losses, 100U);
  EXPECT_GT(coverage.restarts, 50U);
  EXPECT_GT(coverage.loads, 100U);
  EXPECT_GT(coverage.expired, 100U);
  EXPECT_GT(coverage.sparse_reads, 100U);
  EXPECT_GT(coverage.counts, 100U);
  EXPECT_GT(coverage.unknown_counts, 100U);
}

}  // namespace
}  // namespace ssegw::window
