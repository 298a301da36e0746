#include "internal/sse/frame.h"

#include <array>
#include <charconv>
#include <cstring>
#include <new>
#include <string>

#include "internal/base/text.h"
#include "internal/sse/frame_memory.h"

namespace ssegw::sse {
namespace {

// hex of 32 bits, CRLF.
constexpr size_t kMaxHeadBytes = 8 + 2;
// "id: ", epoch, "-", seq of 64 bits, LF, blank line.
constexpr size_t kMaxIdBytes = 4 + Frame::kMaxEpochBytes + 1 + 20 + 1 + 1;

std::string DeletedJson(const FrameContent& content) {
  std::string json = "{\"topic\":";
  base::AppendJsonString(json, content.topic);
  json += ",\"key\":";
  base::AppendJsonString(json, content.key);
  json += '}';
  return json;
}

// The memory of all envelopes.
std::atomic<size_t> envelope_bytes{0};

char* Put(char* out, std::string_view text) {
  // An empty view may be null, which memcpy does not allow.
  if (!text.empty()) std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

}  // namespace

base::RefPtr<Frame> Frame::Create(const FrameContent& content) {
  std::string deleted_json;
  std::string_view type = content.type;
  std::string_view json = content.json;
  if (content.deleted) {
    deleted_json = DeletedJson(content);
    type = "gateway.deleted";
    json = deleted_json;
  }
  constexpr std::string_view kEvent = "event: ";
  constexpr std::string_view kData = "data: ";
  const size_t lines = (type.empty() ? 0 : kEvent.size() + type.size() + 1) + kData.size() +
                       json.size() + 1 + kMaxIdBytes + kChunkTailBytes;
  const size_t size = content.topic.size() + content.key.size() + kMaxHeadBytes + lines;
  auto* frame = new (FrameMemory::Allocate(sizeof(Frame) + size)) Frame();
  char* const start = frame->storage();
  const auto offset = [&](const char* p) { return static_cast<uint32_t>(p - start); };
  char* p = Put(start, content.topic);
  p = Put(p, content.key);
  p += kMaxHeadBytes;
  frame->topic_bytes_ = static_cast<uint32_t>(content.topic.size());
  frame->key_bytes_ = static_cast<uint32_t>(content.key.size());
  frame->bare_begin_ = offset(p);
  if (!type.empty()) {
    p = Put(p, kEvent);
    frame->type_offset_ = offset(p);
    frame->type_bytes_ = static_cast<uint32_t>(type.size());
    p = Put(p, type);
    *p++ = '\n';
  }
  p = Put(p, kData);
  frame->json_offset_ = offset(p);
  frame->json_bytes_ = static_cast<uint32_t>(json.size());
  p = Put(p, json);
  p = Put(p, "\nid: ");
  frame->id_offset_ = offset(p);
  frame->storage_bytes_ = static_cast<uint32_t>(size);
  frame->deleted_ = content.deleted;
  frame->received_at_ = content.received_at;
  frame->received_wall_ = content.received_wall;
  frame->expires_at_ = content.expires_at;
  return base::RefPtr<Frame>::Adopt(frame);
}

size_t Frame::all_memory_bytes() { return FrameMemory::all_bytes(); }

size_t Frame::envelope_memory_bytes() { return envelope_bytes.load(std::memory_order_relaxed); }

void Frame::Seal(std::string_view epoch, uint64_t seq) {
  seq_ = seq;
  std::array<char, 20> digits;
  const char* const digits_end = std::to_chars(digits.begin(), digits.end(), seq).ptr;
  const auto seq_bytes = static_cast<size_t>(digits_end - digits.data());
  char* p = Put(storage() + id_offset_, epoch);
  *p++ = '-';
  p = Put(p, {digits.data(), seq_bytes});
  id_bytes_ = static_cast<uint32_t>(epoch.size() + 1 + seq_bytes);
  p = Put(p, "\n\n\r\n");
  end_ = static_cast<uint32_t>(p - storage());

  // The chunk's head is written to end where the lines begin: only now is its length known.
  std::array<char, 8> hex;
  const uint32_t chunk_bytes = end_ - static_cast<uint32_t>(kChunkTailBytes) - bare_begin_;
  const char* const hex_end = std::to_chars(hex.begin(), hex.end(), chunk_bytes, 16).ptr;
  const auto hex_bytes = static_cast<size_t>(hex_end - hex.data());
  begin_ = bare_begin_ - 2 - static_cast<uint32_t>(hex_bytes);
  Put(Put(storage() + begin_, {hex.data(), hex_bytes}), "\r\n");
}

void Frame::Unref() const {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  const size_t bytes = memory_bytes();
  this->~Frame();
  FrameMemory::Free(const_cast<Frame*>(this), bytes);
}

Frame::~Frame() {
  if (const Frame* envelope = envelope_.load(std::memory_order_acquire)) {
    envelope_bytes.fetch_sub(envelope->memory_bytes(), std::memory_order_relaxed);
    envelope->Unref();
  }
}

const Frame& Frame::Envelope() const {
  if (deleted_) return *this;
  if (const Frame* made = envelope_.load(std::memory_order_acquire)) return *made;
  std::string data = "{\"topic\":";
  base::AppendJsonString(data, topic());
  data += ",\"key\":";
  base::AppendJsonString(data, key());
  data += ",\"time\":\"";
  data += base::FormatRfc3339(received_wall_);
  data += "\",\"data\":";
  data += json();
  data += '}';
  base::RefPtr<Frame> mine = Create({.topic = {},
                                     .key = {},
                                     .type = type(),
                                     .json = data,
                                     .received_at = received_at_,
                                     .received_wall = received_wall_,
                                     .expires_at = expires_at_});
  const std::string_view full_id = id();
  mine->Seal(full_id.substr(0, full_id.rfind('-')), seq_);
  // Several shards may make it at the same time: the first one stays, the others drop theirs.
  const Frame* expected = nullptr;
  if (envelope_.compare_exchange_strong(expected, mine.get(), std::memory_order_acq_rel)) {
    envelope_bytes.fetch_add(mine->memory_bytes(), std::memory_order_relaxed);
    return *mine.Release();
  }
  return *expected;
}

}  // namespace ssegw::sse
