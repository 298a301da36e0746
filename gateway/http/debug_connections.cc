#include "gateway/http/debug_connections.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "gateway/http/problem.h"
#include "gateway/http/query.h"
#include "internal/base/concat.h"
#include "internal/base/mutex.h"
#include "internal/base/text.h"

namespace ssegw::http {
namespace {

// The others are only counted, so that the size of a document is bounded.
constexpr size_t kShownFilters = 8;

std::string_view ToString(fanout::Progress progress) {
  switch (progress) {
    case fanout::Progress::kSnapshot:
      return "snapshot";
    case fanout::Progress::kBehind:
      return "behind";
    case fanout::Progress::kLive:
      return "live";
    case fanout::Progress::kPaced:
      return "paced";
    case fanout::Progress::kEnding:
      return "ending";
  }
  return "";
}

// The members of a JSON object, one after the other.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  ~Members() { out_ += '}'; }
  Members(const Members&) = delete;
  Members& operator=(const Members&) = delete;

  void Text(std::string_view name, std::string_view value) {
    base::AppendJsonString(Value(name), value);
  }
  void Integer(std::string_view name, uint64_t value) { Value(name) += base::Concat(value); }
  // With three decimal places.
  void Decimal(std::string_view name, double value) {
    std::array<char, 64> text;
    std::snprintf(text.data(), text.size(), "%.3f", value);
    Value(name) += text.data();
  }
  void Seconds(std::string_view name, base::Duration value) {
    Decimal(name, base::ToSeconds(value));
  }
  void Null(std::string_view name) { Value(name) += "null"; }
  // The caller appends the value.
  std::string& Value(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    base::AppendJsonString(out_, name);
    return out_ += ':';
  }

 private:
  std::string& out_;
  bool first_ = true;
};

template <typename Values, typename Append>
void AppendList(std::string& out, const Values& values, Append append) {
  out += '[';
  bool first = true;
  for (const auto& value : values) {
    if (!std::exchange(first, false)) out += ',';
    append(value);
  }
  out += ']';
}

void AppendStream(std::string& out, const net::ConnectionInfo& info) {
  Members members(out);
  members.Text("id", info.id);
  members.Text("address", info.address);
  if (!info.identity.empty()) members.Text("identity", info.identity);
  AppendList(members.Value("filters"),
             std::span(info.filters).first(std::min(info.filters.size(), kShownFilters)),
             [&](const std::string& filter) { base::AppendJsonString(out, filter); });
  members.Integer("filter_count", info.filter_count);
  members.Text("mode", info.mode == fanout::Mode::kAll ? "all" : "latest");
  if (info.min_interval > base::Duration::zero()) {
    members.Decimal("max_rate", 1 / base::ToSeconds(info.min_interval));
  } else {
    members.Null("max_rate");
  }
  members.Text("state", ToString(info.progress));
  members.Seconds("age_seconds", info.rank.age);
  members.Seconds("lag_seconds", info.rank.lag.age);
  members.Integer("lag_events", info.rank.lag.events);
  members.Seconds("stalled_seconds", info.rank.stalled);
  members.Integer("frames_delivered", info.frames_delivered);
  members.Integer("bytes_sent", info.bytes_sent);
  if (info.link) {
    members.Integer("unacknowledged_bytes", info.link->unacknowledged_bytes);
    members.Decimal("bytes_per_second", info.link->bytes_per_second);
    members.Seconds("round_trip_seconds", info.link->round_trip);
  } else {
    for (const auto* name : {"unacknowledged_bytes", "bytes_per_second", "round_trip_seconds"}) {
      members.Null(name);
    }
  }
}

// The answers of the shards, as they come in.
//
// Thread: any.
class Answers {
 public:
  explicit Answers(size_t shards) : by_shard_(shards), missing_(shards) {}

  enum class Missing { kNone, kSome };
  Missing Add(size_t shard, std::vector<net::ConnectionInfo> infos) {
    base::MutexLock lock(mutex_);
    by_shard_[shard] = std::move(infos);
    return --missing_ == 0 ? Missing::kNone : Missing::kSome;
  }
  std::vector<ShardAnswer> Take() {
    base::MutexLock lock(mutex_);
    // A shard that answers later still needs its place.
    return std::exchange(by_shard_, std::vector<ShardAnswer>(by_shard_.size()));
  }

 private:
  base::Mutex mutex_;
  std::vector<ShardAnswer> by_shard_ ABSL_GUARDED_BY(mutex_);
  size_t missing_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::StatusOr<size_t> ParseSlowest(std::string_view query) {
  std::optional<std::string_view> raw;
  for (const Parameter& parameter : ParseQuery(query)) {
    if (parameter.name != "k") continue;
    if (raw) return absl::InvalidArgumentError("parameter k is given twice");
    raw = parameter.raw_value;
  }
  if (!raw) return kDefaultSlowest;
  size_t k = 0;
  const auto [end, error] = std::from_chars(raw->data(), raw->data() + raw->size(), k);
  const bool is_number = error == std::errc() && end == raw->data() + raw->size();
  if (is_number && k >= 1 && k <= kMaxSlowest) return k;
  return absl::InvalidArgumentError(base::Concat("parameter k is no integer in 1..", kMaxSlowest));
}

net::HttpLater AskForSlowest(std::vector<FindSlowest> shards, std::function<uint64_t()> open,
                             size_t k) {
  const auto answers = std::make_shared<Answers>(shards.size());
  net::HttpLater later;
  later.patience = kShardPatience;
  later.start = [shards = std::move(shards), k, answers](const std::function<void()>& ready) {
    for (size_t i = 0; i < shards.size(); ++i) {
      shards[i](k, [answers, i, ready](std::vector<net::ConnectionInfo> infos) {
        if (answers->Add(i, std::move(infos)) == Answers::Missing::kNone) ready();
      });
    }
  };
  later.finish = [open = std::move(open), k, answers] {
    return net::HttpResponse{.status = 200,
                             .fields = {{"Content-Type", "application/json"},
                                        {"Cache-Control", "no-store"},
                                        {"X-Content-Type-Options", "nosniff"}},
                             .body = SlowestDocument(open(), answers->Take(), k),
                             .static_body = {}};
  };
  return later;
}

std::string SlowestDocument(uint64_t open, const std::vector<ShardAnswer>& by_shard, size_t k) {
  std::vector<const net::ConnectionInfo*> all;
  std::vector<size_t> unanswered;
  for (size_t i = 0; i < by_shard.size(); ++i) {
    const ShardAnswer& answer = by_shard[i];
    if (!answer.has_value()) {
      unanswered.push_back(i);
      continue;
    }
    for (const net::ConnectionInfo& info : *answer) all.push_back(&info);
  }
  const auto end = all.begin() + static_cast<ptrdiff_t>(std::min(k, all.size()));
  std::partial_sort(all.begin(), end, all.end(),
                    [](const auto* a, const auto* b) { return a->rank.SlowerThan(b->rank); });
  all.erase(end, all.end());
  std::string document;
  {
    Members members(document);
    members.Integer("open", open);
    AppendList(members.Value("unanswered_shards"), unanswered,
               [&](size_t shard) { document += base::Concat(shard); });
    AppendList(members.Value("connections"), all, [&](const net::ConnectionInfo* info) {
      document += '\n';
      AppendStream(document, *info);
    });
  }
  document += '\n';
  return document;
}

}  // namespace ssegw::http
