#include "examples/host_dashboard/every_gateway.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

namespace host_dashboard {

std::set<std::string> AddressesOf(const std::string& target) {
  const std::size_t colon = target.rfind(':');
  if (colon == std::string::npos) return {};
  std::string host = target.substr(0, colon);
  const std::string port = target.substr(colon + 1);
  if (host.size() > 1 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }

  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &list) != 0) return {};
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, &freeaddrinfo);

  std::set<std::string> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    char address[NI_MAXHOST];
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, address, sizeof address, nullptr, 0,
                    NI_NUMERICHOST) != 0) {
      continue;
    }
    const bool is_v6 = entry->ai_family == AF_INET6;
    addresses.insert((is_v6 ? "[" + std::string(address) + "]:" : std::string(address) + ":") +
                     port);
  }
  return addresses;
}

EveryGateway::EveryGateway(EveryGatewayOptions options)
    : options_(std::move(options)), thread_([this] { Run(); }) {}

EveryGateway::~EveryGateway() {
  if (thread_.joinable()) Stop(std::chrono::milliseconds(0));
}

void EveryGateway::Publish(const ssegateway::v1::Dashboard& dashboard) {
  const std::lock_guard lock(mutex_);
  newest_ = dashboard;
  for (const auto& [address, publisher] : publishers_) publisher->Publish(dashboard);
}

bool EveryGateway::somebody_looks() {
  const std::lock_guard lock(mutex_);
  return watches_.empty() || std::any_of(watches_.begin(), watches_.end(), [](const auto& each) {
           return each.second->somebody_looks();
         });
}

std::size_t EveryGateway::Stop(std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  thread_.join();
  std::size_t lost = 0;
  for (const auto& [address, publisher] : publishers_) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    lost += publisher->Stop(std::max(left, std::chrono::milliseconds(0)));
  }
  publishers_.clear();
  watches_.clear();
  return lost;
}

void EveryGateway::Run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    const std::set<std::string> found = options_.resolve(options_.publisher.target);
    lock.lock();
    // An empty answer is a name service in trouble more often than a want of gateways.
    Publishers gone;
    Watches gone_watches;
    if (!found.empty()) {
      gone = Adopt(found);
      gone_watches = WatchThose(found);
    }
    lock.unlock();
    // Ends their streams, which Publish need not wait for.
    gone.clear();
    gone_watches.clear();
    lock.lock();
    stop_.wait_for(lock, options_.look_again, [this] { return stopping_; });
  }
}

// Begins with those that are new, and returns those that are no longer there.
EveryGateway::Publishers EveryGateway::Adopt(const std::set<std::string>& found) {
  Publishers gone = std::move(publishers_);
  publishers_.clear();
  for (const std::string& address : found) {
    auto node = gone.extract(address);
    if (!node.empty()) {
      publishers_.insert(std::move(node));
      continue;
    }
    const auto& publisher = publishers_[address] =
        std::make_unique<DashboardPublisher>(OptionsFor(address));
    if (newest_) publisher->Publish(*newest_);
  }
  for (const auto& [address, publisher] : gone) {
    channels_.erase(address);
    options_.publisher.log("no gateway at " + address + " any more");
  }
  return gone;
}

EveryGateway::Watches EveryGateway::WatchThose(const std::set<std::string>& found) {
  Watches gone;
  if (options_.topic.empty()) return gone;
  gone.swap(watches_);
  for (const std::string& address : found) {
    auto node = gone.extract(address);
    if (!node.empty()) {
      watches_.insert(std::move(node));
    } else {
      watches_[address] = std::make_unique<DemandWatch>(OptionsFor(address), options_.topic);
    }
  }
  return gone;
}

PublisherOptions EveryGateway::OptionsFor(const std::string& address) {
  PublisherOptions options = options_.publisher;
  options.target = address;
  std::shared_ptr<SharedChannel>& channel = channels_[address];
  if (channel == nullptr) channel = std::make_shared<SharedChannel>();
  options.channel = channel;
  return options;
}

}  // namespace host_dashboard
