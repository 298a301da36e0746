# Run by ssegw_embed at build time, with the files after "--": writes ${BASE}.S with their bytes and
# ${BASE}.cc with the function that lists them.
set(files)
set(after_dashes FALSE)
math(EXPR last "${CMAKE_ARGC} - 1")
foreach(i RANGE ${last})
  if(after_dashes)
    list(APPEND files ${CMAKE_ARGV${i}})
  elseif(CMAKE_ARGV${i} STREQUAL "--")
    set(after_dashes TRUE)
  endif()
endforeach()

# Without the note the linker would make the whole program's stack executable.
set(assembly ".section .note.GNU-stack,\"\",%progbits\n.section .rodata\n")
set(declarations)
set(entries)
set(index 0)
foreach(file ${files})
  set(symbol ${SYMBOL}_${index})
  math(EXPR index "${index} + 1")
  cmake_path(GET file FILENAME name)
  file(SHA256 ${file} sha256)
  string(APPEND assembly
    ".global ${symbol}\n${symbol}:\n.incbin \"${file}\"\n"
    ".global ${symbol}_end\n${symbol}_end:\n.byte 0\n")
  string(APPEND declarations "extern const char ${symbol}[];\nextern const char ${symbol}_end[];\n")
  string(APPEND entries
    "      {\"${name}\", {${symbol}, static_cast<size_t>(${symbol}_end - ${symbol})},\n"
    "       \"${sha256}\"},\n")
endforeach()

file(WRITE ${BASE}.S "${assembly}")
file(WRITE ${BASE}.cc "#include \"${HEADER}\"

#include <cstddef>

extern \"C\" {
${declarations}}

namespace ${NAMESPACE} {

std::span<const EmbeddedFile> ${FUNCTION}() {
  static const EmbeddedFile kFiles[] = {
${entries}  };
  return kFiles;
}

}  // namespace ${NAMESPACE}
")
