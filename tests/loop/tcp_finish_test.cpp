#include "tests/support/loop_fixture.h"
