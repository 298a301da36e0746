#include "internal/net/shard/shared_texts.h"

namespace ssegw::net {
namespace {

// What the table takes for one.
constexpr size_t kBytesOfPlace = 2 * sizeof(void*);

}  // namespace

SharedTexts::Text SharedTexts::Get(std::string_view text) {
  if (text.empty()) return {};
  auto it = entries_.find(text);
  if (it == entries_.end()) {
    // Not make_unique: Entry is an aggregate.
    it = entries_.insert(std::unique_ptr<Entry>(new Entry{*this, 0, std::string(text)})).first;
    bytes_.Add(BytesOf(**it));
  }
  ++(*it)->holders;
  return Text(**it);
}

void SharedTexts::Release(Entry& entry) {
  if (--entry.holders > 0) return;
  bytes_.Sub(BytesOf(entry));
  entries_.erase(entries_.find(std::string_view(entry.text)));
  base::ShrinkIfSparse(entries_);
}

size_t SharedTexts::BytesOf(const Entry& entry) {
  return sizeof(Entry) + entry.text.capacity() + kBytesOfPlace;
}

}  // namespace ssegw::net
