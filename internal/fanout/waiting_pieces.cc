#include "internal/fanout/waiting_pieces.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace ssegw::fanout {

WaitingPieces::~WaitingPieces() {
  for (size_t i = first_; i < pieces_.size(); ++i) {
    if (pieces_[i].sent) End(pieces_[i], MessageFate::kGone);
  }
}

void WaitingPieces::Add(std::string_view text) {
  if (!empty() && !pieces_.back().sent) {
    pieces_.back().bytes += text;
  } else {
    pieces_.push_back({.bytes = std::string(text), .sent = std::nullopt});
  }
}

void WaitingPieces::Add(Message message, Rendering rendering) {
  Piece piece;
  if (rendering.framing == Framing::kBare) {
    piece.bytes = std::move(message.text);
  } else {
    rendering.AppendText(message.text, piece.bytes);
  }
  const bool tells_now = message.tell == Message::Tell::kQueued;
  // Whoever has been told that it waits is not told that it waits no longer.
  piece.sent = {.deadline = tells_now ? base::TimePoint::max() : message.deadline,
                .done = tells_now ? nullptr : std::move(message.done)};
  message_bytes_ += MemoryOf(piece);
  ++messages_;
  next_deadline_ = std::min(next_deadline_, piece.sent->deadline);
  pieces_.push_back(std::move(piece));
  if (tells_now && message.done) std::move(message.done)(MessageFate::kQueued);
}

void WaitingPieces::AddFirst(std::string_view text) {
  pieces_.insert(pieces_.begin() + static_cast<ptrdiff_t>(first_),
                 {.bytes = std::string(text), .sent = std::nullopt});
}

size_t WaitingPieces::Take(size_t bytes) {
  size_t ended = 0;
  taken_ += bytes;
  while (!empty() && taken_ >= pieces_[first_].bytes.size()) {
    Piece& piece = pieces_[first_];
    taken_ -= piece.bytes.size();
    if (piece.sent) {
      End(piece, MessageFate::kDelivered);
      ++ended;
    }
    piece = {};
    ++first_;
  }
  if (first_ > pieces_.size() / 2) {
    pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(first_));
    first_ = 0;
  }
  return ended;
}

size_t WaitingPieces::Expire(base::TimePoint now) {
  size_t ended = 0;
  next_deadline_ = base::TimePoint::max();
  // What has been begun is finished.
  const size_t from = first_ + (taken_ > 0 ? 1 : 0);
  const auto begin = pieces_.begin() + static_cast<ptrdiff_t>(std::min(from, pieces_.size()));
  const auto end = std::remove_if(begin, pieces_.end(), [&](Piece& piece) {
    if (!piece.sent) return false;
    if (piece.sent->deadline > now) {
      next_deadline_ = std::min(next_deadline_, piece.sent->deadline);
      return false;
    }
    End(piece, MessageFate::kExpired);
    ++ended;
    return true;
  });
  pieces_.erase(end, pieces_.end());
  return ended;
}

void WaitingPieces::End(Piece& piece, MessageFate fate) {
  if (!piece.sent) return;
  message_bytes_ -= MemoryOf(piece);
  --messages_;
  auto done = std::exchange(piece.sent->done, nullptr);
  if (done) std::move(done)(fate);
}

}  // namespace ssegw::fanout
