# Compiler flags, the same for every target of ours (never for libraries).
add_library(tamada_options INTERFACE)
target_include_directories(tamada_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(tamada_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Wold-style-cast
  -Woverloaded-virtual -Wcast-qual -Wformat=2 -Wundef
  # GCC 12 invents overlaps when it inlines std::string (GCC bug 105329), and takes a guard on the stack that
  # unregisters itself conditionally (common/loop/lifetime.h) for a dangling pointer.
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  $<$<CXX_COMPILER_ID:GNU>:-Wno-dangling-pointer>
  $<$<BOOL:${TAMADA_WERROR}>:-Werror>)

# tamada_prefer_small(NAME): the target NAME is compiled for size where others are compiled for speed. For code that
# runs a few times a minute but stays in memory all the time: a program of half the size is most of what the agent saves.
function(tamada_prefer_small name)
  target_compile_options(${name} PRIVATE $<$<CONFIG:RelWithDebInfo,Release>:-Os>)
endfunction()

if(TAMADA_SANITIZE)
  # GCC's flow analysis misjudges instrumented code (its manual says so of -fsanitize).
  target_compile_options(tamada_options INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  add_compile_options(-fsanitize=${TAMADA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TAMADA_SANITIZE})
endif()

find_program(CCACHE ccache)
if(CCACHE)
  # Paths below the checkout count relative to the build folder, so that one checkout compiles what another has not.
  # ccache takes sources with precompiled headers only where it is told so (its manual, "Precompiled headers").
  set(launcher ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1
    CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()
