// The one main() of every Catch2 program; compiled once because the single header is slow to compile.
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
