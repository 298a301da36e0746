#include "gateway/http/static_assets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "internal/base/concat.h"
#include "tests/unit/http/icons.h"
#include "tests/unit/http/replies.h"

namespace ssegw::http {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

bool Has(const StaticAssets& assets, std::string_view path) {
  const std::vector<std::string> paths = assets.paths();
  return std::find(paths.begin(), paths.end(), path) != paths.end();
}

constexpr EmbeddedFile kFiles[] = {
    {.name = "index.html",
     .bytes = "<!doctype html>",
     .sha256 = "00112233445566778899aabbccddeeff00"},
    {.name = "app.js", .bytes = "let a;", .sha256 = "ff"},
    {.name = "console.css", .bytes = "a{}", .sha256 = "fe"},
    {.name = "favicon.svg", .bytes = "<svg/>", .sha256 = "fd"},
    {.name = "data.bin", .bytes = "0", .sha256 = "fc"},
};

TEST(StaticAssetsTest, ServesIndexAtTheRootAndTheRestBelowConsole) {
  struct Case {
    std::string_view path;
    std::string_view bytes;
    std::string_view content_type;
  };
  const Case kCases[] = {
      {"/", "<!doctype html>", "text/html; charset=utf-8"},
      {"/console/app.js", "let a;", "text/javascript; charset=utf-8"},
      {"/console/console.css", "a{}", "text/css; charset=utf-8"},
      {"/console/favicon.svg", "<svg/>", "image/svg+xml"},
      {"/console/data.bin", "0", "application/octet-stream"},
  };
  const StaticAssets assets(kFiles);
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.path);
    ASSERT_TRUE(Has(assets, c.path));
    const net::HttpResponse response = assets.Get(c.path, "");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.static_body, c.bytes);
    EXPECT_EQ(FieldOf(response.fields, "Content-Type"), c.content_type);
  }
}

TEST(StaticAssetsTest, HasNothingElse) {
  const StaticAssets assets(kFiles);
  for (const std::string_view path :
       {"", "/index.html", "/console", "/console/", "/console/index.html", "/console/../",
        "/app.js", "/console/other.js", "/console/app.js/", "//"}) {
    EXPECT_FALSE(Has(assets, path)) << path;
  }
}

TEST(StaticAssetsTest, PutsAnotherPageWhereItIsTold) {
  const StaticAssets assets(
      kFiles, {.page = "index.html", .path = "/page", .folder = "/page/", .script_hash = {}});
  EXPECT_TRUE(Has(assets, "/page"));
  EXPECT_TRUE(Has(assets, "/page/app.js"));
  EXPECT_FALSE(assets.Has("/"));
  EXPECT_FALSE(assets.Has("/console/app.js"));
  EXPECT_THAT(FieldOf(assets.Get("/page", "").fields, "Content-Security-Policy"),
              HasSubstr("script-src 'self'; style-src"));
}

TEST(StaticAssetsTest, LocksThePageDown) {
  const net::HttpResponse response = StaticAssets(kFiles).Get("/", "");
  EXPECT_EQ(FieldOf(response.fields, "Content-Security-Policy"),
            "default-src 'none'; script-src 'self' "
            "'sha256-9F265sRi0+ejb58GbJQSQBxazli8AypLyH9udX7Sw8w='; "
            "style-src 'self'; img-src 'self' data:; "
            "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
  EXPECT_EQ(FieldOf(response.fields, "X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(FieldOf(response.fields, "Referrer-Policy"), "no-referrer");
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-cache");
}

TEST(StaticAssetsTest, AnswersNotModifiedToWhoHasTheFile) {
  const StaticAssets assets(kFiles);
  const std::string etag = FieldOf(assets.Get("/", "").fields, "ETag");
  EXPECT_EQ(etag, "\"00112233445566778899aabbccddeeff\"");
  const net::HttpResponse response = assets.Get("/", etag);
  EXPECT_EQ(response.status, 304);
  EXPECT_TRUE(response.static_body.empty());
  EXPECT_EQ(FieldOf(response.fields, "ETag"), etag);
  EXPECT_EQ(FieldOf(response.fields, "Cache-Control"), "no-cache");
  EXPECT_THAT(FieldOf(response.fields, "Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_EQ(FieldOf(response.fields, "Content-Type"), "(none)");

  EXPECT_EQ(assets.Get("/console/app.js", etag).status, 200);
}

TEST(ConsoleFilesTest, AreInTheBinary) {
  const auto files = ConsoleFiles();
  const auto find = [&](std::string_view name) {
    const auto found = std::find_if(files.begin(), files.end(),
                                    [&](const EmbeddedFile& file) { return file.name == name; });
    return found == files.end() ? EmbeddedFile() : *found;
  };
  EXPECT_THAT(std::string(find("index.html").bytes), HasSubstr("</html>"));
  EXPECT_THAT(std::string(find("chart.min.js").bytes.substr(0, 100)), HasSubstr("Chart.js v3"));
  for (const EmbeddedFile& file : files) {
    EXPECT_FALSE(file.bytes.empty()) << file.name;
    EXPECT_THAT(std::string(file.sha256), MatchesRegex("[0-9a-f]{64}")) << file.name;
  }
}

TEST(ConsoleFilesTest, EveryFileThatThePageNamesIsServed) {
  const StaticAssets assets(ConsoleFiles());
  const std::string_view page = assets.Get("/", "").static_body;
  size_t named = 0;
  // Relative, so that the page works below a proxy's prefix as well.
  constexpr std::string_view kBegin = "\"console/";
  for (size_t at = page.find(kBegin); at != std::string_view::npos;
       at = page.find(kBegin, at + 1)) {
    const std::string_view path = page.substr(at + 1, page.find('"', at + 1) - at - 1);
    EXPECT_TRUE(Has(assets, base::Concat('/', path))) << path;
    ++named;
  }
  EXPECT_GT(named, 0U);
}

TEST(ConsoleFilesTest, ThePageHasTheIconsThatItShows) {
  EXPECT_THAT(MissingIcons(StaticAssets(ConsoleFiles()).Get("/", "").static_body),
              ::testing::IsEmpty());
}

}  // namespace
}  // namespace ssegw::http
