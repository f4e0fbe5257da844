#include "agent/server/settings/own_account.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <vector>

namespace tamada::agent {

namespace {

OwnAccount look_up() {
  OwnAccount account;
  constexpr std::size_t room = std::size_t{64} * 1024;
  std::vector<char> texts(room);
  passwd entry{};
  passwd* found = nullptr;
  if (getpwuid_r(geteuid(), &entry, texts.data(), texts.size(), &found) == 0 && found != nullptr)
    account = {found->pw_name, found->pw_dir};
  const char* const home = std::getenv("HOME");
  if (home != nullptr && *home != '\0') account.home = home;
  return account;
}

}  // namespace

const OwnAccount& own_account() {
  static const OwnAccount account = look_up();
  return account;
}

}  // namespace tamada::agent
