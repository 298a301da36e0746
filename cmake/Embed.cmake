# ssegw_embed(<target> HEADER <header> NAMESPACE <namespace> FUNCTION <name> FILES ...): a library
# that has the files' bytes in its read-only data, and the function that lists them, which the header
# declares beside EmbeddedFile. Their names, without folder, must differ.
#
# The assembler's .incbin: a file of any size costs the compiler nothing.
set(SSEGW_INSERT_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/insert_file.cmake)
set(SSEGW_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_DIR}/embed_files.cmake)

function(ssegw_embed target)
  cmake_parse_arguments(ARG "" "HEADER;NAMESPACE;FUNCTION" "FILES" ${ARGN})
  set(base ${CMAKE_CURRENT_BINARY_DIR}/${target})
  # Rewritten whenever one of the files changes: no build tool sees through .incbin.
  add_custom_command(
    OUTPUT ${base}.S ${base}.cc
    COMMAND ${CMAKE_COMMAND} -DBASE=${base} -DSYMBOL=${target} -DHEADER=${ARG_HEADER}
      -DNAMESPACE=${ARG_NAMESPACE} -DFUNCTION=${ARG_FUNCTION} -P ${SSEGW_EMBED_SCRIPT}
      -- ${ARG_FILES}
    DEPENDS ${ARG_FILES} ${SSEGW_EMBED_SCRIPT}
    VERBATIM)
  add_library(${target} STATIC ${base}.S ${base}.cc)
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR})
endfunction()

# ssegw_insert(<out> FILE <file> INSERTED <file>): sets out to a file of the same name in the build
# tree, in which a line "<!-- insert <name> -->" is the text of the inserted file of that name.
function(ssegw_insert out)
  cmake_parse_arguments(ARG "" "FILE;INSERTED" "" ${ARGN})
  cmake_path(GET ARG_FILE FILENAME name)
  set(made ${CMAKE_CURRENT_BINARY_DIR}/${name})
  add_custom_command(
    OUTPUT ${made}
    COMMAND ${CMAKE_COMMAND} -DFILE=${ARG_FILE} -DINSERTED=${ARG_INSERTED} -DOUT=${made}
      -P ${SSEGW_INSERT_SCRIPT}
    DEPENDS ${ARG_FILE} ${ARG_INSERTED} ${SSEGW_INSERT_SCRIPT}
    VERBATIM)
  set(${out} ${made} PARENT_SCOPE)
endfunction()
