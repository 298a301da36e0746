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

// Where the files of a page are.
struct AssetPlaces {
  std::string page = "index.html";
  std::string path = "/";            // of the page
  std::string folder = "/console/";  // of every other file
  // The hash of the script inside of the page, of all that is between its tags; empty: it has none.
  std::string script_hash = "sha256-9F265sRi0+ejb58GbJQSQBxazli8AypLyH9udX7Sw8w=";
};

// A page's files by path, the console's if nothing else is said. A browser asks each time whether
// its copy still holds (ETag), so a new version shows at once.
//
// Thread: any; immutable.
class StaticAssets {
 public:
  // files' bytes live as long as the process.
  explicit StaticAssets(std::span<const EmbeddedFile> files, const AssetPlaces& places = {});

  std::vector<std::string> paths() const;
  bool Has(std::string_view path) const { return assets_.contains(path); }

  // The answer for one of its paths: 200, or 304 if if_none_match (may be empty) names the file.
  net::HttpResponse Get(std::string_view path, std::string_view if_none_match) const;

 private:
  struct Asset {
    std::string_view bytes;
    std::string_view content_type;
    std::string etag;
  };

  std::string security_policy_;
  base::StringMap<Asset> assets_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_STATIC_ASSETS_H_
