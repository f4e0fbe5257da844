// OwnAccount: as whom this process runs, which is what PostgreSQL's programs take where nobody says more.
#pragma once

#include <string>

namespace tamada::agent {

struct OwnAccount {
  std::string name;  // empty: the system knows no name for it
  std::string home;  // HOME, else as the system has it; empty: none
};

// Looked up once. Any thread.
[[nodiscard]] const OwnAccount& own_account();

}  // namespace tamada::agent
