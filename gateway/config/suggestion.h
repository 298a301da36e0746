#ifndef SSEGW_GATEWAY_CONFIG_SUGGESTION_H_
#define SSEGW_GATEWAY_CONFIG_SUGGESTION_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace ssegw::config {

// The least number of characters to insert, delete, replace or swap with their neighbour that makes
// one the other. Cost: the product of the lengths.
size_t EditDistance(std::string_view a, std::string_view b);

// The name of the option that name was probably meant to be; empty: it is not near to any.
std::string NearestOptionName(std::string_view name);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_SUGGESTION_H_
