#ifndef SSEGW_GATEWAY_CONFIG_ENVIRONMENT_H_
#define SSEGW_GATEWAY_CONFIG_ENVIRONMENT_H_

#include <string>
#include <vector>

namespace ssegw::config {

// An environment variable that was meant for the gateway, and that it does not read.
struct UnusedVariable {
  std::string name;
  // What was probably meant: a variable, or a flag that has none ("--flagfile").
  std::string meant;

  friend bool operator==(const UnusedVariable&, const UnusedVariable&) = default;
};

// Finds the variables of the environment (entries "NAME=value", nullptr at the end, as ::environ)
// whose names are nearly that of an option's variable. Empty variables are left out, because they
// count as not set. So are other names: Kubernetes sets SSE_GATEWAY_SERVICE_HOST and more in every
// container beside a Service named sse-gateway.
std::vector<UnusedVariable> FindUnusedVariables(const char* const* environment);

}  // namespace ssegw::config

#endif  // SSEGW_GATEWAY_CONFIG_ENVIRONMENT_H_
