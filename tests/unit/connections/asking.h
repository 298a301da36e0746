#ifndef SSEGW_TESTS_UNIT_CONNECTIONS_ASKING_H_
#define SSEGW_TESTS_UNIT_CONNECTIONS_ASKING_H_

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/connections/local_connections.h"
#include "tests/unit/net/shard_fixture.h"

namespace ssegw::connections {

using ssegateway::v1::CloseConnectionsRequest;
using ssegateway::v1::CloseConnectionsResponse;
using ssegateway::v1::Connection;
using ssegateway::v1::ListConnectionsRequest;
using ssegateway::v1::ListConnectionsResponse;
using Browser = net::Client;

// The id that a browser is told in gateway.hello.
inline std::string IdOf(const Browser& browser) {
  constexpr std::string_view kBefore = "\"connection\":\"";
  const std::string& text = browser.received();
  const size_t begin = text.find(kBefore) + kBefore.size();
  return text.substr(begin, text.find('"', begin) - begin);
}

// LocalConnections over two shards with real sockets and threads, asked and waited for.
class LocalConnectionsTest : public net::ShardThreadTest {
 protected:
  void SetUp() override { StartWith({}); }
  void StartWith(const net::ConnectionOptions& options) {
    Start(options);
    std::vector<net::ShardConnections*> shards;
    for (const auto& shard : shards_) shards.push_back(shard.get());
    connections_ =
        std::make_unique<LocalConnections>("test", std::move(shards), *front_, size_t{64} * 1024);
  }
  void TearDown() override {
    connections_ = nullptr;
    ShardThreadTest::TearDown();
  }

  absl::StatusOr<ListConnectionsResponse> List(const ListConnectionsRequest& request) {
    return Ask<ListConnectionsResponse>(
        [&](auto done) { connections_->List(request, std::move(done)); });
  }
  absl::StatusOr<Connection> Get(const std::string& id) {
    return Ask<Connection>([&](auto done) { connections_->Get(id, std::move(done)); });
  }
  absl::StatusOr<uint64_t> Close(const CloseConnectionsRequest& request) {
    const auto response = Ask<CloseConnectionsResponse>(
        [&](auto done) { connections_->Close(request, std::move(done)); });
    if (!response.ok()) return response.status();
    return response->closed();
  }
  // The ids of all pages, in the order in which they come. between: called after each page.
  std::vector<std::string> AllPages(
      ListConnectionsRequest request, const std::function<void()>& between = [] {}) {
    std::vector<std::string> ids;
    do {
      const absl::StatusOr<ListConnectionsResponse> page = List(request);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) break;
      EXPECT_LE(page->connections_size(), request.page_size());
      for (const Connection& connection : page->connections()) ids.push_back(connection.id());
      request.set_page_token(page->next_page_token());
      between();
    } while (!request.page_token().empty());
    return ids;
  }
  std::unique_ptr<Browser> Browse(std::string_view subject, std::string_view filter) {
    return Subscribe(base::Concat("/of/", subject, "/", filter));
  }

  template <typename T, typename Question>
  static absl::StatusOr<T> Ask(const Question& question) {
    const auto answer = std::make_shared<std::promise<absl::StatusOr<T>>>();
    std::future<absl::StatusOr<T>> there = answer->get_future();
    question([answer](absl::StatusOr<T> given) { answer->set_value(std::move(given)); });
    if (there.wait_for(std::chrono::seconds(10)) != std::future_status::ready) {
      return absl::DeadlineExceededError("nobody has answered");
    }
    return there.get();
  }

  std::unique_ptr<LocalConnections> connections_;
};

}  // namespace ssegw::connections

#endif  // SSEGW_TESTS_UNIT_CONNECTIONS_ASKING_H_
