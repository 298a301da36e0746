#ifndef SSEGW_GATEWAY_CONFIG_SUGGESTION_H_
#define SSEGW_GATEWAY_CONFIG_SUGGESTION_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace ssegw::config {

// How many characters have to be inserted, deleted, replaced or swapped with their neighbour to
// turn one into the other. Cost: the product of the lengths.
size_t EditDistance(std::string_view a, std::string_view b);

// The name of the option that name was probably meant to be; empty if it is not near to any.
std::string NearestOptionName(std::string_view name);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_SUGGESTION_H_
