#include "gateway/app/exposure.h"

#include <algorithm>

#include "internal/base/host.h"

namespace ssegw::app {
namespace {

bool IsOnTheNetwork(const config::Address& address) {
  return !address.is_unix() && !base::IsLoopback(address);
}

bool NamesAny(const std::vector<std::string>& list) {
  return std::find(list.begin(), list.end(), "*") != list.end();
}

}  // namespace

std::optional<Exposure> ExposureOf(const config::Config& config) {
  Exposure exposure;
  const auto add = [&](const config::Address& address, const char* name) {
    if (!IsOnTheNetwork(address)) return;
    if (!exposure.listeners.empty()) exposure.listeners += ',';
    exposure.listeners += name;
  };
  const bool everyone_reads = config.auth == config::Auth::kNone;
  if (everyone_reads) add(config.http_listen, "http");
  add(config.grpc_listen, "grpc");
  add(config.admin_listen, "admin");
  if (exposure.listeners.empty()) exposure.listeners = "none";
  exposure.origins = NamesAny(config.allow_origins) ? "any" : "listed";
  const bool any_host = NamesAny(config.allowed_hosts) || config.http_listen.is_unix() ||
                        (config.allowed_hosts.empty() && !base::IsLoopback(config.http_listen));
  exposure.hosts = any_host ? "any" : config.allowed_hosts.empty() ? "loopback" : "listed";
  const bool any_page_reads = everyone_reads && exposure.origins == "any";
  const bool open = exposure.listeners != "none" || any_page_reads;
  return open ? std::optional(exposure) : std::nullopt;
}

}  // namespace ssegw::app
