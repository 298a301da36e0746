#ifndef SSEGW_TESTS_INTEGRATION_JETSTREAM_CONNECTION_H_
#define SSEGW_TESTS_INTEGRATION_JETSTREAM_CONNECTION_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "internal/base/concat.h"
#include "internal/nats/libnats_link.h"
#include "internal/nats/loop.h"
#include "internal/nats/requests.h"
#include "internal/store/jetstream/message_id.h"
#include "tests/testing/wait_for.h"

namespace ssegw::store::jetstream {

// A link to a real server, dialled again when it is lost, whose requests are made and answered on
// the test's thread, while that is in Run.
class Connection final : private nats::LinkListener {
 public:
  explicit Connection(nats::DialOptions options) : dialer_(std::move(options)) {
    loop.RunDue(base::Now());
    Dial();
  }
  explicit Connection(const std::vector<std::string>& servers)
      : Connection(nats::DialOptions{.servers = servers}) {}
  ~Connection() { Drop(); }

  // Told of what requests are made over from now on; nullptr: of nothing. At once, too.
  void OnRequests(std::function<void(nats::Requests*)> told) {
    told_.push_back(std::move(told));
    if (requests_) told_.back()(requests_.get());
  }

  // Until done; false: it is not, within the patience of tests.
  bool Run(const std::function<bool()>& done) {
    return testing::WaitFor([&] {
      loop.RunDue(base::Now());
      if (closed_) {
        Drop();
        Dial();
      }
      return done();
    });
  }
  std::string Ask(const std::string& subject, const std::string& data = "") {
    std::optional<std::string> answer;
    requests_->Ask(subject, {}, data, std::chrono::seconds(5), [&](nats::Reply reply) {
      answer = reply.ok() ? std::string(reply->data()) : reply.status().ToString();
    });
    Run([&] { return answer.has_value(); });
    return answer.value_or("");
  }

  nats::Requests& requests() { return *requests_; }
  size_t dials() const { return dials_; }

  nats::Loop loop;

 private:
  void OnMessage(nats::SubscriptionId id, nats::Message message) override {
    loop.Post([this, id, message = std::move(message)]() mutable {
      if (id == dials_ && requests_) requests_->OnMessage(std::move(message));
    });
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {
    loop.Post([this] { closed_ = true; });
  }

  void Dial() {
    auto link = dialer_.Dial(*this);
    if (!link.ok()) return;
    closed_ = false;
    ++dials_;
    link_ = *std::move(link);
    link_->Start(loop);
    requests_ = std::make_unique<nats::Requests>(loop, *link_, dials_,
                                                 base::Concat("_INBOX.", NewWriter()));
    for (const auto& told : told_) told(requests_.get());
  }
  void Drop() {
    for (const auto& told : told_) told(nullptr);
    requests_.reset();
    link_.reset();
  }

  nats::LibnatsDialer dialer_;
  std::vector<std::function<void(nats::Requests*)>> told_;
  size_t dials_ = 0;
  bool closed_ = true;
  std::unique_ptr<nats::Link> link_;
  std::unique_ptr<nats::Requests> requests_;
};

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_TESTS_INTEGRATION_JETSTREAM_CONNECTION_H_
