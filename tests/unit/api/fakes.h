#ifndef SSEGW_TESTS_UNIT_API_FAKES_H_
#define SSEGW_TESTS_UNIT_API_FAKES_H_

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/api/event_sink.h"
#include "gateway/connections/connections.h"
#include "internal/base/concat.h"
#include "internal/net/service/http_service.h"
#include "internal/transcode/schema_pool.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::api {

// Takes every event, or answers as it is told; it holds answers back if it is told so, as a store
// elsewhere does. Tasks run when RunTasks is called.
class FakeSink final : public EventSink {
 public:
  std::optional<store::AppendResult> Take(const absl::StatusOr<std::string>& wire,
                                          std::string_view peer, store::AppendDone done) override {
    peers.emplace_back(peer);
    ssegateway::v1::Event event;
    if (wire.ok() && !event.ParseFromString(*wire)) ADD_FAILURE() << "not an Event";
    events.push_back(event);
    store::AppendResult result = wire.ok() ? answer : store::AppendResult(wire.status());
    if (result.ok() && result->id.empty()) result->id = base::Concat("e-", events.size());
    if (!holds_back) return result;
    held.push_back([done = std::make_shared<store::AppendDone>(std::move(done)), result] {
      std::move (*done)(result);
    });
    return std::nullopt;
  }
  void Run(std::function<void()> task) override { tasks.push_back(std::move(task)); }
  bool refusing() const override { return drains; }

  void RunTasks() {
    while (!tasks.empty()) {
      const std::function<void()> task = std::move(tasks.front());
      tasks.erase(tasks.begin());
      task();
    }
  }
  void AnswerHeld() {
    for (const auto& answer_one : std::exchange(held, {})) answer_one();
  }

  store::AppendResult answer = store::Appended{};
  bool holds_back = false;
  bool drains = false;
  std::vector<std::string> peers;
  std::vector<ssegateway::v1::Event> events;
  std::vector<std::function<void()>> held;
  std::vector<std::function<void()>> tasks;
};

// One connection, "c-1", and what is asked of it.
class FakeConnections final : public connections::Connections {
 public:
  void List(const ssegateway::v1::ListConnectionsRequest&,
            connections::Done<ssegateway::v1::ListConnectionsResponse>) override {}
  void Get(const std::string& id, connections::Done<ssegateway::v1::Connection> done) override {
    asked.push_back("get " + id);
    std::move(done)(id == "c-1" && fault.ok()
                        ? absl::StatusOr<ssegateway::v1::Connection>(described)
                        : Fault());
  }
  void Send(connections::Message message, absl::AnyInvocable<void(absl::Status) &&> done) override {
    asked.push_back("send " + message.connection_id);
    const bool known = message.connection_id == "c-1";
    sent.push_back(std::move(message));
    if (holds_back) {
      held = std::move(done);
    } else {
      std::move(done)(known && fault.ok() ? absl::OkStatus() : Fault());
    }
  }
  void Close(const ssegateway::v1::CloseConnectionsRequest& request,
             connections::Done<ssegateway::v1::CloseConnectionsResponse> done) override {
    asked.push_back("close " + (request.ids_size() == 1 ? request.ids(0) : "?"));
    ssegateway::v1::CloseConnectionsResponse response;
    response.set_closed(request.ids(0) == "c-1" ? 1 : 0);
    if (fault.ok()) {
      std::move(done)(response);
    } else {
      std::move(done)(fault);
    }
  }

  absl::Status fault;
  bool holds_back = false;
  ssegateway::v1::Connection described;
  std::vector<std::string> asked;
  std::vector<connections::Message> sent;
  absl::AnyInvocable<void(absl::Status) &&> held;

 private:
  absl::Status Fault() const { return fault.ok() ? absl::NotFoundError("no such one") : fault; }
};

// The compiled-in types.
inline std::shared_ptr<const transcode::SchemaPool> CompiledIn() {
  static const std::shared_ptr<const transcode::SchemaPool> pool = *transcode::SchemaPool::Load({});
  return pool;
}

// The answer in the end, after tasks and held answers of the sink.
inline net::HttpResponse AnswerOf(net::HttpReply reply, FakeSink& sink, std::string body = {}) {
  while (true) {
    if (auto* response = std::get_if<net::HttpResponse>(&reply)) return std::move(*response);
    if (auto* wants = std::get_if<net::HttpWantsBody>(&reply)) {
      EXPECT_LE(body.size(), wants->max_bytes);
      reply = wants->then(std::move(body));
      continue;
    }
    auto& later = std::get<net::HttpLater>(reply);
    bool ready = false;
    later.start([&] { ready = true; });
    while (!ready && (!sink.tasks.empty() || !sink.held.empty())) {
      sink.RunTasks();
      sink.AnswerHeld();
    }
    reply = later.finish();
  }
}

}  // namespace ssegw::api

#endif  // SSEGW_TESTS_UNIT_API_FAKES_H_
