#include "tests/testing/sse_greeting.h"

#include <string_view>

#include "internal/base/concat.h"
#include "tests/testing/failure.h"

namespace ssegw::testing {
namespace {

// Failure unless it is so.
void Check(bool is_so, std::string_view what, const SseBlock& block) {
  if (!is_so) throw Failure(base::Concat(what, ": ", block.text));
}

bool IsEmptyEvent(const SseBlock& block) { return block.data == "{}" && !block.retry; }

}  // namespace

bool SseGreeting::IsOfFrame(const SseBlock& block) {
  return block.is_comment() || block.event == "gateway.cut" || block.event == "gateway.hello" ||
         block.event == "gateway.live" || block.event == "gateway.heartbeat";
}

void SseGreeting::Take(const SseBlock& block) {
  switch (stage_) {
    case Stage::kComment:
      Check(block.text == ":\n", "the stream does not begin with a bare comment", block);
      stage_ = Stage::kCut;
      return;
    case Stage::kCut:
      Check(block.event == "gateway.cut" && IsEmptyEvent(block), "not gateway.cut", block);
      presented_ = block.id;
      if (presented_) block.seq();  // which is a Failure if it has not the form of an id
      stage_ = Stage::kHello;
      return;
    case Stage::kHello:
      if (block.event == "gateway.bye") break;
      TakeHello(block);
      stage_ = hello_->resumed == false ? Stage::kReset : Stage::kEvents;
      return;
    case Stage::kReset:
      if (block.event == "gateway.stale") return;
      Check(block.event == "gateway.reset", "not gateway.reset after an id that is not honoured",
            block);
      stage_ = Stage::kEvents;
      return;
    case Stage::kEvents:
      break;
    case Stage::kBye:
      Check(false, "after gateway.bye", block);
  }
  Check(block.event != "gateway.cut" && block.event != "gateway.hello", "a second time", block);
  if (block.is_comment()) {
    Check(block.text == ":\n", "a heartbeat is a bare comment", block);
  } else if (block.event == "gateway.live") {
    Check(IsEmptyEvent(block) && !block.id, "not as gateway.live is", block);
    Check(!is_live_, "a second time", block);
    is_live_ = true;
  } else if (block.event == "gateway.heartbeat") {
    Check(IsEmptyEvent(block) && !block.id, "not as gateway.heartbeat is", block);
  } else if (block.event == "gateway.bye") {
    Check(block.retry.has_value() && !block.id, "not as gateway.bye is", block);
    stage_ = Stage::kBye;
  } else {
    Check(!block.retry, "a reconnection time of an event", block);
  }
}

void SseGreeting::TakeHello(const SseBlock& block) {
  Check(block.event == "gateway.hello" && block.retry, "not gateway.hello", block);
  SseHello hello{
      .connection = {}, .resumed = {}, .retry_ms = std::stoi(*block.retry), .id = block.id};
  constexpr std::string_view kBegin = R"({"connection":")";
  std::string_view data = *block.data;
  Check(data.starts_with(kBegin), "gateway.hello has no connection", block);
  data.remove_prefix(kBegin.size());
  hello.connection = data.substr(0, data.find('"'));
  data.remove_prefix(hello.connection.size());
  if (data == R"(","resumed":true})") {
    hello.resumed = true;
  } else if (data == R"(","resumed":false})") {
    hello.resumed = false;
  } else {
    Check(data == R"(","resumed":null})", "gateway.hello does not say whether it resumes", block);
  }
  // What it goes on from is what was presented; without that it may be where start=live begins.
  if (hello.resumed == true) {
    Check(presented_.has_value() && hello.id == presented_, "another id than presented", block);
  } else if (hello.resumed == false) {
    Check(!hello.id, "an id though it does not resume", block);
  } else {
    Check(!presented_, "an id was presented", block);
    if (hello.id) block.seq();
  }
  hello_ = hello;
}

}  // namespace ssegw::testing
