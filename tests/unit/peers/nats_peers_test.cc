#include "internal/peers/nats_peers.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/testing/fake_nats.h"

namespace ssegw::peers {
namespace {

using std::chrono::seconds;

class Silent final : public PeerListener {
 public:
  void OnQuestion(const std::string& /*kind*/, std::string /*data*/, OnAnswer answer) override {
    const base::MutexLock lock(mutex_);
    kept_ = std::move(answer);
    asked_.set_value();
  }
  void OnNews(const std::string& /*from*/, const std::string& /*kind*/,
              std::string /*data*/) override {}
  void OnPeer(const std::string& /*name*/) override {}
  void OnPeerGone(const std::string& /*name*/) override {}
  void OnReachable(bool /*reachable*/) override {}

  void WaitUntilAsked() { asked_.get_future().wait(); }
  OnAnswer TakeAnswer() {
    const base::MutexLock lock(mutex_);
    return std::move(kept_);
  }

 private:
  base::Mutex mutex_;
  OnAnswer kept_ ABSL_GUARDED_BY(mutex_);
  std::promise<void> asked_;
};

// A server on which it hears itself, and nobody answers.
class NatsPeersTest : public ::testing::Test {
 protected:
  std::unique_ptr<NatsPeers> Make() {
    auto nats = std::make_unique<testing::FakeNats>();
    nats_ = nats.get();
    nats_->SetServer({.address = "fake:4222", .max_payload = size_t{1} << 30});
    nats_->OnSent([this](const testing::SentMessage& sent) { OnSent(sent); });
    auto peers = std::make_unique<NatsPeers>(
        std::move(nats), NatsPeers::Options{.name = "a", .prefix = "n.ops"}, listener_);
    peers->Start();
    heard_itself_.get_future().wait();
    return peers;
  }
  void OnSent(const testing::SentMessage& sent) {
    if (sent.subject != "n.ops.news.here") return;
    nats_->DeliverTo(sent.subject, nats::Message::Make(sent.subject, "", "",
                                                       {{.name = "Ssegw-From", .value = "a"}}));
    if (!std::exchange(heard_, true)) heard_itself_.set_value();
  }

  Silent listener_;
  // Its dialer is looked at while it lives.
  testing::FakeNats* nats_ = nullptr;
  bool heard_ = false;
  std::promise<void> heard_itself_;
};

TEST_F(NatsPeersTest, ItsEndAnswersWhatIsOut) {
  auto peers = Make();
  std::promise<Answer> answer;
  peers->Ask("b", "list", "", seconds(60), [&](Answer value) { answer.set_value(value); });
  peers.reset();
  EXPECT_EQ(answer.get_future().get().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(NatsPeersTest, NothingIsAskedAfterItsEnd) {
  auto peers = Make();
  peers->Stop();
  Answer answer = std::string();
  peers->Ask("b", "list", "", seconds(60), [&](Answer value) { answer = std::move(value); });
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(NatsPeersTest, AnAnswerAfterItsEndGoesNowhere) {
  auto peers = Make();
  nats_->DeliverTo("n.ops.to.a.list", nats::Message::Make("n.ops.to.a.list", "reply", "?"));
  listener_.WaitUntilAsked();
  peers.reset();
  listener_.TakeAnswer()(std::string("too late"));
}

TEST_F(NatsPeersTest, QuestionsHaveABound) {
  auto peers = Make();
  std::vector<absl::StatusCode> answers;
  // Whatever their size, the first is taken.
  for (int i = 0; i < 2; ++i) {
    peers->Ask("b", "list", std::string(NatsPeers::kMaxQuestionBytes, 'x'), seconds(60),
               [&](Answer value) { answers.push_back(value.status().code()); });
  }
  ASSERT_FALSE(answers.empty());
  EXPECT_EQ(answers[0], absl::StatusCode::kResourceExhausted);
  peers.reset();
  EXPECT_EQ(answers.size(), 2U);
}

}  // namespace
}  // namespace ssegw::peers
