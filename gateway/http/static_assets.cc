#include "gateway/http/static_assets.h"

#include <cstddef>
#include <utility>

#include "gateway/http/etag.h"
#include "internal/base/concat.h"

namespace ssegw::http {
namespace {

constexpr size_t kEtagDigits = 32;

std::string SecurityPolicy(std::string_view script_hash) {
  const std::string hash = script_hash.empty() ? "" : base::Concat(" '", script_hash, '\'');
  return base::Concat(
      "default-src 'none'; script-src 'self'", hash,
      "; style-src 'self'; img-src 'self' data:; "
      "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
}

std::string_view ContentType(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

}  // namespace

StaticAssets::StaticAssets(std::span<const EmbeddedFile> files, const AssetPlaces& places)
    : security_policy_(SecurityPolicy(places.script_hash)) {
  for (const EmbeddedFile& file : files) {
    std::string path =
        file.name == places.page ? places.path : base::Concat(places.folder, file.name);
    assets_.emplace(std::move(path),
                    Asset{.bytes = file.bytes,
                          .content_type = ContentType(file.name),
                          .etag = base::Concat('"', file.sha256.substr(0, kEtagDigits), '"')});
  }
}

std::vector<std::string> StaticAssets::paths() const {
  std::vector<std::string> paths;
  for (const auto& [path, asset] : assets_) paths.push_back(path);
  return paths;
}

net::HttpResponse StaticAssets::Get(std::string_view path, std::string_view if_none_match) const {
  const Asset& asset = assets_.find(path)->second;
  net::HttpResponse response;
  // On a 304 as well: a browser updates what it has stored with them (RFC 9111 section 3.2).
  response.fields = {{"ETag", asset.etag},
                     {"Cache-Control", "no-cache"},
                     {"Content-Security-Policy", security_policy_},
                     {"X-Content-Type-Options", "nosniff"},
                     {"Referrer-Policy", "no-referrer"}};
  if (NoneMatchNames(if_none_match, asset.etag)) {
    response.status = 304;
    return response;
  }
  response.fields.emplace_back("Content-Type", asset.content_type);
  response.static_body = asset.bytes;
  return response;
}

}  // namespace ssegw::http
