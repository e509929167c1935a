# Warnings and sanitizers for every target of ours; one static library per folder, so that the linker
# holds the arrows of docs/architecture.md.

add_library(tcptrail_flags INTERFACE)
target_compile_options(tcptrail_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast -Werror
  -fno-omit-frame-pointer)
if(TCPTRAIL_SANITIZE)
  target_compile_options(tcptrail_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_link_options(tcptrail_flags INTERFACE -fsanitize=address,undefined)
endif()
if(TCPTRAIL_FUZZ)
  target_compile_options(tcptrail_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined
                                                  -fno-sanitize-recover=all)
  target_link_options(tcptrail_flags INTERFACE -fsanitize=address,undefined)
endif()

# tcptrail_library(NAME SOURCES a.cpp … [DEPENDS lib …]): target tcptrail_NAME, headers included as "NAME/x.h".
function(tcptrail_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(tcptrail_${name} STATIC ${ARG_SOURCES})
  target_include_directories(tcptrail_${name} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(tcptrail_${name} PUBLIC ${ARG_DEPENDS} PRIVATE tcptrail_flags)
endfunction()

# tcptrail_test(NAME SOURCES a.cpp … [DEPENDS lib …] [LABELS l …] [TIMEOUT s]): a GoogleTest program, one CTest entry.
function(tcptrail_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} tcptrail_flags GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT "${ARG_TIMEOUT}"
    ENVIRONMENT "TCPTRAIL=${PROJECT_BINARY_DIR}/tcptrail")
endfunction()
