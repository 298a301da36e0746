// Publishes to every gateway that a target stands for.
//
// Gateways that keep their log in memory know nothing of one another: a browser that gets one of
// several sees what that one was told. So whoever publishes to several publishes to each.

#ifndef EXAMPLES_HOST_DASHBOARD_EVERY_GATEWAY_H_
#define EXAMPLES_HOST_DASHBOARD_EVERY_GATEWAY_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "examples/host_dashboard/dashboard_publisher.h"
#include "examples/host_dashboard/demand_watch.h"
#include "examples/host_dashboard/gateway_channel.h"

namespace host_dashboard {

// "host:port" to the "address:port" of each address that the name has; empty where the look-up
// fails. Blocks for as long as the system's resolver does.
std::set<std::string> AddressesOf(const std::string& target);

struct EveryGatewayOptions {
  // The target, and what each gateway is published to with.
  PublisherOptions publisher;
  // What the target stands for now. By default the target itself, which makes one gateway.
  std::function<std::set<std::string>(const std::string&)> resolve = [](const std::string& target) {
    return std::set{target};
  };
  std::chrono::milliseconds look_again{5'000};
  // Each gateway tells whether somebody looks at it; empty: none is asked.
  std::string topic = {};
};

// Owns:     a DashboardPublisher and a DemandWatch for each gateway, which share a channel, and a
//           thread that looks which gateways there are.
// Thread:   Publish and Stop from any one thread; Publish does not wait for the network.
// Errors:   while the look-up fails the gateways stay as they are.
class EveryGateway {
 public:
  explicit EveryGateway(EveryGatewayOptions options);
  ~EveryGateway();

  EveryGateway(const EveryGateway&) = delete;
  EveryGateway& operator=(const EveryGateway&) = delete;

  // A gateway that is found later begins with the last one.
  void Publish(const ssegateway::v1::Dashboard& dashboard);

  // Whether somebody looks at the topic, at some gateway, or may do so for all that is known.
  bool somebody_looks();

  // Waits for the outstanding answers, at most `grace`, and for a look-up that is under way.
  // Returns how many dashboards were not acknowledged, of all gateways together.
  std::size_t Stop(std::chrono::milliseconds grace);

 private:
  using Publishers = std::map<std::string, std::unique_ptr<DashboardPublisher>>;
  using Watches = std::map<std::string, std::unique_ptr<DemandWatch>>;
  using Channels = std::map<std::string, std::shared_ptr<SharedChannel>>;

  void Run();
  Publishers Adopt(const std::set<std::string>& found);
  Watches WatchThose(const std::set<std::string>& found);
  // What a gateway at that address is spoken to with.
  PublisherOptions OptionsFor(const std::string& address);

  const EveryGatewayOptions options_;

  std::mutex mutex_;
  std::condition_variable stop_;
  Publishers publishers_;                            // guarded by mutex_
  Watches watches_;                                  // guarded by mutex_
  Channels channels_;                                // guarded by mutex_
  std::optional<ssegateway::v1::Dashboard> newest_;  // guarded by mutex_
  bool stopping_ = false;                            // guarded by mutex_

  std::thread thread_;
};

}  // namespace host_dashboard

#endif  // EXAMPLES_HOST_DASHBOARD_EVERY_GATEWAY_H_
