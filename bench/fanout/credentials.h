#ifndef SSEGW_BENCH_FANOUT_CREDENTIALS_H_
#define SSEGW_BENCH_FANOUT_CREDENTIALS_H_

#include <cstddef>
#include <memory>
#include <string>

#include "internal/base/time.h"
#include "tests/testing/self_signed.h"

namespace ssegw::bench {

// Of every server that is measured over TLS: made with the first call, and gone with the process.
const testing::SelfSigned& BenchCertificate();

// Tokens of subscribers who may read all of "bench.>", signed with ES256, and the key that verifies
// them, as files of a directory of their own.
//
// Lifetime: the files end with the object. Errors: Failure. Cost: a signature for each token.
class Tokens {
 public:
  // count: of tokens that differ.
  explicit Tokens(size_t count);
  ~Tokens();
  Tokens(const Tokens&) = delete;
  Tokens& operator=(const Tokens&) = delete;

  std::string jwks_file() const { return directory_ + "/jwks.json"; }
  // A token a line.
  std::string all_file() const { return directory_ + "/all"; }
  std::string one_file() const { return directory_ + "/one"; }

  // What one verification of such a signature costs this thread, with nothing around it: the median
  // of many.
  base::Duration VerificationCost() const;

 private:
  struct Key;

  const std::unique_ptr<const Key> key_;
  std::string directory_;
};

}  // namespace ssegw::bench

#endif  // SSEGW_BENCH_FANOUT_CREDENTIALS_H_
