// A filter template; the value of its claim "c"; a ticket; a Cookie field; and then a query.
#include "gateway/auth/grants.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/auth/tickets.h"
#include "gateway/http/credentials.h"
#include "tests/fuzz/target.h"

namespace ssegw::fuzz {
namespace {

size_t Count(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++count;
  }
  return count;
}

void CheckTemplate(std::string_view text, std::string_view value) {
  const auto parsed = auth::FilterTemplate::Parse(text);
  if (!parsed.ok()) return;
  const auto filter = parsed->For({{"c", std::string(value)}});
  if (!filter) return;
  Holds(window::Filter::Parse(filter->text()).ok(), "a template gives a filter");
  for (const std::string_view sign : {".", "*", ">"}) {
    // Those in the name of a claim do not count, and none but "c" gives a filter.
    Holds(Count(filter->text(), sign) == Count(text, sign),
          "a claim's value has no dot and no wildcard");
  }
}

void CheckTicket(std::string_view text) {
  static const auth::TicketSealer* const sealer = new auth::TicketSealer({auth::RandomTicketKey()});
  Holds(!sealer->Open(text), "what nobody sealed does not open");
}

void CheckCredentials(std::string_view cookie, std::string_view query) {
  net::HttpRequest request;
  request.fields = {{"Cookie", cookie}};
  size_t cookies = 0;
  for (const http::Credential& credential : http::FindCredentials(request, query, "t")) {
    if (credential.kind == http::CredentialKind::kTicket) {
      Holds(query.find("ticket") != std::string_view::npos || query.find('%') != query.npos,
            "a ticket stands in the query");
      continue;
    }
    ++cookies;
    Holds(credential.kind == http::CredentialKind::kCookie && !credential.text.empty() &&
              credential.text.find(';') == std::string::npos &&
              cookie.find(credential.text) != std::string_view::npos,
          "a cookie's value stands in the field");
  }
  Holds(cookies <= 1 + Count(cookie, ";"), "a pair is one cookie");
  Holds(http::FindCredentials(request, "", "").empty(), "cookies are not looked at without a name");
}

}  // namespace

void Grants(std::string_view input) {
  const std::vector<std::string_view> lines = Lines(input, 5);
  CheckTemplate(lines[0], lines[1]);
  CheckTicket(lines[2]);
  CheckCredentials(lines[3], lines[4]);
}

}  // namespace ssegw::fuzz
