#include "internal/store/jetstream/jetstream_store.h"

#include <future>
#include <random>
#include <utility>

#include "internal/store/jetstream/message_id.h"

namespace ssegw::store::jetstream {
namespace {

absl::Status Stopped() { return absl::UnavailableError("not stored: the gateway stops"); }

uint64_t Seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

JetStreamStore::JetStreamStore(window::Window& window, std::unique_ptr<nats::Dialer> dialer,
                               StreamsOptions options)
    : window_(window),
      dialer_(std::move(dialer)),
      writer_(NewWriter()),
      publisher_(loop_, stats_,
                 {.name = options.name,
                  .writer = writer_,
                  .timeout = options.publish_timeout,
                  .random_seed = Seed()}),
      deletions_(std::make_unique<Deletions>(
          loop_, window,
          Deletions::Options{
              .name = options.name,
              .writer = writer_,
              .random_seed = Seed(),
              .read_up_to = [this] { return session_ ? session_->read_up_to() : 0; }})),
      health_{.state = StoreState::kLoading, .since = base::Moment::Now()} {
  dialling_.emplace();
  session_.emplace(
      loop_, *dialer_, [this](std::function<void()> task) { dialling_->Run(std::move(task)); },
      window_, stats_, *this,
      Session::Options{.streams = std::move(options), .random_seed = Seed()});
  loop_.Post([this] { session_->Start(); });
  thread_ = std::thread([this] { loop_.Run(); });
}

JetStreamStore::~JetStreamStore() {
  Stop();
  dialer_->Stop();
  loop_.Post([this] {
    session_.reset();
    deletions_.reset();
  });
  loop_.Stop();
  thread_.join();
  // What a dial has brought meanwhile is posted to the loop, which drops it.
  dialling_.reset();
}

std::optional<AppendResult> JetStreamStore::Append(ValidEvent event, MakeAppendDone make_done) {
  if (full_.load(std::memory_order_relaxed) && !event.frame->deleted()) {
    return absl::ResourceExhaustedError("the gateway is short of memory: publish it again later");
  }
  {
    const base::MutexLock lock(mutex_);
    if (stopped_) return Stopped();
  }
  AppendDone done = make_done();
  {
    const base::MutexLock lock(mutex_);
    if (!stopped_) {
      loop_.Post([this, event = std::move(event), done = std::move(done)]() mutable {
        publisher_.Append(event, std::move(done));
      });
      return std::nullopt;
    }
  }
  std::move(done)(Stopped());
  return std::nullopt;
}

void JetStreamStore::Tick(base::TimePoint now) { window_.ExpireByAge(now); }

void JetStreamStore::Stop() {
  {
    const base::MutexLock lock(mutex_);
    if (std::exchange(stopped_, true)) return;
  }
  std::promise<void> answered;
  loop_.Post([&] {
    publisher_.Stop();
    answered.set_value();
  });
  answered.get_future().wait();
}

StoreHealth JetStreamStore::health() const {
  const base::MutexLock lock(mutex_);
  return health_;
}

window::LogEnd JetStreamStore::log_end() const {
  const base::MutexLock lock(mutex_);
  return log_end_;
}

absl::Status JetStreamStore::fault() const {
  const base::MutexLock lock(mutex_);
  return fault_;
}

void JetStreamStore::OnRequests(nats::Requests* requests) {
  publisher_.SetRequests(requests);
  deletions_->SetRequests(requests);
}

void JetStreamStore::OnEpoch(const std::string& epoch) {
  publisher_.SetEpoch(epoch);
  deletions_->SetEpoch(epoch);
}

void JetStreamStore::OnFollowing() {
  const base::MutexLock lock(mutex_);
  if (health_.state == StoreState::kUp) return;
  health_ = {.state = StoreState::kUp, .since = base::Moment::Now()};
}

void JetStreamStore::OnLogEnd(const window::LogEnd& end) {
  const base::MutexLock lock(mutex_);
  log_end_ = end;
}

void JetStreamStore::OnAway(base::TimePoint heard_at) {
  const base::MutexLock lock(mutex_);
  if (health_.state != StoreState::kUp) return;
  const base::Moment now = base::Moment::Now();
  health_ = {.state = StoreState::kAway,
             .since = {.steady = heard_at,
                       .wall = now.wall - std::chrono::duration_cast<base::WallTime::duration>(
                                              now.steady - heard_at)}};
}

void JetStreamStore::OnFault(const absl::Status& fault) {
  const base::MutexLock lock(mutex_);
  if (fault_.ok()) fault_ = fault;
}

}  // namespace ssegw::store::jetstream
