#include "gateway/config/option.h"

#include "absl/strings/ascii.h"

namespace ssegw::config {

std::string Option::EnvironmentName() const {
  std::string name_in_capitals = name;
  absl::AsciiStrToUpper(&name_in_capitals);
  return "SSE_GATEWAY_" + name_in_capitals;
}

}  // namespace ssegw::config
