# The target `microhttpd`: libmicrohttpd linked statically where its archive is there, so that the programs need no library of it
# at run time.
#
# The archive of most distributions can do HTTPS and so names functions of GnuTLS, which in turn needs a dozen libraries. We never
# ask for HTTPS, so those functions are never called but for the initialisation: stand-ins that return 0 (success there) take
# their place. Their names are read from the very archive, so that they fit any release. docs/decisions/0015-dashboard.md.
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
add_library(microhttpd INTERFACE)
find_library(MICROHTTPD_ARCHIVE NAMES libmicrohttpd.a HINTS ${MICROHTTPD_LIBRARY_DIRS})
if(NOT MICROHTTPD_ARCHIVE OR NOT CMAKE_NM)
    message(STATUS "libmicrohttpd.a is not there: linking the shared library")
    target_link_libraries(microhttpd INTERFACE PkgConfig::MICROHTTPD)
    return()
endif()

execute_process(COMMAND ${CMAKE_NM} -u ${MICROHTTPD_ARCHIVE} OUTPUT_VARIABLE undefined ERROR_QUIET)
string(REGEX MATCHALL "(gnutls|gcry)_[a-z0-9_]+" names "${undefined}")
list(REMOVE_DUPLICATES names)
set(stand_ins "/* Written by cmake/microhttpd.cmake, which says why. */\n#include <stddef.h>\n")
foreach(name IN LISTS names)
    string(APPEND stand_ins "void *${name}(void);\nvoid *${name}(void)\n{\n    return NULL;\n}\n")
endforeach()
string(APPEND stand_ins "extern const int microhttpd_without_tls;\nconst int microhttpd_without_tls = 1;\n")
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/microhttpd_without_tls.c CONTENT "${stand_ins}" @ONLY)
add_library(microhttpd_without_tls STATIC ${CMAKE_BINARY_DIR}/microhttpd_without_tls.c)
target_include_directories(microhttpd INTERFACE ${MICROHTTPD_INCLUDE_DIRS})
target_link_libraries(microhttpd INTERFACE ${MICROHTTPD_ARCHIVE} microhttpd_without_tls Threads::Threads)
