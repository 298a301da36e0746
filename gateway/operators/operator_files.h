#ifndef SSEGW_GATEWAY_OPERATORS_OPERATOR_FILES_H_
#define SSEGW_GATEWAY_OPERATORS_OPERATOR_FILES_H_

#include <span>

#include "gateway/http/embedded_file.h"

namespace ssegw::operators {

using http::EmbeddedFile;

// The operator's page: operator.html, and what it names.
std::span<const EmbeddedFile> OperatorFiles();

}  // namespace ssegw::operators

#endif  // SSEGW_GATEWAY_OPERATORS_OPERATOR_FILES_H_
