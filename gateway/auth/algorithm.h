#ifndef SSEGW_GATEWAY_AUTH_ALGORITHM_H_
#define SSEGW_GATEWAY_AUTH_ALGORITHM_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

namespace ssegw::auth {

// How a token may be signed: the names of RFC 7518 section 3.1 and RFC 8037 section 3.1 that a
// configuration may have. "none" is not among them.
enum class Algorithm : uint8_t {
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEdDsa,
  kHs256,
  kLast = kHs256,
};

// "RS256" and so on.
std::string_view NameOf(Algorithm algorithm);
std::optional<Algorithm> ParseAlgorithm(std::string_view name);

class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<Algorithm> algorithms) {
    for (const Algorithm algorithm : algorithms) Add(algorithm);
  }

  constexpr void Add(Algorithm algorithm) {
    bits_ = static_cast<uint16_t>(bits_ | 1U << static_cast<unsigned>(algorithm));
  }
  constexpr bool Has(Algorithm algorithm) const {
    return (bits_ >> static_cast<unsigned>(algorithm) & 1U) != 0;
  }
  constexpr bool empty() const { return bits_ == 0; }
  // What both have.
  constexpr AlgorithmSet operator&(AlgorithmSet other) const {
    AlgorithmSet both;
    both.bits_ = static_cast<uint16_t>(bits_ & other.bits_);
    return both;
  }
  bool operator==(const AlgorithmSet&) const = default;

 private:
  uint16_t bits_ = 0;
};

}  // namespace ssegw::auth

#endif  // SSEGW_GATEWAY_AUTH_ALGORITHM_H_
