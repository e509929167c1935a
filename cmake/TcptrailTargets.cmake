# Warnings and sanitizers for every target of ours; one static library per folder, so that the linker
# holds the arrows of docs/architecture.md.

add_library(tcptrail_flags INTERFACE)
target_compile_options(tcptrail_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror
  -fno-omit-frame-pointer)
if(TCPTRAIL_SANITIZE)
  target_compile_options(tcptrail_flags INTERFACE
    -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
    # An inline function of a header is kept from any one of the objects: what one ignores, all must.
    -fsanitize-ignorelist=${PROJECT_SOURCE_DIR}/tests/fuzz/ignorelist.txt
    -Wno-ambiguous-reversed-operator) # RapidJSON's iterators in C++20
  target_link_options(tcptrail_flags INTERFACE -fsanitize=address,undefined)
endif()

# What is no part of the program mostly waits; optimising it would take half the compiler's time. What does not wait says
# so where it is listed.
add_library(tcptrail_test_flags INTERFACE)
target_link_libraries(tcptrail_test_flags INTERFACE tcptrail_flags)
target_compile_options(tcptrail_test_flags INTERFACE -O0 -g1)

# tcptrail_library(NAME SOURCES a.cpp … [DEPENDS lib …]): target tcptrail_NAME, headers included as "NAME/x.h".
function(tcptrail_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(tcptrail_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tcptrail_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(tcptrail_${name} PUBLIC ${ARG_DEPENDS} PRIVATE tcptrail_flags)
endfunction()

# tcptrail_test(NAME SOURCES a.cpp … [DEPENDS lib …]): a GoogleTest program.
function(tcptrail_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  # A header that is compiled once is read in half the time. All that use it must have the same flags.
  target_precompile_headers(${name} REUSE_FROM tcptrail_test_headers)
  target_link_libraries(${name}
    PRIVATE ${ARG_DEPENDS} tcptrail_test_flags fmt::fmt GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
endfunction()

# tcptrail_add_cases(PROGRAM LABEL l TIMEOUT s [FILTER f] [PROPERTIES …]): a CTest entry for each case of a GoogleTest
# program, or for those that the filter takes.
function(tcptrail_add_cases program)
  cmake_parse_arguments(ARG "" "LABEL;TIMEOUT;FILTER" "PROPERTIES" ${ARGN})
  if(CMAKE_CROSSCOMPILING)
    return() # they are run in a guest
  endif()
  if(NOT ARG_FILTER)
    set(ARG_FILTER "*")
  endif()
  string(MAKE_C_IDENTIFIER "${program}_${ARG_FILTER}" list)
  gtest_discover_tests(${program} TEST_PREFIX "${ARG_LABEL}." TEST_FILTER "${ARG_FILTER}" TEST_LIST ${list}
    NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${ARG_LABEL} TIMEOUT ${ARG_TIMEOUT} ${ARG_PROPERTIES})
endfunction()
