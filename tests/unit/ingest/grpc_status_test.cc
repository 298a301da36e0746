#include "gateway/ingest/grpc_status.h"

#include <gtest/gtest.h>

#include <string>

namespace ssegw::ingest {
namespace {

// abseil's codes, gRPC's and google.rpc.Code's are the same numbers by design; the table in
// grpc_status.cc must not have slipped in any of them.
TEST(GrpcStatusTest, EveryCodeKeepsItsNumber) {
  for (int code = 0; code <= 16; ++code) {
    SCOPED_TRACE(code);
    const absl::Status status(static_cast<absl::StatusCode>(code), "why");
    EXPECT_EQ(static_cast<int>(ToGrpcStatus(status).error_code()), code);
    EXPECT_EQ(ToGrpcStatus(status).error_message(), code == 0 ? "" : "why");
    ssegateway::v1::Error error;
    SetError(status, &error);
    EXPECT_EQ(error.code(), code);
    EXPECT_EQ(error.message(), code == 0 ? "" : "why");
  }
}

// google.rpc.Status{8, "full", {Any{"type.googleapis.com/google.rpc.RetryInfo",
// RetryInfo{Duration{1}}}}}, as protoc --encode writes it.
TEST(GrpcStatusTest, ExhaustedSaysWhenToTryAgain) {
  using namespace std::string_literals;  // NOLINT(google-build-using-namespace): for NUL bytes
  const absl::Status exhausted = absl::ResourceExhaustedError("full");
  EXPECT_EQ(ToGrpcStatus(exhausted).error_details(),
            "\x08\x08\x12\x04"
            "full\x1a\x30\x0a\x28"
            "type.googleapis.com/google.rpc.RetryInfo\x12\x04\x0a\x02\x08\x01"s);
  ssegateway::v1::Error error;
  SetError(exhausted, &error);
  EXPECT_EQ(error.retry_delay().seconds(), 1);
  EXPECT_EQ(error.retry_delay().nanos(), 0);
}

TEST(GrpcStatusTest, NoOtherCodeDoes) {
  for (const absl::Status& status :
       {absl::InvalidArgumentError("x"), absl::UnavailableError("x")}) {
    EXPECT_EQ(ToGrpcStatus(status).error_details(), "");
    ssegateway::v1::Error error;
    SetError(status, &error);
    EXPECT_FALSE(error.has_retry_delay());
  }
}

TEST(GrpcStatusTest, UnknownCodesAreUnknown) {
  const absl::Status status(static_cast<absl::StatusCode>(99), "why");
  EXPECT_EQ(ToGrpcStatus(status).error_code(), grpc::StatusCode::UNKNOWN);
}

TEST(GrpcStatusTest, MessagesAreFitToBeSent) {
  const absl::Status status = absl::InternalError(std::string(100'000, '\xff'));
  EXPECT_LE(ToGrpcStatus(status).error_message().size(), 1024U);
  ssegateway::v1::Error error;
  SetError(status, &error);
  EXPECT_EQ(error.message().front(), '?');
}

}  // namespace
}  // namespace ssegw::ingest
