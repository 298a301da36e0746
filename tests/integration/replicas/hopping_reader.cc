#include "tests/integration/replicas/hopping_reader.h"

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"
#include "tests/testing/sse_greeting.h"
#include "tests/testing/sse_reader.h"
#include "tests/testing/wait_for.h"

namespace ssegw::testing {
namespace {

using std::chrono::milliseconds;

// A gateway that was killed a moment ago refuses: nullptr.
std::unique_ptr<SseReader> Connect(const std::string& address, const SseOptions& options) {
  try {
    return std::make_unique<SseReader>(address, options);
  } catch (const Failure&) {
    return nullptr;
  }
}

}  // namespace

HoppingReader::HoppingReader(std::function<std::vector<std::string>()> gateways, std::string query,
                             uint32_t seed)
    : gateways_(std::move(gateways)),
      query_(std::move(query)),
      random_(seed),
      thread_([this] { Run(); }) {}

HoppingReader::~HoppingReader() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

bool HoppingReader::ReadThrough(const std::string& id) {
  {
    const base::MutexLock lock(mutex_);
    through_ = id;
  }
  const bool came = WaitFor([this] { return done_.load(); });
  stop_ = true;
  thread_.join();
  return came && fault_.empty();
}

bool HoppingReader::IsOver() const {
  const base::MutexLock lock(mutex_);
  return !through_.empty() && last_id_ == through_;
}

void HoppingReader::Run() {
  try {
    while (!stop_ && !IsOver()) {
      const std::vector<std::string> gateways = gateways_();
      ReadFrom(gateways[random_() % gateways.size()]);
    }
  } catch (const std::exception& e) {
    fault_ = e.what();
  }
  done_ = true;
}

void HoppingReader::ReadFrom(const std::string& address) {
  SseOptions options{.query = query_};
  if (!last_id_.empty()) options.fields = {{"Last-Event-ID", last_id_}};
  const auto reader = Connect(address, options);
  if (reader == nullptr) {
    std::this_thread::sleep_for(milliseconds(20));
    return;
  }
  ++hops_;
  const base::TimePoint end = base::Now() + milliseconds(20 + random_() % 1500);
  while (!stop_ && !IsOver() && base::Now() < end) {
    std::optional<SseBlock> block = reader->Next();
    if (!block) return;
    // It says that the log is away, or here again; or that the gateway leaves.
    if (SseGreeting::IsOfFrame(*block) || block->event == "gateway.stale" ||
        block->event == "gateway.fresh" || block->event == "gateway.bye") {
      continue;
    }
    if (block->event == "gateway.reset")
      throw Failure("reset after " + last_id_ + ": " + block->text);
    last_id_ = block->id.value();
    events_.push_back(*std::move(block));
  }
}

}  // namespace ssegw::testing
