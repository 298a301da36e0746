#include "tests/unit/ingest/raw_call.h"

namespace ssegw::ingest {
namespace {

constexpr std::chrono::seconds kDeadline(60);

grpc::ByteBuffer ToBuffer(std::string_view bytes) {
  const grpc::Slice slice(bytes.data(), bytes.size());
  return {&slice, 1};
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

RawCall::RawCall(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                 const Metadata& metadata)
    : stub_(channel) {
  for (const auto& [name, value] : metadata) context_.AddMetadata(name, value);
  context_.set_deadline(std::chrono::system_clock::now() + kDeadline);
  call_ = stub_.PrepareCall(&context_, method, &queue_);
  call_->StartCall(&other_tag_);
  Next(&other_tag_);
}

RawCall::~RawCall() {
  context_.TryCancel();
  if (!write_done_) WaitForWrite();
  if (!status_.has_value()) Finish();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool RawCall::Write(std::string_view bytes) {
  call_->Write(ToBuffer(bytes), &write_tag_);
  return Next(&write_tag_);
}

std::optional<std::string> RawCall::Read() {
  grpc::ByteBuffer buffer;
  call_->Read(&buffer, &read_tag_);
  if (!Next(&read_tag_)) return std::nullopt;
  return ToString(buffer);
}

bool RawCall::WritesDone() {
  call_->WritesDone(&other_tag_);
  return Next(&other_tag_);
}

grpc::Status RawCall::Finish() {
  if (!status_.has_value()) {
    status_.emplace();
    call_->Finish(&*status_, &other_tag_);
    Next(&other_tag_);
  }
  return *status_;
}

bool RawCall::WriteWithin(std::string_view bytes, std::chrono::milliseconds patience) {
  write_done_ = false;
  call_->Write(ToBuffer(bytes), &write_tag_);
  void* tag = nullptr;
  const auto until = std::chrono::system_clock::now() + patience;
  if (queue_.AsyncNext(&tag, &write_ok_, until) != grpc::CompletionQueue::GOT_EVENT) return false;
  write_done_ = true;
  return write_ok_;
}

bool RawCall::WaitForWrite() {
  if (!write_done_) Next(&write_tag_);
  return write_ok_;
}

bool RawCall::Next(const void* tag) {
  void* done = nullptr;
  bool ok = false;
  while (queue_.Next(&done, &ok)) {
    if (done == &write_tag_) {
      write_ok_ = ok;
      write_done_ = true;
    }
    if (done == tag) return ok;
  }
  return false;
}

}  // namespace ssegw::ingest
