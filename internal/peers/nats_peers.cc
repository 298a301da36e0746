#include "internal/peers/nats_peers.h"

#include <random>
#include <utility>

namespace ssegw::peers {
namespace {

absl::Status Stopped() { return absl::UnavailableError("the gateway stops"); }

}  // namespace

struct NatsPeers::Answers {
  base::Mutex mutex;
  // Null: it stops, and nobody is there to send them.
  nats::Loop* loop ABSL_GUARDED_BY(mutex) = nullptr;

  void Post(nats::Loop::Task task) {
    const base::MutexLock lock(mutex);
    if (loop != nullptr) loop->Post(std::move(task));
  }
  void Close() {
    const base::MutexLock lock(mutex);
    loop = nullptr;
  }
};

NatsPeers::NatsPeers(std::unique_ptr<nats::Dialer> dialer, Options options, PeerListener& listener)
    : name_(options.name),
      listener_(listener),
      dialer_(std::move(dialer)),
      answers_(std::make_shared<Answers>()) {
  {
    const base::MutexLock lock(answers_->mutex);
    answers_->loop = &loop_;
  }
  dialling_.emplace();
  link_.emplace(
      loop_, *dialer_, [this](std::function<void()> task) { dialling_->Run(std::move(task)); },
      static_cast<PeerListener&>(*this),
      PeerLink::Options{.name = std::move(options.name),
                        .prefix = std::move(options.prefix),
                        .random_seed = std::random_device()()});
  thread_ = std::thread([this] { loop_.Run(); });
}

void NatsPeers::Start() {
  loop_.Post([this] { link_->Start(); });
}

NatsPeers::~NatsPeers() { Stop(); }

void NatsPeers::Stop() {
  {
    const base::MutexLock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  answers_->Close();
  dialer_->Stop();
  // Ends what is out.
  loop_.Post([this] { link_.reset(); });
  loop_.Stop();
  thread_.join();
  dialling_.reset();
}

std::vector<std::string> NatsPeers::others() const {
  const base::MutexLock lock(mutex_);
  return others_;
}

bool NatsPeers::Reserve(size_t bytes) {
  const size_t questions = questions_.fetch_add(1) + 1;
  const size_t all = question_bytes_.fetch_add(bytes) + bytes;
  if (questions <= kMaxQuestions && (all <= kMaxQuestionBytes || questions == 1)) return true;
  Release(bytes);
  return false;
}

void NatsPeers::Release(size_t bytes) {
  questions_.fetch_sub(1);
  question_bytes_.fetch_sub(bytes);
}

void NatsPeers::Ask(std::string_view peer, std::string_view kind, std::string data,
                    base::Duration timeout, OnAnswer done) {
  if (!Reserve(data.size())) {
    return std::move(done)(
        absl::ResourceExhaustedError("too many questions to other gateways are out"));
  }
  OnAnswer released = [this, bytes = data.size(), done = std::move(done)](Answer answer) mutable {
    Release(bytes);
    std::move(done)(std::move(answer));
  };
  {
    const base::MutexLock lock(mutex_);
    if (!stopped_) {
      return loop_.Post([this, peer = std::string(peer), kind = std::string(kind),
                         data = std::move(data), timeout, done = std::move(released)]() mutable {
        link_->Ask(peer, kind, data, timeout, std::move(done));
      });
    }
  }
  std::move(released)(Stopped());
}

void NatsPeers::Tell(std::string_view kind, std::string data) {
  const base::MutexLock lock(mutex_);
  if (stopped_) return;
  loop_.Post([this, kind = std::string(kind), data = std::move(data)] { link_->Tell(kind, data); });
}

void NatsPeers::OnQuestion(const std::string& kind, std::string data, OnAnswer answer) {
  listener_.OnQuestion(
      kind, std::move(data),
      [answers = answers_, answer = std::move(answer)](Answer value) mutable {
        answers->Post([answer = std::move(answer), value = std::move(value)]() mutable {
          std::move(answer)(std::move(value));
        });
      });
}

void NatsPeers::OnNews(const std::string& from, const std::string& kind, std::string data) {
  listener_.OnNews(from, kind, std::move(data));
}

void NatsPeers::OnPeer(const std::string& name) {
  KeepOthers();
  listener_.OnPeer(name);
}

void NatsPeers::OnPeerGone(const std::string& name) {
  KeepOthers();
  listener_.OnPeerGone(name);
}

void NatsPeers::OnReachable(bool reachable) {
  reachable_.store(reachable, std::memory_order_relaxed);
  listener_.OnReachable(reachable);
}

void NatsPeers::KeepOthers() {
  std::vector<std::string> others = link_->others();
  const base::MutexLock lock(mutex_);
  others_.swap(others);
}

}  // namespace ssegw::peers
