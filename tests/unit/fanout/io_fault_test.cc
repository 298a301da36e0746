// One fixed stream, cut in two at every byte: whatever a socket does there, the page gets the same
// bytes, or the connection is gone and holds nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "internal/fanout/shard.h"
#include "internal/fanout/subscription.h"
#include "internal/sse/control.h"
#include "tests/testing/chunked_decoder.h"
#include "tests/testing/sse_parser.h"
#include "tests/unit/fanout/alive_frames.h"
#include "tests/unit/fanout/fake_sink.h"

namespace ssegw::fanout {
namespace {

constexpr size_t kNoFault = std::numeric_limits<size_t>::max();

struct Encoding {
  const char* name;
  Mode mode;
  Framing framing;
  bool envelope;
};

constexpr Encoding kEncodings[] = {
    {.name = "latest, bare", .mode = Mode::kLatest, .framing = Framing::kBare, .envelope = false},
    {.name = "latest, envelope",
     .mode = Mode::kLatest,
     .framing = Framing::kChunked,
     .envelope = true},
    {.name = "all, bare, envelope",
     .mode = Mode::kAll,
     .framing = Framing::kBare,
     .envelope = true},
    {.name = "all", .mode = Mode::kAll, .framing = Framing::kChunked, .envelope = false},
};

// A reset, a snapshot, live events, a deletion and gateway.bye; nothing in it is superseded.
class Stream {
 public:
  explicit Stream(const Encoding& encoding)
      : window_("e", {.max_events = 100, .max_age = std::chrono::hours(1)}) {
    window_.AddListener(recorder_);
    Put("a", "1");
    Put("b", "2");
    SubscriptionRequest request;
    request.mode = encoding.mode;
    request.envelope = encoding.envelope;
    request.last_event_id = "f-1";
    subscription_ = std::make_unique<Subscription>(
        shard_, sink_, request, encoding.framing,
        Subscription::Greeting{.connection_id = "c", .retry = std::chrono::milliseconds(9)});
  }
  ~Stream() { window_.RemoveListener(recorder_); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // The socket takes so many bytes, then none.
  void SetRoom(size_t room) { sink_.room = room; }
  // Where it takes no more, the peer is found to be gone.
  void SetGone() { sink_.gone_when_full = true; }
  // After a pause it takes so many at a time.
  void SetPiece(size_t bytes) { piece_ = bytes; }
  // The pause lasts until there is nothing more to come than the end.
  void SetLate() { late_ = true; }

  // Returns what the page has got.
  const std::string& Run() {
    Do([&] { sink_.OnNext(subscription_->Pump(base::Now())); });
    Do([&] {
      Put("a", "3", "alert");
      Put("c", "4");
    });
    Do([&] { Delete("a", "unknown"); });
    Do([&] { Put("a", "5"); });
    late_ = false;
    Do([&] {});
    Do([&] {
      subscription_->Finish(sse::Bye(sse::ByeReason::kDrain, std::chrono::milliseconds(7)));
      sink_.OnNext(subscription_->Pump(base::Now()));
    });
    return sink_.text;
  }

  // Deletes everything, and drops the log. Nothing else may hold a frame.
  size_t AliveFramesBut(size_t tombstones) {
    for (const char* topic : {"a", "b", "c"}) {
      for (int key = 1; key <= 5; ++key) Delete(topic, std::to_string(key));
    }
    Delete("a", "unknown");
    while (shard_.Turn(base::Now()) == Work::kMore) {
    }
    window_.ExpireByAge(base::Now() + std::chrono::hours(2));
    return AliveFrames::Seqs().size() - tombstones;
  }
  static constexpr size_t kTombstones = 16;

  Subscription& subscription() { return *subscription_; }
  Shard& shard() { return shard_; }
  Next wanted() const { return sink_.wanted; }

 private:
  class Sink final : public ByteSink {
   public:
    ssize_t Write(std::span<const iovec> pieces) override {
      if (gone_when_full && room == 0) return -1;
      return TakeAsRoomAllows(pieces, room, text);
    }
    void OnNext(Next next) override {
      // A wish is not taken back; it is when it is met.
      if (next != Next::kWait) wanted = next;
    }
    Next wanted = Next::kWait;
    size_t room = 0;
    bool gone_when_full = false;
    std::string text;
  };
  class Recorder final : public window::LogListener {
   public:
    void OnAppend(std::span<const sse::FramePtr> frames) override {
      for (const sse::FramePtr& frame : frames) AliveFrames::Add(*frame);
    }
    void OnBreak() override {}
  };

  void Put(std::string_view topic, std::string_view key, std::string_view type = "") {
    window_.Append(sse::Frame::Create({.topic = topic,
                                       .key = key,
                                       .type = type,
                                       .json = "{\"n\":1}",
                                       .received_at = base::Now()}));
  }
  void Delete(std::string_view topic, std::string_view key) {
    window_.Append(sse::Frame::Create(
        {.topic = topic, .key = key, .deleted = true, .received_at = base::Now()}));
  }
  template <typename Action>
  void Do(Action action) {
    action();
    while (shard_.Turn(base::Now()) == Work::kMore) {
    }
    while (sink_.wanted == Next::kSoon || (sink_.wanted == Next::kWritable && !late_)) {
      if (sink_.wanted == Next::kWritable && !sink_.gone_when_full) sink_.room = piece_;
      sink_.wanted = subscription_->Pump(base::Now());
    }
  }

  Recorder recorder_;
  window::Window window_;
  Shard shard_{window_, [] {}};
  Sink sink_;
  std::unique_ptr<Subscription> subscription_;
  size_t piece_ = kNoFault;
  bool late_ = false;
};

std::string WithoutFaults(const Encoding& encoding) {
  Stream stream(encoding);
  stream.SetRoom(kNoFault);
  return stream.Run();
}

// Also that the fixed stream is what it is meant to be.
TEST(IoFaultTest, WithoutFaultsEverythingComes) {
  for (const Encoding& encoding : kEncodings) {
    SCOPED_TRACE(encoding.name);
    std::string text = WithoutFaults(encoding);
    if (encoding.framing == Framing::kChunked) {
      testing::ChunkedDecoder decoder;
      text = decoder.Decode(text);
      EXPECT_TRUE(decoder.ended());
    }
    testing::SseParser parser;
    std::string got;
    for (const testing::SseBlock& block : parser.Parse(text)) {
      if (!block.data) continue;  // the comment at the beginning
      got += base::Concat(block.id.value_or("-"), " ", block.event, "\n");
    }
    EXPECT_TRUE(parser.at_boundary());
    EXPECT_EQ(got,
              "f-1 gateway.cut\n- gateway.hello\n- gateway.reset\ne-1 \ne-2 \n- gateway.live\n"
              "e-3 alert\ne-4 \ne-5 gateway.deleted\ne-6 \n- gateway.bye\n");
  }
}

TEST(IoFaultTest, APauseAtAnyByteChangesNothing) {
  struct Case {
    const char* name;
    size_t piece;
    bool late;
  };
  for (const Encoding& encoding : kEncodings) {
    const std::string expected = WithoutFaults(encoding);
    for (const Case& c : {Case{"then byte for byte", 1, false}, Case{"then all", kNoFault, false},
                          Case{"all of it late", kNoFault, true}}) {
      for (size_t at = 0; at <= expected.size(); ++at) {
        Stream stream(encoding);
        stream.SetRoom(at);
        stream.SetPiece(c.piece);
        if (c.late) stream.SetLate();
        ASSERT_EQ(stream.Run(), expected) << encoding.name << ", " << c.name << ", at byte " << at;
        ASSERT_TRUE(stream.subscription().finished());
      }
    }
  }
}

TEST(IoFaultTest, APeerGoneAtAnyByteIsGoneForEverAndHoldsNothing) {
  for (const Encoding& encoding : kEncodings) {
    const std::string expected = WithoutFaults(encoding);
    for (size_t at = 0; at < expected.size(); ++at) {
      SCOPED_TRACE(base::Concat(encoding.name, ", at byte ", at));
      {
        Stream stream(encoding);
        stream.SetRoom(at);
        stream.SetGone();
        ASSERT_EQ(stream.Run(), expected.substr(0, at));
        ASSERT_EQ(stream.wanted(), Next::kGone);
        ASSERT_EQ(stream.AliveFramesBut(Stream::kTombstones), 0U);
        stream.SetRoom(kNoFault);
        Subscription& subscription = stream.subscription();
        ASSERT_EQ(subscription.Pump(base::Now()), Next::kGone);
        ASSERT_EQ(subscription.PumpPaced(base::Now()), Next::kGone);
        ASSERT_EQ(subscription.Heartbeat(base::Now()), Next::kGone);
        subscription.Finish("event: gateway.bye\ndata: {}\n\n");
        ASSERT_EQ(subscription.Pump(base::Now()), Next::kGone);
        ASSERT_EQ(stream.Run().size(), at);
        ASSERT_EQ(stream.shard().stats().behind.value(), 0U);
      }
      ASSERT_TRUE(AliveFrames::Seqs().empty());
    }
  }
}

// What two browsers make of a cut at any byte. One forgets what it has of an event. The other, as
// WebKitGTK does, keeps it and reads on with the next stream's first bytes.
class Page {
 public:
  explicit Page(bool keeps_half_events) : keeps_half_events_(keeps_half_events) {}

  void Read(std::string_view text) {
    half_ += text;
    for (size_t end; (end = half_.find('\n')) != std::string::npos; half_.erase(0, end + 1)) {
      TakeLine(half_.substr(0, end));
    }
  }
  void Cut() {
    if (keeps_half_events_) return;
    half_.clear();
    name_ = id_ = data_ = "";
    has_data_ = false;
  }

  std::string last_id;
  // Without those that a page does not listen to.
  std::string got;

 private:
  void TakeLine(const std::string& line) {
    const size_t colon = line.find(':');
    const std::string field = line.substr(0, colon);
    std::string value = colon == std::string::npos ? "" : line.substr(colon + 1);
    if (value.starts_with(' ')) value.erase(0, 1);
    if (line.empty()) {
      Dispatch();
    } else if (field == "event") {
      name_ = value;
    } else if (field == "id") {
      id_ = value;
    } else if (field == "data") {
      data_ += value;
      has_data_ = true;
    }
  }
  void Dispatch() {
    if (!id_.empty()) last_id = id_;
    if (has_data_ && name_ != "gateway.cut") got += base::Concat(id_, ' ', name_, ' ', data_, '\n');
    name_ = id_ = data_ = "";
    has_data_ = false;
  }

  const bool keeps_half_events_;
  std::string half_;
  std::string name_;
  std::string id_;
  std::string data_;
  bool has_data_ = false;
};

TEST(IoFaultTest, ACutAtAnyByteGivesNoPageGarbageAndLosesNothing) {
  const std::string live(sse::kLive);
  const std::string events =
      "event: alert\ndata: {\"n\":1}\nid: e-2\n\ndata: {\"n\":2}\nid: e-3\n\n";
  const auto stream = [&](const std::string& presented, std::string_view rest) {
    window::Window window("e", {});
    Shard shard(window, [] {});
    for (const auto& [type, json] :
         {std::pair("", "0"), {"alert", "{\"n\":1}"}, {"", "{\"n\":2}"}}) {
      window.Append(sse::Frame::Create({.topic = "a", .key = json, .type = type, .json = json}));
    }
    FakeSink sink;
    SubscriptionRequest request;
    request.mode = Mode::kAll;
    request.last_event_id = presented;
    Subscription subscription(
        shard, sink, request, Framing::kBare,
        Subscription::Greeting{.connection_id = "c", .retry = std::chrono::milliseconds(9)});
    EXPECT_EQ(subscription.Pump(base::Now()), Next::kWait);
    EXPECT_TRUE(sink.text.ends_with(std::string(rest))) << sink.text;
    return sink.text;
  };
  const std::string first = stream("e-1", events + live);
  for (const bool keeps_half_events : {false, true}) {
    for (size_t at = 0; at <= first.size(); ++at) {
      SCOPED_TRACE(base::Concat(keeps_half_events ? "kept" : "forgotten", ", at byte ", at));
      Page page(keeps_half_events);
      page.last_id = "e-1";
      page.Read(std::string_view(first).substr(0, at));
      page.Cut();
      const std::string before = page.got;
      const bool has_2 = before.find("e-2 alert {\"n\":1}\n") != std::string::npos;
      const bool has_3 = before.find("e-3  {\"n\":2}\n") != std::string::npos;
      const std::string id = page.last_id;
      ASSERT_EQ(id, has_3 ? "e-3" : has_2 ? "e-2" : "e-1");
      page.Read(stream(id, live));
      EXPECT_EQ(page.got.substr(before.size()),
                base::Concat(id, " gateway.hello {\"connection\":\"c\",\"resumed\":true}\n",
                             has_2 ? "" : "e-2 alert {\"n\":1}\n", has_3 ? "" : "e-3  {\"n\":2}\n",
                             " gateway.live {}\n"));
      EXPECT_EQ(page.last_id, "e-3");
    }
  }
  // A second cut, right after gateway.cut, leaves the id that the page had before the first.
  for (size_t at = 0; at <= first.size(); ++at) {
    Page page(/*keeps_half_events=*/true);
    page.last_id = "e-1";
    page.Read(std::string_view(first).substr(0, at));
    const std::string id = page.last_id;
    const std::string next = stream(id, live);
    page.Read(std::string_view(next).substr(0, next.find("event: gateway.hello")));
    EXPECT_EQ(page.last_id, id) << "at byte " << at;
  }
}

// Some libraries take an id when its line has come, and resume from there after a cut.
TEST(IoFaultTest, OnlyTheLastByteOfAnEventIsLeftWhenItsIdHasCome) {
  Stream stream({.name = "", .mode = Mode::kAll, .framing = Framing::kBare, .envelope = false});
  stream.SetRoom(kNoFault);
  const std::string text = stream.Run();
  size_t ids = 0;
  for (size_t at = text.find("\nid: "); at != std::string::npos; at = text.find("\nid: ", at + 1)) {
    const size_t end = text.find('\n', at + 1);
    EXPECT_EQ(text.substr(end, 2), "\n\n");
    ++ids;
  }
  EXPECT_EQ(ids, 7U) << "of gateway.cut and six events";
}

}  // namespace
}  // namespace ssegw::fanout
