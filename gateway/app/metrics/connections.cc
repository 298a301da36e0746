#include <string>
#include <vector>

#include "gateway/app/metrics/samples.h"
#include "gateway/app/metrics/subjects.h"
#include "gateway/http/problem.h"
#include "internal/base/concat.h"

namespace ssegw::app {
namespace {

using net::CloseReason;
using net::ShedReason;

void AddRefusals(const http::HttpStats& http, Families& families) {
  std::vector<std::string> codes;
  for (const http::RefusalStatus& refusal : http::kRefusals) {
    codes.push_back(base::Concat(refusal.code));
  }
  std::vector<Sample> rejected;
  for (size_t i = 0; i < codes.size(); ++i) {
    rejected.push_back({.labels = {{"code", codes[i]}},
                        .value = static_cast<double>(http.requests_rejected[i].value())});
  }
  families.Counter("requests_rejected_total",
                   "HTTP requests refused, by status; a growing 4xx is a page with a mistake, or a "
                   "peer that is no browser.",
                   rejected);
}

}  // namespace

void AddConnections(const Shards& shards, const net::Admission& admission,
                    const http::HttpStats& http, Families& families) {
  families.Gauge("connections", "Connections that are open: the load.",
                 Sum(shards, [](const auto& s) -> auto& { return s.stats().connections; }));
  families.Gauge("max_connections",
                 "Connections that may be open; further ones are shed. Divide connections by it "
                 "for the fill level.",
                 admission.max_connections());
  families.Counter("connections_opened_total",
                   "Connections opened; more than new pages explain are connections that were cut "
                   "and came back.",
                   Sum(shards, [](const auto& s) -> auto& { return s.stats().opened; }));
  families.Counter(
      "connections_closed_total",
      "Connections ended, each with one reason; peer_closed, max_age and drain are normal.",
      SumsByLabel<CloseReason>(shards, "reason",
                               [](const auto& s) -> auto& { return s.stats().closed; }));
  families.Counter(
      "connections_shed_total",
      "Connections turned away with gateway.bye busy, by the limit reached; any growth means that "
      "browsers wait.",
      SumsByLabel<ShedReason>(shards, "reason",
                              [](const auto& s) -> auto& { return s.stats().shed; }));
  families.Counter("idle_connections_closed_total",
                   "Sockets closed while they waited for a request, to make room for others; if it "
                   "grows, the limit of open files is too low.",
                   Sum(shards, [](const auto& s) -> auto& { return s.stats().idle_closed; }));
  families.Counter("http2_floods_total",
                   "HTTP/2 connections ended for a thousand of such frames in a second, for a head "
                   "that unpacks to a megabyte, or in the clear for too many sessions.",
                   SumsByLabel<net::Http2Flood>(shards, "kind", [](const auto& s) -> auto& {
                     return s.stats().http2_floods;
                   }));
  AddRefusals(http, families);
}

}  // namespace ssegw::app
