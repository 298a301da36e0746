#ifndef SSEGW_INTERNAL_NET_SHARD_SHARED_TEXTS_H_
#define SSEGW_INTERNAL_NET_SHARD_SHARED_TEXTS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "internal/base/string_map.h"
#include "internal/metrics/counter.h"

namespace ssegw::net {

// Texts that many connections have in common, such as the names of browsers: each is there once.
//
// Owns:     the texts; one that nobody holds any more is gone.
// Thread:   one.
// Lifetime: outlives every Text.
// Cost:     Get: one look-up, and an allocation for a new text. A Text is one pointer.
class SharedTexts {
  struct Entry {
    SharedTexts& texts;
    size_t holders;
    const std::string text;
  };

 public:
  // A share of a text; it may be empty.
  class Text {
   public:
    Text() = default;
    Text(Text&& other) noexcept : entry_(std::exchange(other.entry_, nullptr)) {}
    Text& operator=(Text&& other) noexcept {
      std::swap(entry_, other.entry_);
      return *this;
    }
    ~Text() {
      if (entry_ != nullptr) entry_->texts.Release(*entry_);
    }
    std::string_view view() const {
      return entry_ == nullptr ? std::string_view() : std::string_view(entry_->text);
    }

   private:
    friend class SharedTexts;
    explicit Text(Entry& entry) : entry_(&entry) {}

    Entry* entry_ = nullptr;
  };

  // bytes: a gauge of what the texts take.
  explicit SharedTexts(metrics::Counter& bytes) : bytes_(bytes) {}
  SharedTexts(const SharedTexts&) = delete;
  SharedTexts& operator=(const SharedTexts&) = delete;

  Text Get(std::string_view text);
  size_t size() const { return entries_.size(); }

 private:
  struct Hash : base::StringViewHash {
    using base::StringViewHash::operator();
    size_t operator()(const std::unique_ptr<Entry>& entry) const { return (*this)(entry->text); }
  };
  struct Equal {
    using is_transparent = void;
    static std::string_view Of(std::string_view text) { return text; }
    static std::string_view Of(const std::unique_ptr<Entry>& entry) { return entry->text; }
    bool operator()(const auto& a, const auto& b) const { return Of(a) == Of(b); }
  };

  void Release(Entry& entry);
  static size_t BytesOf(const Entry& entry);

  metrics::Counter& bytes_;
  absl::flat_hash_set<std::unique_ptr<Entry>, Hash, Equal> entries_;
};

}  // namespace ssegw::net

#endif  // SSEGW_INTERNAL_NET_SHARD_SHARED_TEXTS_H_
