#include "gateway/http/admin_service.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <variant>

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
  AdminService service_{{.metrics = [] { return std::string("sse_gateway_connections 0\n"); },
                         .healthy = [this] { return healthy_; },
                         .not_ready = [this] { return not_ready_; }}};
};

TEST_F(AdminServiceTest, ServesMetricsAsPrometheusText) {
  const net::HttpResponse response = Get("GET", "/metrics?name[]=x");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(response.body, "sse_gateway_connections 0\n");
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

TEST_F(AdminServiceTest, RefusesOtherMethodsAndPaths) {
  const net::HttpResponse post = Get("POST", "/metrics");
  EXPECT_EQ(post.status, 405);
  EXPECT_EQ(FieldOf(post.fields, "Allow"), "GET, HEAD");
  for (const std::string_view target :
       {"/", "/metrics/", "/v1/events", "/console/app.js", "*", ""}) {
    const net::HttpResponse response = Get("GET", target);
    EXPECT_EQ(response.status, 404) << target;
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "application/problem+json") << target;
  }
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
