// One fixed stream, cut in two at every byte: whatever a socket does there, the page gets the same
// bytes, or the connection is gone and holds nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
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
constexpr std::string_view kHead = "HEAD\r\n\r\n";

struct Encoding {
  const char* name;
  Mode mode;
  bool chunked;
  bool envelope;
};

constexpr Encoding kEncodings[] = {
    {.name = "latest, bare", .mode = Mode::kLatest, .chunked = false, .envelope = false},
    {.name = "latest, envelope", .mode = Mode::kLatest, .chunked = true, .envelope = true},
    {.name = "all, bare, envelope", .mode = Mode::kAll, .chunked = false, .envelope = true},
    {.name = "all", .mode = Mode::kAll, .chunked = true, .envelope = false},
};

// A reset, a snapshot, live events, a deletion and gateway.bye; nothing in it is superseded.
class Stream {
 public:
  explicit Stream(const Encoding& encoding)
      : window_("e", {.max_events = 100, .max_age = std::chrono::hours(1)}) {
    window_.AddListener(&recorder_);
    Put("a", "1");
    Put("b", "2");
    SubscriptionRequest request;
    request.mode = encoding.mode;
    request.envelope = encoding.envelope;
    request.last_event_id = "f-1";
    subscription_ = std::make_unique<Subscription>(
        shard_, sink_, request, encoding.chunked,
        Subscription::Greeting{.head = std::string(kHead),
                               .connection_id = "c",
                               .retry = std::chrono::milliseconds(9)});
  }
  ~Stream() { window_.RemoveListener(&recorder_); }
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

  // Deletes all that there is, and lets go of the log: who else holds a frame?
  size_t AliveFramesBut(size_t tombstones) {
    for (const char* topic : {"a", "b", "c"}) {
      for (int key = 1; key <= 5; ++key) Delete(topic, std::to_string(key));
    }
    Delete("a", "unknown");
    while (shard_.Turn(base::Now())) {
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
  class Recorder final : public window::AppendListener {
   public:
    void OnAppend(const sse::FramePtr& frame) override { AliveFrames::Add(*frame); }
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
    while (shard_.Turn(base::Now())) {
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
    ASSERT_TRUE(text.starts_with(kHead));
    text.erase(0, kHead.size());
    if (encoding.chunked) {
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
        ASSERT_EQ(stream.shard().stats().lagging.value(), 0U);
      }
      ASSERT_TRUE(AliveFrames::Seqs().empty());
    }
  }
}

}  // namespace
}  // namespace ssegw::fanout
