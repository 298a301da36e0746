#ifndef SSEGW_INTERNAL_SSE_FRAME_H_
#define SSEGW_INTERNAL_SSE_FRAME_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "internal/base/ref_ptr.h"
#include "internal/base/time.h"

namespace ssegw::sse {

// What a frame is made from. The views need to live only as long as the call.
struct FrameContent {
  std::string_view topic = {};
  std::string_view key = {};
  // SSE event name without control characters; empty: none. A deletion has its own.
  std::string_view type = {};
  // One line of JSON: no raw CR or LF. A deletion has its own.
  std::string_view json = {};
  // The key leaves the snapshot; subscribers get gateway.deleted.
  bool deleted = false;
  // When the event reached the gateway: the same moment on both clocks.
  base::TimePoint received_at = {};
  base::WallTime received_wall = {};
  // When it loses its place in the snapshot; max: when superseded.
  base::TimePoint expires_at = base::TimePoint::max();
};

// One event, encoded once and shared by every subscription of every shard:
//
//   hex CRLF | [event: <type> LF] data: <json> LF id: <epoch>-<seq> LF LF | CRLF
//
// with a view that is one HTTP/1.1 chunk (RFC 9112 section 7.1) and a bare one without the chunk's
// head and tail. It ends with its own blank line, so an event is dispatched when its frame is read.
// The id is the last line, because some libraries take an id as soon as its line has come
// (eventsource 2, fetch-event-source 2): if more lines followed, a cut between them would make such
// a library resume past an event that it has not got.
//
// Owns:     all its bytes, in one allocation with the object.
// Thread:   Create and Seal by one thread, before it is shared; from then on immutable, any thread.
// Lifetime: reference-counted; the window, mailboxes and connections hold references.
// Cost:     Create: one allocation and one copy of the JSON. Seal: some 40 bytes are written around
//           the JSON, so it can be called under the lock that gives the seq.
class Frame {
 public:
  static base::RefPtr<Frame> Create(const FrameContent& content);

  // Gives the frame its id. Exactly once, before any view of the encoded bytes is used. epoch: at
  // most kMaxEpochBytes of [A-Za-z0-9]; seq: 1 or more.
  void Seal(std::string_view epoch, uint64_t seq);
  static constexpr size_t kMaxEpochBytes = 16;

  uint64_t seq() const { return seq_; }
  bool deleted() const { return deleted_; }
  base::TimePoint received_at() const { return received_at_; }
  base::WallTime received_wall() const { return received_wall_; }
  base::TimePoint expires_at() const { return expires_at_; }
  std::string_view topic() const { return {storage(), topic_bytes_}; }
  std::string_view key() const { return {storage() + topic_bytes_, key_bytes_}; }
  std::string_view type() const { return {storage() + type_offset_, type_bytes_}; }
  std::string_view json() const { return {storage() + json_offset_, json_bytes_}; }
  std::string_view id() const { return {storage() + id_offset_, id_bytes_}; }

  std::string_view chunked() const { return {storage() + begin_, end_ - begin_}; }
  std::string_view bare() const {
    return {storage() + bare_begin_, end_ - bare_begin_ - kChunkTailBytes};
  }
  // The envelope: the same event with data {"topic":…,"key":…,"time":…,"data":…}, where time is
  // received_wall. A deletion is its own envelope. Any thread makes it when it first asks for it,
  // and from then on it is shared as the frame is.
  std::string_view envelope_chunked() const { return Envelope().chunked(); }
  std::string_view envelope_bare() const { return Envelope().bare(); }

  // The memory that it takes without its envelope. The window's bound in bytes counts this.
  size_t memory_bytes() const { return sizeof(Frame) + storage_bytes_; }

  // Of all frames and envelopes of the process.
  static size_t all_memory_bytes();
  // Of all envelopes of the process.
  static size_t envelope_memory_bytes();

  void Ref() const { references_.fetch_add(1, std::memory_order_relaxed); }
  void Unref() const;

  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;

 private:
  static constexpr size_t kChunkTailBytes = 2;

  Frame() = default;
  ~Frame();

  char* storage() { return reinterpret_cast<char*>(this + 1); }
  const char* storage() const { return reinterpret_cast<const char*>(this + 1); }
  const Frame& Envelope() const;

  // What is looked at when the window evicts the frame, which has left the processor's caches by
  // then, is together.
  mutable std::atomic<uint32_t> references_{1};
  uint32_t storage_bytes_ = 0;
  uint64_t seq_ = 0;
  mutable std::atomic<const Frame*> envelope_{nullptr};
  // Offsets into storage(): topic, key, room for the chunk's head, the lines before the id, room
  // for the rest.
  uint32_t topic_bytes_ = 0;
  uint32_t key_bytes_ = 0;
  uint32_t type_offset_ = 0;
  uint32_t type_bytes_ = 0;
  uint32_t json_offset_ = 0;
  uint32_t json_bytes_ = 0;
  uint32_t id_offset_ = 0;
  uint32_t id_bytes_ = 0;
  uint32_t begin_ = 0;
  uint32_t bare_begin_ = 0;
  uint32_t end_ = 0;
  bool deleted_ = false;
  base::TimePoint received_at_;
  base::WallTime received_wall_;
  base::TimePoint expires_at_;
};

using FramePtr = base::RefPtr<const Frame>;

}  // namespace ssegw::sse

#endif  // SSEGW_INTERNAL_SSE_FRAME_H_
