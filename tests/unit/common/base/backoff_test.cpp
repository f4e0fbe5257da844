#include "common/base/backoff.h"

#include <catch2/catch.hpp>

using namespace tamada;

TEST_CASE("the wait doubles up to its most, a quarter around it", "[backoff]") {
  Backoff backoff(100ms, 500ms, 1);
  for (const Duration middle :
       {Duration(100ms), Duration(200ms), Duration(400ms), Duration(500ms), Duration(500ms)}) {
    const Duration wait = backoff.next();
    CHECK(wait >= middle * 3 / 4);
    CHECK(wait <= middle * 5 / 4);
  }
  backoff.reset();
  CHECK(backoff.next() <= 125ms);
}

TEST_CASE("two clients do not wait in step", "[backoff]") {
  Backoff one(100ms, 5s, 1);
  Backoff other(100ms, 5s, 2);
  int same = 0;
  for (int i = 0; i < 6; ++i) same += one.next() == other.next() ? 1 : 0;
  CHECK(same < 3);
}
