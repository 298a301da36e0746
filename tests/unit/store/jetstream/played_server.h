#ifndef SSEGW_TESTS_UNIT_STORE_JETSTREAM_PLAYED_SERVER_H_
#define SSEGW_TESTS_UNIT_STORE_JETSTREAM_PLAYED_SERVER_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "internal/base/concat.h"
#include "internal/nats/link.h"
#include "internal/nats/loop.h"
#include "internal/nats/requests.h"
#include "internal/store/store.h"
#include "tests/testing/fake_nats.h"

namespace ssegw::store::jetstream {

// A loop in played time and a link to a server that a test plays, as a session has them.
class PlayedServer final : private nats::LinkListener {
 public:
  static constexpr base::TimePoint kStart{std::chrono::hours(1)};

  PlayedServer() { RunAt(kStart); }
  ~PlayedServer() { Disconnect(); }

  // What was connected before is over.
  nats::Requests* Connect() {
    Disconnect();
    link_ = *nats.Dial(*this);
    requests_ =
        std::make_unique<nats::Requests>(loop, *link_, 1, base::Concat("_INBOX.", ++links_));
    return requests_.get();
  }
  void Disconnect() {
    requests_.reset();
    link_.reset();
  }
  bool connected() const { return requests_ != nullptr; }

  void RunAt(base::TimePoint at) {
    now = at;
    loop.RunDue(now);
  }
  void Run(base::Duration duration = base::Duration::zero()) { RunAt(now + duration); }

  testing::FakeNats nats;
  nats::Loop loop;
  base::TimePoint now;

 private:
  void OnMessage(nats::SubscriptionId /*id*/, nats::Message message) override {
    loop.Post([this, message = std::move(message)]() mutable {
      if (requests_) requests_->OnMessage(std::move(message));
    });
  }
  void OnRefused(std::string_view /*text*/) override {}
  void OnClosed(std::string_view /*reason*/) override {}

  size_t links_ = 0;
  std::unique_ptr<nats::Link> link_;
  std::unique_ptr<nats::Requests> requests_;
};

inline std::string Ack(uint64_t seq, bool duplicate = false) {
  return base::Concat(R"({"stream":"n_log","seq":)", seq,
                      duplicate ? R"(,"duplicate":true})" : "}");
}
inline std::string Refusal(int code, std::string_view description = "refused") {
  return base::Concat(R"({"error":{"code":503,"err_code":)", code, R"(,"description":")",
                      description, R"("},"stream":"n_log","seq":0})");
}

}  // namespace ssegw::store::jetstream

#endif  // SSEGW_TESTS_UNIT_STORE_JETSTREAM_PLAYED_SERVER_H_
