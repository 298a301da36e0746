#include "gateway/config/parse.h"

#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "gateway/config/api_options.h"
#include "gateway/config/auth_options.h"
#include "gateway/config/command_line.h"
#include "gateway/config/help.h"
#include "gateway/config/options.h"
#include "gateway/config/store_options.h"
#include "gateway/config/tls_options.h"
#include "gateway/config/version.h"
#include "internal/base/concat.h"

namespace ssegw::config {
namespace {

// True if no two sockets can listen on both, as far as that can be told without resolving names.
bool Collide(const Address& a, const Address& b) {
  if (a.is_unix() || b.is_unix()) return a == b;
  if (a.port != b.port || a.port == 0) return false;
  if (a.host == b.host) return true;
  const auto covers = [](const std::string& all, const std::string& host) {
    if (all.empty() || all == "::") return true;
    return all == "0.0.0.0" && host.find(':') == std::string::npos;
  };
  return covers(a.host, b.host) || covers(b.host, a.host);
}

class Parser {
 public:
  explicit Parser(const GetEnv& getenv) : getenv_(getenv) {}

  ParseResult Parse(int argc, const char* const* argv) {
    for (const Option& option : Options()) texts_[option.name] = option.default_text;
    CommandLine command_line = ReadCommandLine(argc, argv);
    faults_ = std::move(command_line.faults);
    has_flagfile_ = command_line.has_flagfile;
    for (const GivenValue& value : command_line.values) {
      from_flags_.insert(value.option);
      Apply(value);
    }
    ApplyEnvironment();
    CheckTogether();
    return TakeResult();
  }

 private:
  void ApplyEnvironment() {
    for (const Option& option : Options()) {
      if (!option.in_environment || from_flags_.contains(&option)) continue;
      const std::string name = option.EnvironmentName();
      const char* const text = getenv_(name.c_str());
      if (text == nullptr || *text == '\0') continue;
      Apply({&option, text, base::Concat(name, '=', Shown(text))});
    }
  }

  void Apply(const GivenValue& value) {
    const absl::Status status = value.option->set(value.text, settings_);
    if (status.ok()) {
      texts_[value.option->name] = WithoutPassword(value.text);
      return;
    }
    faulty_.insert(value.option->name);
    AddFault(value.origin, std::string(status.message()));
  }

  // Finds faults of two options together. An option with a fault of its own is left out.
  void CheckTogether() {
    const Config& config = settings_.config;
    if (AreSound("max_event_bytes", "window_max_bytes") &&
        config.max_event_bytes > config.window_max_bytes) {
      AddFault(base::Concat("--max_event_bytes=", config.max_event_bytes),
               base::Concat("exceeds window_max_bytes ", config.window_max_bytes));
    }
    if (AreSound("auth", "jwt_jwks")) {
      for (std::string& fault : FaultsOfSubscribers(config)) faults_.push_back(std::move(fault));
    }
    for (std::string& fault : FaultsOfTls(config)) faults_.push_back(std::move(fault));
    if (AreSound("store", "store_publish_timeout") && AreSound("dedup_window", "window_max_age")) {
      for (std::string& fault : FaultsOfStore(config)) faults_.push_back(std::move(fault));
    }
    if (AreSound("api_listen", "api_token_file")) {
      for (std::string& fault : FaultsOfApi(config)) faults_.push_back(std::move(fault));
    }
    if (AreSound("publisher_auth", "jwt_jwks")) {
      for (std::string& fault : FaultsOfPublishers(config)) faults_.push_back(std::move(fault));
    }
    std::vector<std::pair<std::string, const Address*>> listeners = {
        {"http_listen", &config.http_listen},
        {"grpc_listen", &config.grpc_listen},
        {"admin_listen", &config.admin_listen}};
    if (config.api_listen) listeners.emplace_back("api_listen", &*config.api_listen);
    for (size_t i = 0; i < listeners.size(); ++i) {
      for (size_t j = 0; j < i; ++j) {
        const auto& [name, address] = listeners[i];
        const auto& [other_name, other] = listeners[j];
        if (!AreSound(name, other_name) || !Collide(*address, *other)) continue;
        AddFault(base::Concat("--", name, '=', address->ToString()),
                 base::Concat("takes the port of ", other_name, ' ', other->ToString()));
      }
    }
  }

  bool AreSound(const std::string& a, const std::string& b) const {
    return !faulty_.contains(a) && !faulty_.contains(b);
  }

  void AddFault(std::string_view origin, std::string_view fault) {
    faults_.push_back(base::Concat(origin, ": ", fault));
  }

  ParseResult TakeResult() {
    ParseResult result;
    if (settings_.help || settings_.version) {
      result.action = Action::kPrint;
      result.text = settings_.help ? HelpText() : base::Concat("sse-gateway ", Version(), '\n');
      return result;
    }
    result.texts = std::move(texts_);
    result.has_flagfile = has_flagfile_;
    if (settings_.probe) {
      result.action = Action::kProbe;
      result.probe = *std::move(settings_.probe);
    } else if (settings_.check_config) {
      result.action = Action::kCheck;
    }
    result.sound = settings_.config;
    if (faults_.empty()) result.config = std::move(settings_.config);
    result.faults = std::move(faults_);
    return result;
  }

  const GetEnv& getenv_;
  Settings settings_;
  std::vector<std::string> faults_;
  std::map<std::string, std::string> texts_;
  bool has_flagfile_ = false;
  std::set<const Option*> from_flags_;
  std::set<std::string> faulty_;
};

}  // namespace

ParseResult Parse(int argc, const char* const* argv, const GetEnv& getenv) {
  return Parser(getenv).Parse(argc, argv);
}

}  // namespace ssegw::config
