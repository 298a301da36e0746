#ifndef SSEGW_GATEWAY_HTTP_EMBEDDED_FILE_H_
#define SSEGW_GATEWAY_HTTP_EMBEDDED_FILE_H_

#include <span>
#include <string_view>

namespace ssegw::http {

// A file of the source tree that is part of the binary (cmake/Embed.cmake).
struct EmbeddedFile {
  std::string_view name;    // without folder
  std::string_view bytes;   // lives as long as the process
  std::string_view sha256;  // in hex
};

// The console: what is in web/, and Chart.js.
std::span<const EmbeddedFile> ConsoleFiles();

}  // namespace ssegw::http

#endif  // SSEGW_GATEWAY_HTTP_EMBEDDED_FILE_H_
