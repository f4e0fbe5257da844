#include "common/http/auth/password_hash.h"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace tamada::http;

namespace {

// All of "geheim": made by `openssl passwd -5`, `openssl passwd -6` and crypt(3).
const std::string sha256 = "$5$abcdefgh$azU9PNNJw9essBuwq5yihWY9lFXM0dF54Ph4sAxX.YB";
const std::string yescrypt = "$y$j9T$nNV12phAmzBgcxNOZxJsa.$RihH7ZluCjBvwcmZMec65JFbthZ2A4AsrZsLrpjuWl9";
const std::vector<std::string> hashes{
    sha256,
    "$6$abcdefgh$msgktWxVAbjjh3X7lA5LaM7dS/ZfABJL6T4qcRsnjcOTj0kptUvZcrvrXIoO5fgPA9xz6UnF2To2Y7jGc/IZY/",
    "$6$rounds=10000$zBE03Uvv1cvxYPRa$3Z67yJMNQPPohpGapgSmfJaRvtDz2rOwo.XYFAglst9vQwV3BRS2sy9oMGpD/"
    "4G5.D/.0fsgWNHWODKIJmaf70",
    "$2b$12$VyIWVIb6s1aLsr.ceSq0t.MdE34O2setr41EoXDWnmfthuEjhpOsq",
    yescrypt,
    "$gy$j9T$XJm34Tg4BerJ6rAfbOFtA0$KPwJoGsGMLpykQRdKRhmXaq74s9fIbQ0vuMXedhRmC7",
    "$7$CU..../....jior5sGjjrDphb.vyU7nx/$BsazxCiBh88ZQMcCm2Vu7vjqw/sSPGg3P1STpfb.nW."};

}  // namespace

TEST_CASE("every kind of hash that the configuration takes is verified", "[password_hash]") {
  for (const std::string& hash : hashes) {
    INFO(hash);
    CHECK(verify_password("geheim", hash));
    CHECK_FALSE(verify_password("geheim ", hash));
    CHECK_FALSE(verify_password("", hash));
  }
}

TEST_CASE("what crypt(3) cannot take belongs to no hash", "[password_hash]") {
  CHECK_FALSE(verify_password(std::string("geheim\0x", 8), sha256));
  CHECK_FALSE(verify_password(std::string(100'000, 'x'), sha256));
  for (const char* hash : {"*", "*0", "*1", "", "x", "$5$", "$9$abc$def", "geheim"}) {
    CHECK_FALSE(verify_password("geheim", hash));
    CHECK_FALSE(verify_password("*", hash));
    CHECK_FALSE(verify_password("", hash));
  }
}

TEST_CASE("what was right is remembered, within bounds, and nothing else is", "[password_hash]") {
  VerifiedCache cache;
  CHECK_FALSE(cache.knows("geheim", sha256));
  cache.remember("geheim", sha256);
  cache.remember("geheim", sha256);
  CHECK(cache.size() == 1);
  CHECK(cache.knows("geheim", sha256));
  CHECK_FALSE(cache.knows("wrong", sha256));
  CHECK_FALSE(cache.knows("geheim", "*"));  // the configuration has locked this user out
  for (std::size_t i = 0; i < VerifiedCache::most; ++i) cache.remember(std::to_string(i), sha256);
  CHECK(cache.size() == VerifiedCache::most);
  CHECK_FALSE(cache.knows("geheim", sha256));  // the oldest has made room
}
