#ifndef SSEGW_TESTS_UNIT_INGEST_REAL_TRANSCODER_H_
#define SSEGW_TESTS_UNIT_INGEST_REAL_TRANSCODER_H_

#include <memory>

#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/schemas.h"

namespace ssegw::ingest {

// The product's own, with the compiled-in types and default options.
inline const transcode::Transcoder& RealTranscoder() {
  static const transcode::Schemas& schemas = *transcode::Schemas::Load({}, {}).value().release();
  static const auto& transcoder = *new transcode::OnePassTranscoder(schemas.plans());
  return transcoder;
}

}  // namespace ssegw::ingest

#endif  // SSEGW_TESTS_UNIT_INGEST_REAL_TRANSCODER_H_
