// Golden files: what a renderer writes for tests/support/a_snapshot.h, kept in the checkout so that a change
// of the format is seen in a diff. TAMADA_WRITE_FIXTURE=1 writes them anew.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace tamada::test {

// `path` is from the root of the checkout, where tests run.
inline void check_golden(const std::string& path, const std::string& text) {
  if (std::getenv("TAMADA_WRITE_FIXTURE") != nullptr) std::ofstream(path, std::ios::binary) << text;
  std::ifstream file(path, std::ios::binary);
  const std::string kept{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  INFO("when the difference is meant: run this test with TAMADA_WRITE_FIXTURE=1, then look at git diff "
       << path);
  CHECK(kept == text);
}

}  // namespace tamada::test
