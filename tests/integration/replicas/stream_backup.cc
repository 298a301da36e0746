#include "tests/integration/replicas/stream_backup.h"

#include <deque>
#include <nlohmann/json.hpp>
#include <utility>

#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/nats/libnats_link.h"
#include "tests/testing/failure.h"
#include "tests/testing/link_on_thread.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using nlohmann::json;

constexpr char kReplies[] = "_INBOX.tool.reply";
constexpr char kChunks[] = "_INBOX.tool.chunks";

}  // namespace

class StreamTool::Connection final : private nats::LinkListener {
 public:
  struct Received {
    std::string data;
    std::string reply;
  };

  explicit Connection(nats::DialOptions options) : dialer_(std::move(options)) {
    auto link = dialer_.Dial(*this);
    if (!link.ok()) throw Failure(link.status().ToString());
    link_ = std::make_unique<LinkOnThread>(*std::move(link));
    // Literally: where only a wildcard wants the chunks, the server waits for 2 s.
    if (!link_->Subscribe(1, kReplies).ok() || !link_->Subscribe(2, kChunks).ok()) {
      throw Failure("no subscription");
    }
  }
  ~Connection() { link_.reset(); }

  void Send(const std::string& subject, const std::string& data, const std::string& reply = "") {
    const absl::Status status = link_->Publish({.subject = subject, .reply = reply, .data = data});
    if (!status.ok()) throw Failure(status.ToString());
  }
  // The next message of one of the two subjects.
  Received Next(const std::string& subject) {
    std::deque<Received>& queue = subject == kReplies ? replies_ : chunks_;
    if (!WaitFor([&] {
          const base::MutexLock lock(mutex_);
          return !queue.empty();
        })) {
      throw Failure("no message for " + subject);
    }
    const base::MutexLock lock(mutex_);
    Received received = std::move(queue.front());
    queue.pop_front();
    return received;
  }
  std::string Ask(const std::string& subject, const std::string& data) {
    Send(subject, data, kReplies);
    return Next(kReplies).data;
  }
  json AskApi(const std::string& call, const json& request) {
    json answer = json::parse(Ask("$JS.API." + call, request.dump()));
    if (answer.contains("error")) throw Failure(call + ": " + answer["error"].dump());
    return answer;
  }

 private:
  void OnMessage(nats::SubscriptionId /*id*/, nats::Message message) override {
    const base::MutexLock lock(mutex_);
    (message.subject() == kReplies ? replies_ : chunks_)
        .push_back({std::string(message.data()), std::string(message.reply())});
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {}

  base::Mutex mutex_;
  std::deque<Received> replies_;
  std::deque<Received> chunks_;
  nats::LibnatsDialer dialer_;
  std::unique_ptr<nats::Link> link_;
};

StreamTool::StreamTool(const std::string& server)
    : StreamTool(nats::DialOptions{.servers = {server}}) {}

StreamTool::StreamTool(nats::DialOptions options)
    : connection_(std::make_unique<Connection>(std::move(options))) {}

StreamTool::~StreamTool() = default;

StreamBackup StreamTool::Backup(const std::string& stream) {
  const json answer = connection_->AskApi("STREAM.SNAPSHOT." + stream,
                                          {{"deliver_subject", kChunks}, {"no_consumers", true}});
  StreamBackup backup{
      .name = stream,
      .description = json{{"config", answer["config"]}, {"state", answer["state"]}}.dump(),
      .chunks = {}};
  for (;;) {
    auto [data, reply] = connection_->Next(kChunks);
    // The last one is empty.
    if (data.empty()) return backup;
    backup.chunks.push_back(std::move(data));
    if (!reply.empty()) connection_->Send(reply, "");
  }
}

void StreamTool::Restore(const StreamBackup& backup) {
  const json answer =
      connection_->AskApi("STREAM.RESTORE." + backup.name, json::parse(backup.description));
  const std::string subject = answer["deliver_subject"];
  for (const std::string& chunk : backup.chunks) connection_->Ask(subject, chunk);
  const std::string restored = connection_->Ask(subject, "");
  if (json::parse(restored).contains("error")) throw Failure(restored);
}

void StreamTool::Remove(const std::string& stream) {
  connection_->AskApi("STREAM.DELETE." + stream, json::object());
}

size_t StreamTool::RemoveConsumers(const std::string& stream) {
  const json names = connection_->AskApi("CONSUMER.NAMES." + stream, json::object())["consumers"];
  for (const std::string name : names) {
    connection_->AskApi(base::Concat("CONSUMER.DELETE.", stream, ".", name), json::object());
  }
  return names.size();
}

uint64_t StreamTool::LastSeq(const std::string& stream) {
  return connection_->AskApi("STREAM.INFO." + stream, json::object())["state"]["last_seq"];
}

std::string StreamTool::LeaderOf(const std::string& stream) {
  const json info = connection_->AskApi("STREAM.INFO." + stream, json::object());
  return info.value(json::json_pointer("/cluster/leader"), std::string());
}

void StreamTool::Publish(const std::string& subject, const std::string& data) {
  const std::string answer = connection_->Ask(subject, data);
  if (!json::parse(answer).contains("seq")) throw Failure(answer);
}

}  // namespace ssegw::testing
