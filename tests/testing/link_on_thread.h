#ifndef SSEGW_TESTS_TESTING_LINK_ON_THREAD_H_
#define SSEGW_TESTS_TESTING_LINK_ON_THREAD_H_

#include <future>
#include <memory>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>

#include "internal/nats/link.h"
#include "internal/nats/loop.h"

namespace ssegw::testing {

// A link with a loop and a thread of its own, for tests that have none.
//
// Thread: any. A call waits until the loop has done it.
class LinkOnThread final : public nats::Link {
 public:
  explicit LinkOnThread(std::unique_ptr<nats::Link> link)
      : link_(std::move(link)), thread_([this] { loop_.Run(); }) {
    Do([this] { link_->Start(loop_); });
  }
  ~LinkOnThread() override {
    Do([this] { link_.reset(); });
    loop_.Stop();
    thread_.join();
  }

  void Start(nats::Loop& /*loop*/) override {}
  absl::Status Publish(const nats::OutgoingMessage& message) override {
    return Do([&] { return link_->Publish(message); });
  }
  absl::Status Subscribe(nats::SubscriptionId id, std::string_view subject) override {
    return Do([&] { return link_->Subscribe(id, subject); });
  }
  void Unsubscribe(nats::SubscriptionId id) override {
    Do([&] { link_->Unsubscribe(id); });
  }
  const nats::ServerInfo& server() const override { return link_->server(); }

 private:
  template <typename F>
  std::invoke_result_t<F> Do(F f) {
    std::packaged_task<std::invoke_result_t<F>()> task(f);
    auto done = task.get_future();
    loop_.Post([&] { task(); });
    return done.get();
  }

  nats::Loop loop_;
  std::unique_ptr<nats::Link> link_;
  std::thread thread_;
};

}  // namespace ssegw::testing

#endif  // SSEGW_TESTS_TESTING_LINK_ON_THREAD_H_
