#include "gateway/http/snapshot_writer.h"

#include <algorithm>
#include <chrono>
#include <string_view>

#include "internal/base/text.h"
#include "internal/sse/event_id.h"

namespace ssegw::http {
namespace {

// Names of members, punctuation and the time of one event.
constexpr size_t kMembersBytes = SnapshotWriter::kMinBytes;
// Of one piece of work.
constexpr size_t kSizesPerStep = 1024;
constexpr size_t kFramesPerStep = 128;
constexpr size_t kBytesPerStep = size_t{64} * 1024;
// A document is good for as long as this times the keys that were looked at for it.
constexpr base::Duration kGoodForKey = std::chrono::microseconds(10);
constexpr size_t kBytesLikeAKey = 256;
constexpr size_t kSmall = 1000;
constexpr base::Duration kMaxGoodFor = std::chrono::seconds(1);

void AppendMember(std::string& out, std::string_view head, std::string_view text) {
  out += head;
  base::AppendJsonString(out, text);
}

// What its text takes, except for characters that JSON escapes.
size_t SizeOf(const sse::Frame& frame) {
  return frame.bare().size() + frame.topic().size() + frame.key().size() + kMembersBytes;
}

// The finalizer of MurmurHash3: every bit of value changes half of the bits.
uint64_t Mix(uint64_t value) {
  value = (value ^ (value >> 33)) * 0xFF51AFD7ED558CCDU;
  value = (value ^ (value >> 33)) * 0xC4CEB9FE1A85EC53U;
  return value ^ (value >> 33);
}

void AppendEvent(std::string& out, const sse::Frame& frame) {
  AppendMember(out, R"({"id":)", frame.id());
  AppendMember(out, R"(,"topic":)", frame.topic());
  AppendMember(out, R"(,"key":)", frame.key());
  AppendMember(out, R"(,"type":)", frame.type());
  AppendMember(out, R"(,"time":)", base::FormatRfc3339(frame.received_wall()));
  out += R"(,"data":)";
  out += frame.json();
  out += '}';
}

base::Duration GoodFor(size_t looked_at, size_t bytes) {
  const size_t keys = looked_at + bytes / kBytesLikeAKey;
  if (keys < kSmall) return base::Duration(0);
  return std::min<base::Duration>(kMaxGoodFor, kGoodForKey * static_cast<int64_t>(keys));
}

}  // namespace

SnapshotWriter::Step SnapshotWriter::Work() {
  switch (phase_) {
    case Phase::kReading:
      return Read();
    case Phase::kSizing:
      return Size();
    case Phase::kWriting:
      return Write();
  }
  return Step::kDone;
}

bool SnapshotWriter::is_small() const { return reader_->looked_at() < kSmall; }

SnapshotWriter::Step SnapshotWriter::Read() {
  if (!reader_) reader_ = std::make_unique<window::SnapshotReader>(window_, filters_);
  if (reader_->Step()) return Step::kMore;
  frames_ = reader_->TakeFrames();
  document_.epoch = reader_->epoch();
  document_.seq = reader_->head();
  document_.as_of = base::Now();
  phase_ = Phase::kSizing;
  return Step::kRead;
}

SnapshotWriter::Step SnapshotWriter::Size() {
  const size_t end = std::min(frames_.size(), next_ + kSizesPerStep);
  for (; next_ < end; ++next_) {
    const sse::Frame& frame = *frames_[next_];
    document_.bytes += SizeOf(frame);
    document_.newest = frame.seq();
    document_.content = Mix(document_.content ^ frame.seq());
  }
  if (next_ < frames_.size()) return Step::kMore;
  document_.bytes += kMinBytes;
  next_ = 0;
  phase_ = Phase::kWriting;
  return Step::kSized;
}

SnapshotWriter::Step SnapshotWriter::Write() {
  std::string& text = document_.text;
  if (text.empty()) {
    document_.id = sse::FormatEventId(document_.epoch, document_.seq);
    text.reserve(document_.bytes);
    AppendMember(text, R"({"id":)", document_.id);
    text += R"(,"events":[)";
  }
  const size_t end = std::min(frames_.size(), next_ + kFramesPerStep);
  const size_t full = text.size() + kBytesPerStep;
  for (; next_ < end && text.size() < full; ++next_) {
    if (next_ > 0) text += ',';
    AppendEvent(text, *frames_[next_]);
    frames_[next_] = nullptr;
  }
  if (next_ < frames_.size()) return Step::kMore;
  text += "]}";
  document_.good_for = GoodFor(reader_->looked_at(), text.size());
  return Step::kDone;
}

}  // namespace ssegw::http
