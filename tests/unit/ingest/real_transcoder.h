#ifndef SSEGW_TESTS_UNIT_INGEST_REAL_TRANSCODER_H_
#define SSEGW_TESTS_UNIT_INGEST_REAL_TRANSCODER_H_

#include <memory>

#include "internal/transcode/one_pass_transcoder.h"
#include "internal/transcode/schema_pool.h"

namespace ssegw::ingest {

// The product's own, with the compiled-in types and default options.
inline const transcode::Transcoder& RealTranscoder() {
  static const transcode::SchemaPool& schemas = *transcode::SchemaPool::Load({}).value().release();
  static const auto& transcoder =
      *new transcode::OnePassTranscoder(schemas, transcode::JsonOptions());
  return transcoder;
}

}  // namespace ssegw::ingest

#endif  // SSEGW_TESTS_UNIT_INGEST_REAL_TRANSCODER_H_
