#include "common/http/auth/password_hash.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <cstdlib>
#include <memory>

namespace tamada::http {

namespace {

// crypt's work space: 32 kB, with the password in it afterwards.
struct CleanseAndFree {
  void operator()(crypt_data* data) const {
    OPENSSL_cleanse(data, sizeof *data);
    delete data;
  }
};

}  // namespace

bool verify_password(std::string_view password, const std::string& hash) {
  if (password.find('\0') != std::string_view::npos || password.size() >= CRYPT_MAX_PASSPHRASE_SIZE)
    return false;
  const std::unique_ptr<crypt_data, CleanseAndFree> data(new crypt_data{});
  std::string phrase(password);  // with a NUL behind it
  const char* found = ::crypt_rn(phrase.c_str(), hash.c_str(), data.get(), sizeof *data);
  OPENSSL_cleanse(phrase.data(), phrase.size());
  if (found == nullptr) return false;  // the kind or the form of the hash is not known
  const std::string_view made(found);
  return made.size() == hash.size() && CRYPTO_memcmp(made.data(), hash.data(), hash.size()) == 0;
}

VerifiedCache::VerifiedCache() {
  // Without randomness nothing may be remembered; no program here starts without it, either.
  if (RAND_bytes(key_.data(), static_cast<int>(key_.size())) != 1) std::abort();
}

bool VerifiedCache::knows(std::string_view password, std::string_view hash) const {
  const Digest wanted = digest(password, hash);
  bool known = false;
  for (const Digest& each : known_) {
    if (CRYPTO_memcmp(each.data(), wanted.data(), wanted.size()) == 0) known = true;
  }
  return known;
}

void VerifiedCache::remember(std::string_view password, std::string_view hash) {
  if (knows(password, hash)) return;
  if (known_.size() == most) known_.pop_front();
  known_.push_back(digest(password, hash));
}

VerifiedCache::Digest VerifiedCache::digest(std::string_view password, std::string_view hash) const {
  // A hash holds no NUL, so the two cannot run into each other.
  std::string both(hash);
  both += '\0';
  both += password;
  Digest result{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(both.data()), both.size(), result.data(), &size);
  OPENSSL_cleanse(both.data(), both.size());
  return result;
}

}  // namespace tamada::http
