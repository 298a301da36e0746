#ifndef SSEGW_GATEWAY_CONFIG_OPTION_KINDS_H_
#define SSEGW_GATEWAY_CONFIG_OPTION_KINDS_H_

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "gateway/config/config.h"
#include "gateway/config/flag_values.h"
#include "gateway/config/option.h"
#include "internal/base/concat.h"

namespace ssegw::config {

// Makers of Options, one for each kind of value. The default of an option is what its member has in
// a Config{} or Settings{}; no maker is told one.

// A member that parse(text) reads and format(value) writes as parse would read it.
template <typename T, typename Parse, typename Format>
Option MakeMember(std::string name, T Config::* member, std::string range, Parse parse,
                  const Format& format, std::string meaning) {
  Option option;
  option.name = std::move(name);
  option.default_text = format(Config().*member);
  option.range = std::move(range);
  option.meaning = std::move(meaning);
  option.set = [member, parse = std::move(parse)](std::string_view text,
                                                  Settings& settings) -> absl::Status {
    auto value = parse(text);
    if (!value.ok()) return value.status();
    settings.config.*member = static_cast<T>(*std::move(value));
    return absl::OkStatus();
  };
  option.is_same = [member](const Config& a, const Config& b) { return a.*member == b.*member; };
  option.copy = [member](const Config& from, Config& to) { to.*member = from.*member; };
  return option;
}

Option Listener(std::string name, Address Config::* member, std::string meaning);
Option Integer(std::string name, size_t Config::* member, IntegerRange range, std::string meaning);
Option Duration(std::string name, base::Duration Config::* member, DurationRange range,
                std::string meaning);
Option Bool(std::string name, bool Config::* member, std::string meaning);

// One value that parse(text) reads.
using ParseOneText = absl::StatusOr<std::string> (*)(std::string_view text);
Option Text(std::string name, std::string Config::* member, std::string range, ParseOneText parse,
            std::string meaning);
// A file, or none; Parse does not open it.
Option Path(std::string name, std::string Config::* member, std::string meaning);

// A list by comma, which may be empty unless parse says otherwise.
using ParseTexts = absl::StatusOr<std::vector<std::string>> (*)(std::string_view text);
Option List(std::string name, std::vector<std::string> Config::* member, std::string range,
            ParseTexts parse, std::string meaning);

template <typename E>
struct NamedValue {
  std::string name;
  E value;
};

// One of these names.
template <typename E>
Option Choice(std::string name, E Config::* member, std::initializer_list<NamedValue<E>> choices,
              std::string meaning) {
  std::vector<NamedValue<E>> values(choices);
  std::string names;
  for (const auto& choice : values) names += (names.empty() ? "" : ", ") + choice.name;
  const auto parse = [values, names](std::string_view text) -> absl::StatusOr<E> {
    for (const auto& choice : values) {
      if (choice.name == text) return choice.value;
    }
    return absl::InvalidArgumentError(base::Concat("expected one of ", names));
  };
  const auto format = [values](E value) {
    for (const auto& choice : values) {
      if (choice.value == value) return choice.name;
    }
    return std::string();
  };
  return MakeMember(std::move(name), member, names, parse, format, std::move(meaning));
}

// What to do with the configuration, and no part of it.
Option Bool(std::string name, bool Settings::* member, std::string meaning);

// Anything else; it has no default, and changes nothing that a configuration has.
using Set = absl::Status (*)(std::string_view text, Settings& settings);
Option Other(std::string name, std::string range, Set set, std::string meaning);

// SIGHUP changes it. That is right for what concerns connections and not the log, and is looked up
// again for each connection, request or deadline, so that no value is half in use.
Option AtRunTime(Option option);

// It is about this run, so an environment should not set it.
Option CommandLineOnly(Option option);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_OPTION_KINDS_H_
