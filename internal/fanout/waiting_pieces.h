#ifndef SSEGW_INTERNAL_FANOUT_WAITING_PIECES_H_
#define SSEGW_INTERNAL_FANOUT_WAITING_PIECES_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/time.h"
#include "internal/fanout/message.h"
#include "internal/fanout/rendering.h"

namespace ssegw::fanout {

// Text and messages that wait for one sink, in the order in which they came. A message of which the
// sink has taken a part is the first, and stays until the rest is taken too.
//
// Owns:     the pieces. Messages that are left when this is destroyed are told MessageFate::kGone.
// Thread:   the shard's.
class WaitingPieces {
 public:
  // What a message takes of memory beside its bytes.
  static constexpr size_t kBytesPerMessage = 128;

  WaitingPieces() = default;
  ~WaitingPieces();
  WaitingPieces(const WaitingPieces&) = delete;
  WaitingPieces& operator=(const WaitingPieces&) = delete;

  bool empty() const { return first_ == pieces_.size(); }
  size_t size() const { return pieces_.size() - first_; }
  // The rest of piece i. Valid until something changes.
  std::string_view bytes(size_t i) const {
    const std::string_view all = pieces_[first_ + i].bytes;
    return i == 0 ? all.substr(taken_) : all;
  }

  void Add(std::string_view text);
  void Add(Message message, Rendering rendering);
  // Goes out before all others; nothing has been taken of them.
  void AddFirst(std::string_view text);

  // The sink took so many bytes: up to all there are. Returns how many messages that ends.
  size_t Take(size_t bytes);

  size_t message_bytes() const { return message_bytes_; }
  size_t messages() const { return messages_; }
  // Not after the first deadline of those of which nothing is taken.
  base::TimePoint next_deadline() const { return next_deadline_; }
  // Takes out those whose deadline is over; returns how many.
  size_t Expire(base::TimePoint now);

 private:
  struct Piece {
    std::string bytes;
    // nullopt: text.
    struct Sent {
      base::TimePoint deadline;
      // Empty: it has been told.
      absl::AnyInvocable<void(MessageFate) &&> done;
    };
    std::optional<Sent> sent;
  };
  static size_t MemoryOf(const Piece& piece) { return piece.bytes.size() + kBytesPerMessage; }
  // Of a message: it is not counted any more, and hears of it.
  void End(Piece& piece, MessageFate fate);

  std::vector<Piece> pieces_;
  // Those before are done.
  size_t first_ = 0;
  // Of the first.
  size_t taken_ = 0;
  size_t message_bytes_ = 0;
  size_t messages_ = 0;
  base::TimePoint next_deadline_ = base::TimePoint::max();
};

}  // namespace ssegw::fanout

#endif  // SSEGW_INTERNAL_FANOUT_WAITING_PIECES_H_
