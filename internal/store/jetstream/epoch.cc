#include "internal/store/jetstream/epoch.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "internal/base/concat.h"

namespace ssegw::store::jetstream {

std::string EpochOf(std::string_view stream, std::string_view created, uint64_t generation) {
  constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuvwxyz";
  constexpr size_t kCharacters = 8;
  // A name of a stream and a time have no line ends.
  const std::string text = base::Concat(stream, '\n', created, '\n', generation);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> hash;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), hash.data());
  uint64_t number = 0;
  for (size_t i = 0; i < sizeof number; ++i) number = number << 8 | hash[i];
  std::string epoch;
  for (size_t i = 0; i < kCharacters; ++i, number /= kDigits.size()) {
    epoch += kDigits[number % kDigits.size()];
  }
  return epoch;
}

std::optional<uint64_t> ParseGeneration(std::string_view data) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(data.data(), data.data() + data.size(), number);
  if (error != std::errc() || end != data.data() + data.size()) return std::nullopt;
  return number;
}

std::string FormatGeneration(uint64_t number) { return std::to_string(number); }

GenerationLook::GenerationLook(nats::OpenLink& link, std::string keys_stream,
                               std::string log_stream, std::string subject, Done done)
    : link_(link),
      log_stream_(std::move(log_stream)),
      subject_(std::move(subject)),
      done_(std::move(done)),
      pull_(std::make_unique<Pull>(
          link, *this, PullOptions{.stream = std::move(keys_stream), .subject = subject_})) {}

void GenerationLook::OnBegin(uint64_t pending) {
  if (pending == 0) Next();
}

void GenerationLook::OnDelivery(const Delivery& delivery, nats::Message message) {
  const std::optional<uint64_t> number = ParseGeneration(message.data());
  if (number) found_.number = std::max(found_.number, *number);
  if (in_log_) found_.log_seq = delivery.seq;
  if (delivery.pending == 0) Next();
}

void GenerationLook::OnEnd(PullEnd /*end*/) { std::exchange(done_, nullptr)(std::nullopt); }

void GenerationLook::Next() {
  if (in_log_) return std::exchange(done_, nullptr)(found_);
  in_log_ = true;
  pull_ =
      std::make_unique<Pull>(link_, *this, PullOptions{.stream = log_stream_, .subject = subject_});
}

}  // namespace ssegw::store::jetstream
