# tamada_library(NAME SOURCES ... LINKS ...): one static library, every source named.
function(tamada_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC tamada_options ${arg_LINKS} PRIVATE ${arg_PRIVATE_LINKS})
endfunction()

# tamada_gather(NAME GROUP): lets the target GROUP build NAME too. So that a preset builds what it runs, and no more.
function(tamada_gather name group)
  if(NOT TARGET ${group})
    add_custom_target(${group})
  endif()
  add_dependencies(${group} ${name})
endfunction()

# tamada_test(NAME SOURCES ... LINKS ... LABELS ...): one Catch2 program, run by ctest as one test.
# Labels: unit, loop, etcd (starts real etcd servers), worker (also run under TSan), integration.
# The target tests-LABEL builds all tests of a label.
function(tamada_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tamada_test_main tamada_options ${arg_LINKS})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
  foreach(label ${arg_LABELS})
    tamada_gather(${name} tests-${label})
  endforeach()
endfunction()

# tamada_fuzzer(NAME SOURCES ... LINKS ... CORPUS dir): a libFuzzer program under TAMADA_FUZZ (preset `fuzz`), with
# a short run from its corpus as a ctest test: the same runs each time, so that a change is judged by what it changed.
# `make fuzz` goes further, another way each time. The corpus folder is read, never written. The target `fuzzers` builds
# them all, and nothing else of the preset.
function(tamada_fuzzer name)
  if(NOT TAMADA_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "CORPUS" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE tamada_options ${arg_LINKS})
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  tamada_gather(${name} fuzzers)
  set(work ${CMAKE_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${work})
  add_test(NAME ${name} COMMAND ${name} -seed=1 -runs=5000 -max_total_time=60 -timeout=5 -rss_limit_mb=1024 ${work} ${arg_CORPUS})
  set_tests_properties(${name} PROPERTIES LABELS "fuzz" TIMEOUT 120)
endfunction()
