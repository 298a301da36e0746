#include "examples/host_dashboard/gateway_channel.h"

#include <fstream>
#include <iterator>
#include <string>

#include "examples/host_dashboard/dashboard_publisher.h"

namespace host_dashboard {
namespace {

// Without the line end that most editors leave. Empty where there is no file.
std::string ReadSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

std::shared_ptr<grpc::ChannelCredentials> NewCredentials(const PublisherOptions& options) {
  if (options.ca_file.empty()) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions files;
  files.pem_root_certs = ReadSecret(options.ca_file);
  files.pem_cert_chain = ReadSecret(options.cert_file);
  files.pem_private_key = ReadSecret(options.key_file);
  return grpc::SslCredentials(files);
}

std::shared_ptr<grpc::Channel> NewChannel(const PublisherOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // Finds a gateway that vanished without a word. gRPC sends at most two such pings between two
  // writes, which is what servers tolerate.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  return grpc::CreateCustomChannel(options.target, NewCredentials(options), arguments);
}

}  // namespace

std::shared_ptr<grpc::Channel> SharedChannel::Get(const PublisherOptions& options) {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<grpc::Channel> channel = channel_.lock();
  if (channel == nullptr ||
      channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_TRANSIENT_FAILURE) {
    channel = NewChannel(options);
    channel_ = channel;
  }
  return channel;
}

std::shared_ptr<grpc::Channel> ChannelFor(const PublisherOptions& options) {
  return options.channel == nullptr ? NewChannel(options) : options.channel->Get(options);
}

void AddToken(const PublisherOptions& options, grpc::ClientContext& context) {
  if (options.token_file.empty()) return;
  context.AddMetadata("authorization", "Bearer " + ReadSecret(options.token_file));
}

}  // namespace host_dashboard
