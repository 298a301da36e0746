#include "gateway/connections/replicated_connections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ssegw::connections {
namespace {

namespace v1 = ssegateway::v1;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// The connections of one gateway, as a list of ids.
class FakeConnections final : public Connections {
 public:
  void List(const v1::ListConnectionsRequest& request,
            Done<v1::ListConnectionsResponse> done) override {
    if (!fault.ok()) return std::move(done)(fault);
    v1::ListConnectionsResponse page;
    std::sort(ids.begin(), ids.end());
    for (const std::string& id : ids) {
      if (id <= request.page_token()) continue;
      if (static_cast<uint32_t>(page.connections_size()) == request.page_size()) {
        page.set_next_page_token(page.connections().rbegin()->id());
        break;
      }
      v1::Connection& connection = *page.add_connections();
      connection.set_id(id);
      connection.set_user_agent(std::string(user_agent_bytes, 'x'));
    }
    std::move(done)(std::move(page));
  }
  void Get(const std::string& id, Done<v1::Connection> done) override {
    if (std::find(ids.begin(), ids.end(), id) == ids.end()) {
      return std::move(done)(absl::NotFoundError("no " + id));
    }
    v1::Connection connection;
    connection.set_id(id);
    std::move(done)(std::move(connection));
  }
  void Send(Message message, absl::AnyInvocable<void(absl::Status) &&> done) override {
    sent.push_back(std::move(message));
    std::move(done)(fault);
  }
  void Close(const v1::CloseConnectionsRequest& request,
             Done<v1::CloseConnectionsResponse> done) override {
    if (!fault.ok()) return std::move(done)(fault);
    v1::CloseConnectionsResponse response;
    response.set_closed(std::erase_if(ids, [&](const std::string& id) {
      return std::find(request.ids().begin(), request.ids().end(), id) != request.ids().end();
    }));
    std::move(done)(std::move(response));
  }

  std::vector<std::string> ids;
  size_t user_agent_bytes = 0;
  absl::Status fault;
  std::vector<Message> sent;
};

// What one gateway sees of the others, who answer at once.
class FakePeers final : public peers::Peers {
 public:
  explicit FakePeers(std::string name) : name_(std::move(name)) {}

  const std::string& name() const override { return name_; }
  bool reachable() const override { return is_reachable; }
  std::vector<std::string> others() const override {
    std::vector<std::string> names;
    for (const auto& [name, connections] : connections_of) names.push_back(name);
    return names;
  }
  void Ask(std::string_view peer, std::string_view kind, std::string data, base::Duration timeout,
           peers::OnAnswer done) override {
    timeouts.push_back(timeout);
    if (!is_reachable) return std::move(done)(absl::UnavailableError("not reachable"));
    const auto at = connections_of.find(std::string(peer));
    if (at == connections_of.end()) return std::move(done)(absl::NotFoundError("no such gateway"));
    if (is_silent) return std::move(done)(absl::UnavailableError("no answer in time"));
    if (!AnswerPeer(*at->second, kind, data, done)) ADD_FAILURE() << kind;
  }
  void Tell(std::string_view /*kind*/, std::string /*data*/) override {}

  std::map<std::string, FakeConnections*> connections_of;
  bool is_reachable = true;
  bool is_silent = false;
  std::vector<base::Duration> timeouts;

 private:
  const std::string name_;
};

class ReplicatedConnectionsTest : public ::testing::Test {
 protected:
  ReplicatedConnectionsTest() {
    a_.ids = {"a-0-1", "a-0-3", "a-1-2"};
    b_.ids = {"b-0-1", "b-0-2"};
    c_.ids = {"c-0-1"};
    peers_.connections_of = {{"b", &b_}, {"c", &c_}};
  }

  absl::StatusOr<v1::ListConnectionsResponse> List(uint32_t page_size, std::string token = "") {
    v1::ListConnectionsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(std::move(token));
    absl::StatusOr<v1::ListConnectionsResponse> answer = absl::UnknownError("not answered");
    all_.List(request, [&](auto value) { answer = std::move(value); });
    return answer;
  }
  // Page by page.
  std::vector<std::string> ListAll(uint32_t page_size) {
    std::vector<std::string> ids;
    std::string token;
    do {
      const auto page = List(page_size, token);
      if (!page.ok()) {
        ADD_FAILURE() << page.status();
        break;
      }
      EXPECT_LE(static_cast<uint32_t>(page->connections_size()), page_size);
      for (const v1::Connection& connection : page->connections()) ids.push_back(connection.id());
      token = page->next_page_token();
    } while (!token.empty());
    return ids;
  }
  absl::Status Send(Message message) {
    absl::Status answer = absl::UnknownError("not answered");
    all_.Send(std::move(message), [&](absl::Status value) { answer = std::move(value); });
    return answer;
  }
  absl::StatusOr<v1::Connection> Get(const std::string& id) {
    absl::StatusOr<v1::Connection> answer = absl::UnknownError("not answered");
    all_.Get(id, [&](auto value) { answer = std::move(value); });
    return answer;
  }
  absl::StatusOr<v1::CloseConnectionsResponse> Close(const std::vector<std::string>& ids) {
    v1::CloseConnectionsRequest request;
    for (const std::string& id : ids) request.add_ids(id);
    absl::StatusOr<v1::CloseConnectionsResponse> answer = absl::UnknownError("not answered");
    all_.Close(request, [&](auto value) { answer = std::move(value); });
    return answer;
  }

  FakeConnections a_;
  FakeConnections b_;
  FakeConnections c_;
  FakePeers peers_{"a"};
  ReplicatedConnections all_{a_, peers_};
};

TEST_F(ReplicatedConnectionsTest, ListsAllInOneOrderWhateverThePages) {
  for (uint32_t page_size = 1; page_size <= 7; ++page_size) {
    EXPECT_THAT(ListAll(page_size),
                ElementsAre("a-0-1", "a-0-3", "a-1-2", "b-0-1", "b-0-2", "c-0-1"))
        << page_size;
  }
}

TEST_F(ReplicatedConnectionsTest, AGatewaysPageFitsIntoAMessage) {
  b_.ids.clear();
  for (int i = 100; i < 1000; ++i) b_.ids.push_back("b-0-" + std::to_string(i));
  b_.user_agent_bytes = 10'000;
  const auto page = List(1000);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_LT(page->ByteSizeLong(), 600U << 10U);
  EXPECT_EQ(ListAll(1000).size(), 904U);
}

TEST_F(ReplicatedConnectionsTest, OneThatDoesNotAnswerIsNamed) {
  peers_.is_silent = true;
  EXPECT_EQ(List(10).status().code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(List(10).status().message(), HasSubstr("gateway b did not answer"));
  EXPECT_EQ(Close({"a-0-1"}).status().code(), absl::StatusCode::kUnavailable);
  // Nobody may take it for a message that was taken back.
  for (const absl::Status& status :
       {Get("b-0-1").status(), Send({.connection_id = "b-0-1", .text = "{}"})}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
    EXPECT_THAT(status.message(), HasSubstr("gateway b did not answer"));
  }
}

TEST_F(ReplicatedConnectionsTest, AFaultOfTheQuestionIsTheAskers) {
  a_.fault = b_.fault = c_.fault = absl::InvalidArgumentError("page_size");
  EXPECT_EQ(List(10).status(), absl::InvalidArgumentError("page_size"));
}

TEST_F(ReplicatedConnectionsTest, WithoutTheOthersAListIsOfThisOneAndSaysSo) {
  EXPECT_FALSE(List(10)->partial());
  peers_.is_reachable = false;
  peers_.connections_of.clear();
  const auto page = List(10);
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_TRUE(page->partial());
  EXPECT_EQ(page->connections_size(), 3);
  EXPECT_TRUE(Close({"a-0-1"})->partial());
  EXPECT_EQ(Get("b-0-1").status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(ReplicatedConnectionsTest, AsksTheGatewayThatTheIdNames) {
  EXPECT_EQ(Get("a-0-3")->id(), "a-0-3");
  EXPECT_EQ(Get("c-0-1")->id(), "c-0-1");
  EXPECT_EQ(Get("b-0-9").status().code(), absl::StatusCode::kNotFound);
  for (const char* id : {"x-0-1", "", "-", "-0-1", "a", "B-0-1", "b.c-0-1", "*-0-1", ">-0-1"}) {
    EXPECT_EQ(Get(id).status().code(), absl::StatusCode::kNotFound) << id;
  }
}

TEST_F(ReplicatedConnectionsTest, SendsThroughTheGatewayThatTheIdNames) {
  ASSERT_TRUE(Send({.connection_id = "b-0-1",
                    .text = "{}",
                    .type = "alert",
                    .answer_when_queued = true,
                    .deadline = base::Now() + seconds(10)})
                  .ok());
  ASSERT_EQ(b_.sent.size(), 1U);
  EXPECT_EQ(b_.sent[0].connection_id, "b-0-1");
  EXPECT_EQ(b_.sent[0].text, "{}");
  EXPECT_EQ(b_.sent[0].type, "alert");
  EXPECT_TRUE(b_.sent[0].answer_when_queued);
  EXPECT_GT(b_.sent[0].deadline, base::Now() + seconds(9));
  EXPECT_LE(b_.sent[0].deadline, base::Now() + seconds(10));
  EXPECT_GT(peers_.timeouts.back(), seconds(10));

  b_.fault = absl::ResourceExhaustedError("full");
  EXPECT_EQ(Send({.connection_id = "b-0-1", .text = "{}"}), b_.fault);
  EXPECT_EQ(Send({.connection_id = "x-0-1", .text = "{}"}).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(
      Send({.connection_id = "b-0-1", .text = "{}", .deadline = base::Now() - seconds(1)}).code(),
      absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(a_.sent, IsEmpty());
  EXPECT_TRUE(Send({.connection_id = "a-0-1", .text = "{}"}).ok());
  EXPECT_EQ(a_.sent.size(), 1U);
}

TEST_F(ReplicatedConnectionsTest, ClosesAtAllOfThem) {
  const auto closed = Close({"a-0-1", "b-0-1", "b-0-2", "x-0-1"});
  ASSERT_TRUE(closed.ok()) << closed.status();
  EXPECT_EQ(closed->closed(), 3U);
  EXPECT_THAT(ListAll(10), ElementsAre("a-0-3", "a-1-2", "c-0-1"));
}

TEST(AnswerPeerTest, NothingThatComesIsTrusted) {
  FakeConnections connections;
  for (const std::string_view kind : {kListQuestion, kCloseQuestion, kSendQuestion}) {
    peers::Answer answer = std::string();
    peers::OnAnswer done = [&](peers::Answer value) { answer = std::move(value); };
    EXPECT_TRUE(AnswerPeer(connections, kind, "\xff\xff\xff", done));
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kInternal) << kind;
  }
  peers::OnAnswer done = [](const peers::Answer& /*value*/) { ADD_FAILURE(); };
  EXPECT_FALSE(AnswerPeer(connections, "other", "", done));
}

}  // namespace
}  // namespace ssegw::connections
