// Bodies as a Patroni sends them: tests/fixtures/patroni/NAME, relative to the repository's root, where ctest
// runs.
#pragma once

#include <catch2/catch.hpp>

#include <fstream>
#include <sstream>
#include <string>

namespace tamada::patroni {

inline std::string patroni_fixture(const std::string& name) {
  std::ifstream file("tests/fixtures/patroni/" + name, std::ios::binary);
  INFO("run from the repository's root; missing: tests/fixtures/patroni/" << name);
  REQUIRE(file.good());
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace tamada::patroni
