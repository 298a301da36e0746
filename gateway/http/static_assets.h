#ifndef SSEGW_GATEWAY_HTTP_STATIC_ASSETS_H_
#define SSEGW_GATEWAY_HTTP_STATIC_ASSETS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/embedded_file.h"
#include "internal/base/string_map.h"
#include "internal/net/service/http_service.h"

namespace ssegw::http {

// The console's files by path: index.html at "/", every other one at "/console/<name>". A browser
// asks each time whether its copy still holds (ETag), so a new version shows at once.
//
// Thread: any; immutable.
class StaticAssets {
 public:
  // files' bytes live as long as the process.
  explicit StaticAssets(std::span<const EmbeddedFile> files);

  std::vector<std::string> paths() const;

  // The answer for one of its paths: 200, or 304 if if_none_match (may be empty) names the file.
  net::HttpResponse Get(std::string_view path, std::string_view if_none_match) const;

 private:
  struct Asset {
    std::string_view bytes;
    std::string_view content_type;
    std::string etag;
  };

  base::StringMap<Asset> assets_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_STATIC_ASSETS_H_
