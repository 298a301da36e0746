#include "gateway/ingest/watch_sources.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "internal/base/time.h"
#include "ssegateway/v1/publisher.pb.h"

namespace ssegw::ingest {
namespace {

using connections::Demand;
using connections::Lifecycle;

class DemandSource final : public WatchSource {
 public:
  explicit DemandSource(std::unique_ptr<Demand::Watch> watch) : watch_(std::move(watch)) {}

  absl::StatusOr<std::optional<std::string>> Next() override {
    std::optional<connections::DemandLevel> level = watch_->Next(base::Now());
    if (!level) return std::nullopt;
    ssegateway::v1::WatchDemandResponse response;
    response.set_filter(std::move(level->filter));
    response.set_connections(level->connections);
    response.set_max_rate(level->max_rate);
    return response.SerializeAsString();
  }

 private:
  const std::unique_ptr<Demand::Watch> watch_;
};

class LifecycleSource final : public WatchSource {
 public:
  // next: the number of the event to begin with.
  LifecycleSource(Lifecycle& lifecycle, uint64_t next, Wake wake)
      : lifecycle_(lifecycle), next_(next), wake_(std::move(wake)) {
    lifecycle_.stats().watchers.Add();
  }
  ~LifecycleSource() override {
    lifecycle_.stats().watchers.Sub();
    lifecycle_.log().Forget(waiter_);
  }

  absl::StatusOr<std::optional<std::string>> Next() override {
    auto event = lifecycle_.log().Read(next_);
    if (!event.ok()) return event;
    if (event->has_value()) {
      ++next_;
    } else {
      lifecycle_.log().Forget(waiter_);
      waiter_ = lifecycle_.log().WakeAt(next_, wake_);
    }
    return event;
  }

 private:
  Lifecycle& lifecycle_;
  uint64_t next_;
  const Wake wake_;
  uint64_t waiter_ = 0;
};

}  // namespace

BeginDemand WatchDemandOf(Demand& demand) {
  return [&demand](const std::vector<window::Filter>& filters,
                   Wake wake) -> absl::StatusOr<std::unique_ptr<WatchSource>> {
    absl::StatusOr<std::unique_ptr<Demand::Watch>> watch = demand.Begin(filters, std::move(wake));
    if (!watch.ok()) return watch.status();
    return std::make_unique<DemandSource>(*std::move(watch));
  };
}

BeginLifecycle WatchLifecycleOf(Lifecycle& lifecycle) {
  return [&lifecycle](const std::string& token,
                      Wake wake) -> absl::StatusOr<std::unique_ptr<WatchSource>> {
    const absl::StatusOr<uint64_t> next = lifecycle.Watch(token);
    if (!next.ok()) return next.status();
    return std::make_unique<LifecycleSource>(lifecycle, *next, std::move(wake));
  };
}

}  // namespace ssegw::ingest
