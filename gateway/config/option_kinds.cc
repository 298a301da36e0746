#include "gateway/config/option_kinds.h"

namespace ssegw::config {
namespace {

constexpr std::string_view kBoolRange = "true, false";

std::string FormatBool(bool value) { return value ? "true" : "false"; }

}  // namespace

Option Listener(std::string name, Address Config::* member, std::string meaning) {
  return MakeMember(
      std::move(name), member, "host:port, or unix:/path", ParseAddress,
      [](const Address& address) { return address.ToString(); }, std::move(meaning));
}

Option Integer(std::string name, size_t Config::* member, IntegerRange range, std::string meaning) {
  return MakeMember(
      std::move(name), member, range.ToString(),
      [range](std::string_view text) { return ParseInteger(text, range); },
      [](size_t value) { return std::to_string(value); }, std::move(meaning));
}

Option Duration(std::string name, base::Duration Config::* member, DurationRange range,
                std::string meaning) {
  return MakeMember(
      std::move(name), member, range.ToString(),
      [range](std::string_view text) { return ParseDuration(text, range); }, FormatDuration,
      std::move(meaning));
}

Option Bool(std::string name, bool Config::* member, std::string meaning) {
  Option option = MakeMember(std::move(name), member, std::string(kBoolRange), ParseBool,
                             FormatBool, std::move(meaning));
  option.is_bool = true;
  return option;
}

Option Text(std::string name, std::string Config::* member, std::string range, ParseOneText parse,
            std::string meaning) {
  return MakeMember(
      std::move(name), member, std::move(range), parse,
      [](const std::string& value) { return value; }, std::move(meaning));
}

Option Path(std::string name, std::string Config::* member, std::string meaning) {
  return Text(std::move(name), member, "a path", ParsePath, std::move(meaning));
}

Option List(std::string name, std::vector<std::string> Config::* member, std::string range,
            ParseTexts parse, std::string meaning) {
  const auto format = [](const std::vector<std::string>& list) {
    std::string text;
    for (const std::string& entry : list) text += (text.empty() ? "" : ",") + entry;
    return text;
  };
  return MakeMember(std::move(name), member, std::move(range), parse, format, std::move(meaning));
}

Option Bool(std::string name, bool Settings::* member, std::string meaning) {
  Option option = Other(std::move(name), std::string(kBoolRange), nullptr, std::move(meaning));
  option.default_text = FormatBool(Settings().*member);
  option.is_bool = true;
  option.set = [member](std::string_view text, Settings& settings) {
    const absl::StatusOr<bool> value = ParseBool(text);
    if (value.ok()) settings.*member = *value;
    return value.status();
  };
  return option;
}

Option Other(std::string name, std::string range, Set set, std::string meaning) {
  Option option;
  option.name = std::move(name);
  option.range = std::move(range);
  option.meaning = std::move(meaning);
  option.set = set;
  option.is_same = [](const Config&, const Config&) { return true; };
  option.copy = [](const Config&, Config&) {};
  return option;
}

Option AtRunTime(Option option) {
  option.at_run_time = true;
  return option;
}

Option CommandLineOnly(Option option) {
  option.in_environment = false;
  return option;
}

}  // namespace ssegw::config
