#include "gateway/app/metrics/exposition.h"

#include <prometheus/client_metric.h>
#include <prometheus/metric_type.h>

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace ssegw::app {
namespace {

constexpr std::string_view kTotal = "_total";
constexpr std::array<std::string_view, 3> kUnits = {"seconds", "bytes", "ratio"};

std::string_view TypeOf(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    case prometheus::MetricType::Summary:
    case prometheus::MetricType::Untyped:
      break;
  }
  std::abort();  // gateway/app/metrics/families.h makes no others
}

void AppendEscaped(std::string& out, std::string_view text, bool escape_quotes = true) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || (c == '"' && escape_quotes)) out += '\\';
    out += c;
  }
}

// The shortest text that reads back the same; whole numbers without an exponent, as far as doubles
// have them all.
void AppendNumber(std::string& out, double value) {
  if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
    return;
  }
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  constexpr double kMaxWhole = 9007199254740992;  // 2^53
  const bool whole = value == std::trunc(value) && std::abs(value) <= kMaxWhole;
  std::array<char, 32> text;
  const auto [end, error] =
      whole ? std::to_chars(text.data(), text.data() + text.size(), static_cast<int64_t>(value))
            : std::to_chars(text.data(), text.data() + text.size(), value);
  static_cast<void>(error);  // 32 bytes hold every double
  out.append(text.data(), end);
}

class Writer {
 public:
  explicit Writer(http::MetricsFormat format)
      : open_metrics_(format == http::MetricsFormat::kOpenMetrics) {}

  void Family(const prometheus::MetricFamily& family) {
    // What samples are named after.
    std::string_view stem = family.name;
    const bool is_counter = family.type == prometheus::MetricType::Counter;
    if (is_counter && stem.ends_with(kTotal)) stem.remove_suffix(kTotal.size());
    Metadata(open_metrics_ ? stem : family.name, stem, family);
    for (const prometheus::ClientMetric& metric : family.metric) {
      switch (family.type) {
        case prometheus::MetricType::Counter:
          Sample(stem, kTotal, metric, {}, metric.counter.value);
          break;
        case prometheus::MetricType::Gauge:
          Sample(stem, "", metric, {}, metric.gauge.value);
          break;
        default:
          Histogram(stem, metric);
          break;
      }
    }
  }

  std::string End() && {
    if (open_metrics_) out_ += "# EOF\n";
    return std::move(out_);
  }

 private:
  void Metadata(std::string_view name, std::string_view stem,
                const prometheus::MetricFamily& family) {
    if (!open_metrics_) Metadata("HELP", name, family.help);
    Metadata("TYPE", name, TypeOf(family.type));
    if (!open_metrics_) return;
    if (const std::string_view unit = UnitOf(stem); !unit.empty()) Metadata("UNIT", name, unit);
    Metadata("HELP", name, family.help);
  }

  void Metadata(std::string_view what, std::string_view name, std::string_view text) {
    out_ += "# ";
    out_ += what;
    out_ += ' ';
    out_ += name;
    out_ += ' ';
    // In the text format a quote in a help text stands for itself.
    AppendEscaped(out_, text, open_metrics_);
    out_ += '\n';
  }

  // OpenMetrics has a float also where the bound is a whole number, so that every exposer writes
  // the same label.
  std::string Bound(double value) const {
    std::string text;
    AppendNumber(text, value);
    if (open_metrics_ && text.find_first_not_of("-0123456789") == std::string::npos) text += ".0";
    return text;
  }

  void Histogram(std::string_view name, const prometheus::ClientMetric& metric) {
    for (const auto& bucket : metric.histogram.bucket) {
      Sample(name, "_bucket", metric, Bound(bucket.upper_bound),
             static_cast<double>(bucket.cumulative_count));
    }
    Sample(name, "_sum", metric, {}, metric.histogram.sample_sum);
    Sample(name, "_count", metric, {}, static_cast<double>(metric.histogram.sample_count));
  }
  // le: of a bucket; empty: it is none.
  void Sample(std::string_view name, std::string_view suffix,
              const prometheus::ClientMetric& metric, std::string_view le, double value) {
    out_ += name;
    out_ += suffix;
    char separator = '{';
    const auto label = [&](std::string_view label_name, std::string_view label_value) {
      out_ += std::exchange(separator, ',');
      out_ += label_name;
      out_ += "=\"";
      AppendEscaped(out_, label_value);
      out_ += '"';
    };
    for (const auto& [label_name, label_value] : metric.label) label(label_name, label_value);
    if (!le.empty()) label("le", le);
    if (separator == ',') out_ += '}';
    out_ += ' ';
    AppendNumber(out_, value);
    out_ += '\n';
  }

  const bool open_metrics_;
  std::string out_;
};

}  // namespace

std::string SerializeMetrics(const std::vector<prometheus::MetricFamily>& families,
                             http::MetricsFormat format) {
  Writer writer(format);
  for (const prometheus::MetricFamily& family : families) writer.Family(family);
  return std::move(writer).End();
}

std::string_view UnitOf(std::string_view family) {
  for (const std::string_view unit : kUnits) {
    if (family.ends_with(unit) && family.size() > unit.size() &&
        family[family.size() - unit.size() - 1] == '_') {
      return unit;
    }
  }
  return {};
}

}  // namespace ssegw::app
