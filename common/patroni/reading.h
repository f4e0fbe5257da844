// Reading: what was made of a value that somebody else wrote into the store, and what of it could not be read. Pure.
//
// Patroni never fails on such a value: what it cannot read it treats as not there. So does every reader here; the value
// is what a Patroni would act upon, and the problem is for the log and for whoever must not act on half a value.
#pragma once

#include <cstddef>
#include <string>

#include "common/json/json_reader.h"

namespace tamada::patroni {

// Of the value of one key.
inline constexpr JsonLimits value_limits{.size = std::size_t{256} * 1024, .values = 4096, .depth = 16};

template <class T>
struct Reading {
  T value;
  std::string problem;  // empty: all of it was read. The first one otherwise, one line.

  void note(const std::string& words) {
    if (problem.empty()) problem = words;
  }
};

}  // namespace tamada::patroni
