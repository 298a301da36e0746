#include "gateway/http/admin_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

#include "internal/base/concat.h"
#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

class AdminServiceTest : public ::testing::Test {
 protected:
  net::HttpResponse Get(std::string_view method, std::string_view target) {
    return std::get<net::HttpResponse>(service_.Handle(Request(method, target)));
  }

  bool healthy_ = true;
  std::optional<std::string> not_ready_;
  AdminService service_{
      {.metrics =
           [](MetricsFormat format) {
             return std::string(format == MetricsFormat::kText ? "text\n" : "# EOF\n");
           },
       .slowest =
           [](size_t k) {
             net::HttpLater later;
             later.finish = [k] {
               return net::HttpResponse{
                   .status = 200, .fields = {}, .body = base::Concat(k), .static_body = {}};
             };
             return later;
           },
       .healthy = [this] { return healthy_; },
       .not_ready = [this] { return not_ready_; },
       .operators = [](const net::HttpRequest& request) -> std::optional<net::HttpReply> {
         if (request.target != "/connections") return std::nullopt;
         return net::HttpResponse{.body = "page"};
       }}};
};

TEST_F(AdminServiceTest, ServesMetricsAsPrometheusText) {
  const net::HttpResponse response = Get("GET", "/metrics?name[]=x");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.body, "text\n");
  EXPECT_EQ(FieldOf(response.fields, "Vary"), "Accept");
}

TEST_F(AdminServiceTest, ServesMetricsAsOpenMetricsWhereThatIsAskedFor) {
  net::HttpRequest request = Request("GET", "/metrics");
  request.fields.push_back({"Accept", "application/openmetrics-text;version=1.0.0"});
  const auto response = std::get<net::HttpResponse>(service_.Handle(request));
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"),
            "application/openmetrics-text; version=1.0.0; charset=utf-8");
  EXPECT_EQ(response.body, "# EOF\n");
}

TEST_F(AdminServiceTest, AsksForTheSlowestConnections) {
  const auto body = [&](std::string_view target) {
    const auto later = std::get<net::HttpLater>(service_.Handle(Request("GET", target)));
    return std::get<net::HttpResponse>(later.finish()).body;
  };
  EXPECT_EQ(body("/debug/connections"), "20");
  EXPECT_EQ(body("/debug/connections?other=7"), "20");
  EXPECT_EQ(body("/debug/connections?k=1"), "1");
  EXPECT_EQ(body("/debug/connections?k=1000"), "1000");
}

TEST_F(AdminServiceTest, RefusesANumberOfConnectionsOutOfBounds) {
  for (const std::string_view query : {"k=0", "k=1001", "k=-1", "k=", "k", "k=7x", "k= 7", "k=1.5",
                                       "k=99999999999999999999", "k=7&k=8"}) {
    const net::HttpResponse response = Get("GET", base::Concat("/debug/connections?", query));
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json") << query;
    EXPECT_THAT(response.body, ::testing::HasSubstr(R"("parameter":"k")")) << query;
  }
}

TEST_F(AdminServiceTest, SaysWhetherTheProcessTurnsOver) {
  EXPECT_EQ(Get("GET", "/healthz").status, 200);
  EXPECT_EQ(Get("GET", "/healthz").body, "ok\n");
  healthy_ = false;
  EXPECT_EQ(Get("GET", "/healthz").status, 503);
  EXPECT_EQ(Get("GET", "/readyz").status, 200);
}

TEST_F(AdminServiceTest, SaysWhyItIsNotReady) {
  EXPECT_EQ(Get("GET", "/readyz").status, 200);
  EXPECT_EQ(Get("GET", "/readyz").body, "ok\n");
  not_ready_ = "draining";
  const net::HttpResponse response = Get("GET", "/readyz");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "draining\n");
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-store");
  EXPECT_EQ(Get("GET", "/healthz").status, 200);
}

TEST_F(AdminServiceTest, AnswersHeadAsGet) {
  for (const std::string_view path : {"/metrics", "/healthz", "/readyz"}) {
    EXPECT_EQ(Get("HEAD", path).status, 200) << path;
    EXPECT_EQ(Get("HEAD", path).fields, Get("GET", path).fields) << path;
    EXPECT_EQ(Get("HEAD", path).body, Get("GET", path).body) << path;
  }
}

TEST_F(AdminServiceTest, EverySpellingOfAPathIsThatPath) {
  for (const std::string_view target :
       {"/metrics/", "//metrics", "/healthz/", "//readyz?x", "/%6Detrics"}) {
    EXPECT_EQ(Get("GET", target).status, 200) << target;
  }
}

TEST_F(AdminServiceTest, RefusesOtherMethodsAndPaths) {
  const net::HttpResponse post = Get("POST", "/metrics");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(FieldOf(post.fields, "Allow"), "GET, HEAD");
  for (const std::string_view target :
       {"/", "/metrics/x", "/console/../metrics", "/v1/events", "/console/app.js", "*", ""}) {
    const net::HttpResponse response = Get("GET", target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json") << target;
  }
}

TEST_F(AdminServiceTest, HasWhatIsForOperatorsBesideItsOwn) {
  EXPECT_EQ(Get("GET", "/connections").body, "page");
  net::HttpRequest request = Request("GET", "/connections", {{"Host", "evil.example"}});
  EXPECT_EQ(std::get<net::HttpResponse>(service_.Handle(request)).status, 421);
}

TEST_F(AdminServiceTest, RefusesWithAProblem) {
  const net::HttpResponse response = service_.Refuse(431, "too much");
  EXPECT_EQ(response.status, 431);
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Request Header Fields Too Large","status":431,)"
            R"("detail":"too much"})"
            "\n");
}

}  // namespace
}  // namespace ssegw::http
