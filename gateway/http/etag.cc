#include "gateway/http/etag.h"

#include <algorithm>
#include <vector>

#include "gateway/http/field_value.h"

namespace ssegw::http {

bool NoneMatchNames(std::string_view if_none_match, std::string_view etag) {
  if (TrimSpace(if_none_match) == "*") return true;
  const std::vector<std::string_view> tags = SplitField(if_none_match, ',');
  return std::any_of(tags.begin(), tags.end(), [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    return tag == etag;
  });
}

}  // namespace ssegw::http
