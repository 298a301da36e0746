#ifndef SSEGW_GATEWAY_HTTP_SNAPSHOT_ANSWERS_H_
#define SSEGW_GATEWAY_HTTP_SNAPSHOT_ANSWERS_H_

#include <optional>
#include <string>
#include <string_view>

#include "gateway/http/snapshot_documents.h"
#include "gateway/http/snapshot_writer.h"
#include "internal/net/service/http_service.h"
#include "internal/window/filter.h"
#include "internal/window/window.h"

namespace ssegw::http {

// The answers of /v1/snapshot for some filters: their heads, and what they are called in an ETag.
//
// What everybody may read has the id of its moment as its tag. What has been granted has a tag of
// what was granted: of the filters, and of the events that they match. So no two users have one tag
// for different answers, and it changes only with what its user may see; and no cache keeps it for
// others.
//
// Thread:   immutable.
// Lifetime: the window outlives it.
class SnapshotAnswers {
 public:
  enum class For { kEverybody, kGranted };

  SnapshotAnswers(const window::Window& window, window::Filters filters, For whom);

  const window::Filters& filters() const { return filters_; }

  // The tag of an If-None-Match (may be empty) whose document would be the same now, because
  // nothing that the filters match has come since.
  std::optional<std::string> UnchangedTag(std::string_view if_none_match) const;

  net::HttpResponse NotModified(std::string_view tag) const;
  // For HEAD, without making the document; nullopt: its tag takes the document itself.
  std::optional<net::HttpResponse> Head(const SnapshotDocuments::Known& known,
                                        std::string_view if_none_match) const;
  // What has been asked for, or that there is no room for it.
  net::HttpResponse Answer(SnapshotDocuments::Request& asked, std::string_view if_none_match) const;
  static net::HttpResponse NoRoom();
  // The window does not have all yet.
  static net::HttpResponse Loading();

 private:
  std::string TagOf(const SnapshotDocument& document) const;
  net::HttpResponse HeadWith(int status, std::string_view tag) const;
  // The place that a tag without its quotes stands for, if it is one of these filters'.
  struct Place {
    std::string_view epoch;
    uint64_t seq;
  };
  std::optional<Place> PlaceOf(std::string_view tag) const;

  const window::Window& window_;
  const window::Filters filters_;
  // Of what has been granted; empty: everybody may read.
  const std::string scope_;
};

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_SNAPSHOT_ANSWERS_H_
