#ifndef SSEGW_TESTS_UNIT_HTTP_ICONS_H_
#define SSEGW_TESTS_UNIT_HTTP_ICONS_H_

#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"

namespace ssegw::http {

// The icons that a page shows and does not have; "all" if it shows none.
inline std::vector<std::string> MissingIcons(std::string_view page) {
  constexpr std::string_view kBegin = "href=\"#icon-";
  std::vector<std::string> missing;
  size_t at = page.find(kBegin);
  if (at == std::string_view::npos) missing.emplace_back("all");
  for (; at != std::string_view::npos; at = page.find(kBegin, at + 1)) {
    const size_t name = at + kBegin.size();
    const std::string_view icon = page.substr(name, page.find('"', name) - name);
    if (page.find(base::Concat("<symbol id=\"icon-", icon, '"')) == std::string_view::npos) {
      missing.emplace_back(icon);
    }
  }
  return missing;
}

}  // namespace ssegw::http

#endif  // SSEGW_TESTS_UNIT_HTTP_ICONS_H_
