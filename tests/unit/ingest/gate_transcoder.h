#ifndef SSEGW_TESTS_UNIT_INGEST_GATE_TRANSCODER_H_
#define SSEGW_TESTS_UNIT_INGEST_GATE_TRANSCODER_H_

#include <atomic>
#include <semaphore>
#include <string>
#include <string_view>

#include "internal/transcode/transcoder.h"

namespace ssegw::ingest {

// Holds each event until Open, so that a test decides what happens while an event is in hand.
class GateTranscoder : public transcode::Transcoder {
 public:
  absl::Status ToJson(std::string_view /*type_name*/, std::string_view /*wire*/, std::string* json,
                      transcode::UnknownFieldRef* /*unknown*/) const override {
    ++arrived_;
    gate_.acquire();
    *json = "{}";
    return absl::OkStatus();
  }
  absl::Status AnyToJson(std::string_view /*any_wire*/, std::string* json,
                         transcode::UnknownFieldRef* unknown) const override {
    return ToJson("", "", json, unknown);
  }

  // Events that have come so far.
  int arrived() const { return arrived_; }
  // Lets one through.
  void Open() { gate_.release(); }

 private:
  mutable std::atomic<int> arrived_ = 0;
  mutable std::counting_semaphore<> gate_{0};
};

}  // namespace ssegw::ingest

#endif  // SSEGW_TESTS_UNIT_INGEST_GATE_TRANSCODER_H_
