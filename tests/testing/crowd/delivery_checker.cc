#include "tests/testing/crowd/delivery_checker.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/crowd/stamp.h"

namespace ssegw::testing {
namespace {

// Counts a fault, and says the first of a group.
template <typename... Pieces>
void Count(uint64_t Deliveries::* fault, Deliveries& deliveries, const Pieces&... pieces) {
  ++(deliveries.*fault);
  if (deliveries.first_fault.empty()) deliveries.first_fault = base::Concat(pieces...);
}

// The number after "missed": in the data of gateway.reset; nullopt: it is null.
std::optional<uint64_t> MissedOf(std::string_view data) {
  constexpr std::string_view kName = R"("missed":)";
  const size_t at = data.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  data.remove_prefix(at + kName.size());
  uint64_t missed = 0;
  const auto [end, error] = std::from_chars(data.data(), data.data() + data.size(), missed);
  return error == std::errc() ? std::optional(missed) : std::nullopt;
}

}  // namespace

void Deliveries::Add(const Deliveries& other) {
  events += other.events;
  deletions += other.deletions;
  latency.Add(other.latency);
  resets_expired += other.resets_expired;
  resets_other_epoch += other.resets_other_epoch;
  resets_unknown_id += other.resets_unknown_id;
  missed += other.missed;
  byes += other.byes;
  lives += other.lives;
  order_violations += other.order_violations;
  lost_events += other.lost_events;
  strange_events += other.strange_events;
  if (first_fault.empty()) first_fault = other.first_fault;
}

DeliveryChecker::DeliveryChecker(const Coverage& coverage)
    : coverage_(coverage),
      topic_numbers_(coverage.topics),
      key_numbers_(static_cast<size_t>(coverage.topics) * coverage.keys),
      uncertain_(coverage.from_the_first ? 0 : coverage.keys + 1) {}

void DeliveryChecker::OnConnect(base::TimePoint now) {
  connected_at_ = now;
  is_greeted_ = is_live_ = false;
  // Without an id the gateway cannot know what it had: it begins with a snapshot.
  if (last_id_.empty() && !coverage_.from_the_first) Forget();
}

void DeliveryChecker::OnBlock(const ScannedBlock& block, base::TimePoint received_at,
                              Deliveries& deliveries) {
  // No browser tells its page of it, and not each takes its id.
  if (!block.has_data) return;
  if (coverage_.gateway_ids && !is_greeted_) {
    OnGreeting(block, deliveries);
  } else if (block.event.empty()) {
    OnEvent(block, received_at, deliveries);
  } else if (block.event == "gateway.deleted") {
    OnDeletion(block, deliveries);
  } else if (block.event == "gateway.reset") {
    OnReset(block.data, deliveries);
  } else if (block.event == "gateway.bye") {
    ++deliveries.byes;
  } else if (block.event == "gateway.live" && !std::exchange(is_live_, true)) {
    ++deliveries.lives;
  } else if (block.event != "gateway.heartbeat") {
    Count(&Deliveries::strange_events, deliveries, "event: ", block.event);
  }
}

void DeliveryChecker::OnGreeting(const ScannedBlock& block, Deliveries& deliveries) {
  if (block.event == "gateway.cut") {
    if (block.id != last_id_) {
      Count(&Deliveries::strange_events, deliveries, "cut at ", block.id, ", presented ", last_id_);
    }
    return;
  }
  is_greeted_ = true;
  if (block.event == "gateway.bye") {
    ++deliveries.byes;
  } else if (block.event != "gateway.hello") {
    Count(&Deliveries::strange_events, deliveries, "before gateway.hello: ", block.event);
  } else if (!block.id.empty()) {
    if (!last_id_.empty() && block.id != last_id_) {
      Count(&Deliveries::strange_events, deliveries, "resumed at ", block.id, ", not ", last_id_);
    }
    // Of start=live: where it begins, without an event.
    last_id_ = block.id;
  }
}

void DeliveryChecker::OnEvent(const ScannedBlock& block, base::TimePoint received_at,
                              Deliveries& deliveries) {
  ++deliveries.events;
  CheckId(block.id, deliveries);
  const std::optional<Stamp> stamp = StampOf(block.data);
  uint64_t* const key_number = stamp ? Find(stamp->topic, stamp->key) : nullptr;
  if (key_number == nullptr) {
    Count(&Deliveries::strange_events, deliveries, "data: ", block.data);
    return;
  }
  const base::TimePoint published_at{base::Duration(stamp->published_ns)};
  if (published_at >= connected_at_) deliveries.latency.Record(received_at - published_at);
  *key_number = stamp->number;
  uint64_t& topic_number = topic_numbers_[stamp->topic - coverage_.first_topic];
  if (stamp->number <= topic_number) {
    Count(&Deliveries::order_violations, deliveries, "event ", stamp->number, " of topic ",
          stamp->topic, " after ", topic_number, " at ", block.id);
  }
  topic_number = std::max(topic_number, stamp->number);
  if (coverage_.every_event) CheckNumber(stamp->number, deliveries);
}

void DeliveryChecker::CheckNumber(uint64_t number, Deliveries& deliveries) {
  if (uncertain_ > 0) {
    --uncertain_;
    accounted_ = number;
    return;
  }
  if (number <= accounted_) {
    // Of the snapshot after a reset, which has each key once at most: it is among those missed.
    if (snapshot_left_ > 0) {
      --snapshot_left_;
    } else {
      Count(&Deliveries::lost_events, deliveries, "event ", number, " of topic ",
            coverage_.first_topic, ", which was said to be missed, at ", last_id_);
    }
    return;
  }
  if (number > accounted_ + 1) {
    Count(&Deliveries::lost_events, deliveries, "event ", number, " of topic ",
          coverage_.first_topic, " after ", accounted_, " at ", last_id_);
    deliveries.lost_events += number - accounted_ - 2;
  }
  accounted_ = number;
}

void DeliveryChecker::OnDeletion(const ScannedBlock& block, Deliveries& deliveries) {
  ++deliveries.deletions;
  CheckId(block.id, deliveries);
  const std::optional<DeletedKey> deleted = DeletedKeyOf(block.data);
  uint64_t* const key_number = deleted ? Find(deleted->topic, deleted->key) : nullptr;
  if (key_number == nullptr) {
    Count(&Deliveries::strange_events, deliveries, "data: ", block.data);
    return;
  }
  *key_number = 0;
  // It has no number to be seen; it is never of a snapshot.
  ++accounted_;
}

void DeliveryChecker::OnReset(std::string_view data, Deliveries& deliveries) {
  if (data.find("\"other_epoch\"") != std::string_view::npos) {
    ++deliveries.resets_other_epoch;
  } else if (data.find("\"expired\"") != std::string_view::npos) {
    ++deliveries.resets_expired;
  } else {
    ++deliveries.resets_unknown_id;
  }
  const std::optional<uint64_t> missed = MissedOf(data);
  deliveries.missed += missed.value_or(0);
  const uint64_t accounted = accounted_ + missed.value_or(0);
  const bool certain = missed && uncertain_ == 0;
  Forget();
  if (certain) {
    accounted_ = accounted;
    uncertain_ = 0;
    snapshot_left_ = coverage_.keys;
  }
}

void DeliveryChecker::Forget() {
  last_seq_ = 0;
  epoch_.clear();
  std::fill(topic_numbers_.begin(), topic_numbers_.end(), 0);
  std::fill(key_numbers_.begin(), key_numbers_.end(), 0);
  accounted_ = 0;
  uncertain_ = coverage_.keys + 1;
}

void DeliveryChecker::CheckId(const std::string& id, Deliveries& deliveries) {
  if (!coverage_.gateway_ids) {
    last_id_ = id;
    return;
  }
  const std::string_view whole = id;
  const size_t dash = whole.find('-');
  uint64_t seq = 0;
  if (dash != std::string_view::npos) {
    std::from_chars(whole.data() + dash + 1, whole.data() + whole.size(), seq);
  }
  const std::string_view epoch = whole.substr(0, std::min(dash, whole.size()));
  if (seq <= last_seq_ || (!epoch_.empty() && epoch != epoch_)) {
    Count(&Deliveries::order_violations, deliveries, "id ", id, " after ", last_id_);
  }
  last_seq_ = seq;
  epoch_ = epoch;
  last_id_ = id;
}

uint64_t* DeliveryChecker::Find(uint32_t topic, uint32_t key) {
  if (topic < coverage_.first_topic || topic - coverage_.first_topic >= coverage_.topics ||
      key >= coverage_.keys) {
    return nullptr;
  }
  const size_t row = topic - coverage_.first_topic;
  return &key_numbers_[row * coverage_.keys + key];
}

bool DeliveryChecker::IsAt(const std::vector<KeyNumbers>& topics) const {
  for (uint32_t i = 0; i < coverage_.topics; ++i) {
    const KeyNumbers& newest = topics[coverage_.first_topic + i];
    if (!std::equal(newest.begin(), newest.end(), key_numbers_.begin() + i * coverage_.keys,
                    key_numbers_.begin() + (i + 1) * coverage_.keys)) {
      return false;
    }
  }
  return true;
}

}  // namespace ssegw::testing
