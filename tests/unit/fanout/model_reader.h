#ifndef SSEGW_TESTS_UNIT_FANOUT_MODEL_READER_H_
#define SSEGW_TESTS_UNIT_FANOUT_MODEL_READER_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "internal/base/enum_array.h"
#include "internal/base/time.h"
#include "internal/fanout/byte_sink.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/control.h"
#include "tests/testing/chunked_decoder.h"
#include "tests/testing/sse_greeting.h"
#include "tests/testing/sse_parser.h"
#include "tests/unit/fanout/model_log.h"

namespace ssegw::fanout {

// How often the schedules came to what they are there for.
struct Coverage {
  uint64_t exact_missed = 0;
  uint64_t expired_on_resume = 0;
  uint64_t expired_latest = 0;
  uint64_t resumed_past_window = 0;
  uint64_t deletions_by_ttl = 0;
  uint64_t ttl_overtaken = 0;
  uint64_t duplicates = 0;
  uint64_t refused = 0;
  uint64_t partly_written = 0;
  uint64_t said_bye = 0;
  uint64_t published_meanwhile = 0;

  std::vector<std::pair<const char*, uint64_t>> All() const {
    return {{"exact_missed", exact_missed},
            {"expired_on_resume", expired_on_resume},
            {"expired_latest", expired_latest},
            {"resumed_past_window", resumed_past_window},
            {"deletions_by_ttl", deletions_by_ttl},
            {"ttl_overtaken", ttl_overtaken},
            {"duplicates", duplicates},
            {"refused", refused},
            {"partly_written", partly_written},
            {"said_bye", said_bye},
            {"published_meanwhile", published_meanwhile}};
  }
};

// A page with its connection, which does for the subscription what net::Connection does, no more:
// it pumps only where it was asked to. It checks each event that it reads against the log, and that
// what the shard counts of resumes and resets is what it saw.
class ModelReader {
 public:
  struct Settings {
    SubscriptionRequest request = {};
    Framing framing = Framing::kBare;
    // What the socket took is read later, and lost at a cut.
    bool has_distance = false;
    // The mailbox may overflow, and then what was missed need not be known.
    bool may_lose_track = false;
    // What others do while a shard writes to it.
    std::function<void()> meanwhile = [] {};
  };

  ModelReader(const ModelLog& log, Coverage& coverage, Settings settings)
      : log_(log), coverage_(coverage), settings_(std::move(settings)) {}

  // Cuts the stream, and begins another one with that id.
  void Connect(Shard& shard, const std::string& id, Start start, base::TimePoint now);
  void Cut();
  bool connected() const { return subscription_ != nullptr; }
  const Shard* shard() const { return shard_; }

  // How many bytes more the socket takes.
  void SetRoom(size_t room) { sink_.room = room; }
  // The peer is gone, as the next write finds out.
  void Break() { sink_.broken = true; }
  bool broken() const { return sink_.broken; }
  // As the loop would: where it was asked for, and where the socket is writable.
  bool WantsPump() const;
  void Pump(base::TimePoint now);
  void PumpPaced(base::TimePoint now);
  void Heartbeat(base::TimePoint now);
  // The gateway says gateway.bye.
  void Finish(base::TimePoint now);
  bool finishing() const { return finishing_; }
  // The shard had a turn.
  // late: the shard may have left out what has been superseded, with mode=latest.
  void AfterTurn(bool late);
  // Waits for the socket, and so may hold a frame.
  bool waits_writable() const { return connected() && sink_.waits_writable; }

  // The page reads so many of the bytes that the socket took.
  void Read(size_t bytes = std::numeric_limits<size_t>::max());

  // The last id that the page has seen; before that, the one that it presented.
  const std::string& last_id() const { return last_id_; }
  // What it has got since it began, or was reset, last.
  const std::vector<uint64_t>& received() const { return received_; }

  // The gateway has finished, and the page has read all of it.
  void CheckEnded() const;
  // Everything has been delivered: the page shows the state of the log.
  void CheckConverged() const;

 private:
  class Sink final : public ByteSink {
   public:
    explicit Sink(ModelReader& reader) : reader_(reader) {}
    ssize_t Write(std::span<const iovec> pieces) override;
    void OnNext(Next next) override;

    size_t room = 0;
    bool broken = false;
    bool waits_writable = false;
    bool wants_pump = false;
    // Taken, and not yet read by the page.
    std::string bytes;

   private:
    ModelReader& reader_;
  };
  // What the gateway did, for when the page reads of it.
  struct ResetNote {
    sse::ResetReason reason;
    bool on_resume;
    bool must_be_exact;
    ModelLog::Moment moment;
  };
  struct Counts {
    base::EnumArray<ResumeOutcome, uint64_t> resumes;
    base::EnumArray<sse::ResetReason, uint64_t> resets;
  };

  Counts TakeCounts() const;
  // Something is done to the subscription, then the page looks at what came of it.
  void Do(const std::function<void()>& action);
  void NoteStanding();
  void Forget(uint64_t state_from);
  // What the page has when it presents an id of the log.
  void RollBackTo(uint64_t seq);
  void CheckOutcome(const Counts& before, const std::string& id);
  // The reason why an id cannot be honoured. may: it might be, for the sake of others' events.
  std::optional<sse::ResetReason> ExpectedReset(const std::string& id, bool& may) const;
  void Parse(std::string_view bytes);
  void Take(const testing::SseBlock& block);
  void TakeOfFrame(const testing::SseBlock& block);
  void CheckLive() const;
  void TakeReset(const testing::SseBlock& block);
  void TakeEvent(const testing::SseBlock& block);
  void Apply(uint64_t seq);
  window::ReadMode read_mode() const {
    return all() ? window::ReadMode::kEvery : window::ReadMode::kNewest;
  }
  bool all() const { return settings_.request.mode == Mode::kAll; }
  bool paced() const { return settings_.request.min_interval > base::Duration::zero(); }
  const window::Filters& filters() const { return settings_.request.filters; }

  const ModelLog& log_;
  Coverage& coverage_;
  Settings settings_;
  Sink sink_{*this};
  Shard* shard_ = nullptr;
  std::unique_ptr<Subscription> subscription_;
  std::deque<ResetNote> notes_;
  // mode=all and not caught up since it came back: what it missed need not be known.
  bool away_ = false;
  // It keeps up: each event after this one must come, in any mode.
  std::optional<uint64_t> every_after_;
  bool finishing_ = false;

  // Of the connection, as far as it has been read.
  testing::ChunkedDecoder decoder_;
  testing::SseParser parser_;
  testing::SseGreeting greeting_;
  bool said_bye_ = false;

  // What a page holds.
  ModelLog::State state_;
  std::string last_id_;
  std::vector<uint64_t> received_;
  uint64_t last_seq_ = 0;
  // Keys that have not changed after this one need not be in state_.
  uint64_t state_from_ = 0;
  // Where its snapshot ends; 0: it did not begin with one.
  uint64_t snapshot_end_ = 0;
  // Where what comes before gateway.live ends: the head when the stream, or its snapshot, began.
  uint64_t live_at_ = 0;
  // nullopt: no id was presented.
  std::optional<bool> resumes_;
  // What it need not get one by one ends here: the snapshot, or what it said that it had.
  uint64_t complete_after_ = 0;
};

}  // namespace ssegw::fanout

#endif  // SSEGW_TESTS_UNIT_FANOUT_MODEL_READER_H_
