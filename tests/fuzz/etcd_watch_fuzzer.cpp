// What etcd's gateway answers: the stream of a watch, cut anywhere, and each object as every kind of reply.
#include <string>
#include <vector>

#include "common/base/base64.h"
#include "common/etcd/codec.h"
#include "common/etcd/json_splitter.h"
#include "common/http/url.h"
#include "tests/fuzz/fuzz.h"

using tamada::fuzz::expect;
using namespace tamada;
using namespace tamada::etcd;

namespace {

constexpr std::size_t max_object = 1024;

bool split(std::string_view bytes, std::size_t piece, std::vector<std::string>& objects) {
  JsonSplitter splitter(max_object);
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    if (!splitter.feed(bytes.substr(at, piece), objects)) return false;
    expect(splitter.pending() <= max_object, "what waits stays within the limit");
  }
  return true;
}

template <class Reply>
void expect_short(const tamada::Result<Reply>& reply) {
  if (!reply)
    expect(!reply.error().message.empty() && reply.error().message.size() < 1000, "an error stays short");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = tamada::fuzz::text_of(data, size);
  std::vector<std::string> whole;
  std::vector<std::string> cut;
  const bool good = split(bytes, bytes.size() + 1, whole);
  expect(split(bytes, 1, cut) == good, "cut or whole, good or bad alike");
  expect(whole == cut, "cut or whole, the same objects");
  whole.emplace_back(bytes.substr(0, 4096));
  for (const std::string& object : whole) {
    expect_short(decode_watch(object));
    expect_short(decode_header(object));
    expect_short(decode_range(object));
    expect_short(decode_txn(object));
    expect_short(decode_lease(object));
    expect_short(decode_token(object));
    expect_short(prefix_of_version(object));
    expect_short(tamada::Result<void>(tl::make_unexpected(decode_error(500, object).to_error())));
  }
  if (const auto decoded = tamada::base64_decode(bytes)) {
    expect(tamada::base64_encode(*decoded) == bytes, "base64 has one spelling");
  }
  if (const auto url = tamada::http::Url::parse(bytes)) {
    const auto again = tamada::http::Url::parse(url->to_string());
    expect(again && *again == *url, "a URL that was written out reads the same");
  }
  return 0;
}
