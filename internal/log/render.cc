#include "internal/log/render.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <variant>

#include "internal/log/quote.h"

namespace ssegw::log {
namespace {

void AppendPadded(std::string& out, int64_t value, size_t width) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out.append(width - digits.size(), '0');
  out += digits;
}

// RFC 3339 in UTC: 2026-01-02T03:04:05.678Z.
void AppendTimestamp(std::string& out, std::chrono::system_clock::time_point at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(at - day));
  AppendPadded(out, static_cast<int>(date.year()), 4);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.month()), 2);
  out += '-';
  AppendPadded(out, static_cast<unsigned>(date.day()), 2);
  out += 'T';
  AppendPadded(out, time.hours().count(), 2);
  out += ':';
  AppendPadded(out, time.minutes().count(), 2);
  out += ':';
  AppendPadded(out, time.seconds().count(), 2);
  out += '.';
  AppendPadded(out, time.subseconds().count(), 3);
  out += 'Z';
}

// Appends one value; the two formats differ in how a string is written.
struct ValueWriter {
  std::string& out;
  Format format;

  void operator()(std::string_view text) const {
    if (format == Format::kJson) {
      AppendQuoted(out, text);
    } else {
      AppendLogfmtValue(out, text);
    }
  }
  void operator()(int64_t value) const { out += std::to_string(value); }
  void operator()(uint64_t value) const { out += std::to_string(value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(double value) const {
    std::array<char, 32> digits;  // the shortest form of a double has 24 characters at most
    const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
    const std::string_view text(digits.data(), static_cast<size_t>(end - digits.begin()));
    if (std::isfinite(value)) {
      out += text;
    } else {
      (*this)(text);
    }
  }
};

class LineWriter {
 public:
  LineWriter(std::string& out, Format format) : out_(out), format_(format) {
    if (format_ == Format::kJson) out_ += '{';
  }

  void Add(std::string_view key, const Value& value) {
    AppendKey(key);
    std::visit(ValueWriter{out_, format_}, value.variant());
  }

  void AddTimestamp(std::chrono::system_clock::time_point at) {
    AppendKey("ts");
    if (format_ == Format::kJson) out_ += '"';
    AppendTimestamp(out_, at);
    if (format_ == Format::kJson) out_ += '"';
  }

  void Finish() { out_ += format_ == Format::kJson ? "}\n" : "\n"; }

 private:
  void AppendKey(std::string_view key) {
    const bool json = format_ == Format::kJson;
    if (!first_) out_ += json ? ',' : ' ';
    first_ = false;
    if (json) out_ += '"';
    out_ += key;
    out_ += json ? "\":" : "=";
  }

  std::string& out_;
  const Format format_;
  bool first_ = true;
};

}  // namespace

std::string_view LevelName(Level level) {
  switch (level) {
    case Level::kDebug:
      return "debug";
    case Level::kInfo:
      return "info";
    case Level::kWarn:
      return "warn";
    case Level::kError:
      return "error";
  }
  return "error";
}

std::string RenderLine(Format format, std::chrono::system_clock::time_point at, Level level,
                       std::string_view message, std::span<const Field> fields) {
  std::string line;
  line.reserve(128);
  LineWriter writer(line, format);
  writer.AddTimestamp(at);
  writer.Add("level", LevelName(level));
  writer.Add("msg", message);
  for (const Field& field : fields) writer.Add(field.key, field.value);
  writer.Finish();
  return line;
}

}  // namespace ssegw::log
