#include "gateway/config/version.h"

namespace ssegw::config {

std::string_view Version() { return SSEGW_VERSION; }

}  // namespace ssegw::config
