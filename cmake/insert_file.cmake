# Run by ssegw_insert at build time: writes ${OUT} with the text of ${FILE}, in which the line
# "<!-- insert <name> -->" is the text of the file ${INSERTED} of that name.
file(READ ${FILE} text)
file(READ ${INSERTED} inserted)
cmake_path(GET INSERTED FILENAME name)
set(mark "<!-- insert ${name} -->\n")
string(FIND "${text}" "${mark}" at)
if(at EQUAL -1)
  message(FATAL_ERROR "${FILE} has no line ${mark}")
endif()
string(REPLACE "${mark}" "${inserted}" text "${text}")
file(WRITE ${OUT} "${text}")
