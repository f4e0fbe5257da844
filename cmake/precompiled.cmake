# The headers that nearly every source reads are compiled once for each set of flags, not once for each source: reading
# them is most of what a source costs. They only save time; every source still includes what it uses, and compiles the
# same without them (TAMADA_PCH=OFF, which is what clang-tidy sees).
option(TAMADA_PCH "Compile the headers that most sources share only once" ON)
if(TAMADA_PCH AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12 loses track of where inlined code of the C++ library comes from once it lies in a precompiled header, and then
  # warns of overflows in it.
  add_compile_options($<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overread>
                      $<$<COMPILE_LANGUAGE:CXX>:-Wno-stringop-overflow>
                      $<$<COMPILE_LANGUAGE:CXX>:-Wno-array-bounds>
                      $<$<COMPILE_LANGUAGE:CXX>:-fpch-preprocess>)  # ccache needs the last one
endif()

if(TAMADA_PCH)
  # GCC takes a precompiled header only where the macros that it has read are the same.
  add_compile_definitions($<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)
endif()

# tamada_precompiled_headers(NAME [SMALL] LINKS ... HEADERS ...): compiles these headers with the flags of this folder, for
# the targets that say tamada_use_precompiled(TARGET NAME). SMALL: for targets that tamada_prefer_small() was said of.
function(tamada_precompiled_headers name)
  if(NOT TAMADA_PCH)
    return()
  endif()
  cmake_parse_arguments(arg "SMALL" "" "LINKS;HEADERS" ${ARGN})
  set(source ${CMAKE_BINARY_DIR}/precompiled/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "" @ONLY)
  add_library(${name} STATIC ${source})
  target_link_libraries(${name} PRIVATE tamada_options ${arg_LINKS})
  if(arg_SMALL)
    tamada_prefer_small(${name})
  endif()
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()

function(tamada_use_precompiled target name)
  if(TAMADA_PCH)
    target_precompile_headers(${target} REUSE_FROM ${name})
  endif()
endfunction()
