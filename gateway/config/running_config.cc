#include "gateway/config/running_config.h"

#include <utility>

#include "gateway/config/options.h"

namespace ssegw::config {

RunningConfig::RunningConfig(const ParseResult& at_start)
    : config_(at_start.config.value_or(Config())), texts_(at_start.texts) {}

Changes RunningConfig::Update(const ParseResult& read) {
  Changes changes;
  if (!read.config) return changes;
  const Config& config = *read.config;
  for (const Option& option : Options()) {
    if (option.is_same(config_, config)) continue;
    std::string& text = texts_[option.name];
    const std::string& read_text = read.texts.at(option.name);
    FlagChange change{.flag = option.name, .before = text, .after = read_text};
    if (!option.at_run_time) {
      changes.need_restart.push_back(std::move(change));
      continue;
    }
    option.copy(config, config_);
    text = read_text;
    changes.made.push_back(std::move(change));
  }
  return changes;
}

}  // namespace ssegw::config
