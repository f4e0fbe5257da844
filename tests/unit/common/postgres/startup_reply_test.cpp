#include "common/postgres/startup_reply.h"

#include <catch2/catch.hpp>

using namespace tamada;
using namespace tamada::postgres;
using namespace std::string_literals;
using State = StartupReplyScanner::State;

namespace {

std::string message(char type, std::string_view body) {
  std::string result(1, type);
  append_u32(result, static_cast<std::uint32_t>(body.size() + 4));
  return result.append(body);
}

std::string key_data(std::uint32_t pid, std::string_view key) {
  std::string body;
  append_u32(body, pid);
  return message('K', body.append(key));
}

const std::string auth_ok = message('R', "\0\0\0\0"s);
const std::string auth_sasl = message('R', "\0\0\0\x0aSCRAM-SHA-256\0\0"s);
const std::string parameter = message('S',
                                      "server_version\0"
                                      "15.6\0"s);
const std::string notice = message('N', "SWARNING\0Mexpired\0\0"s);
const std::string negotiate = message('v', "\0\3\0\0\0\0\0\0"s);
const std::string ready = message('Z', "I");
const std::string shutting_down = build_fatal("57P03", "the database system is shutting down");

// All that a caller can see.
std::string seen(StartupReplyScanner& scanner, std::size_t used) {
  std::string text = "used " + std::to_string(used);
  if (scanner.authenticated()) text += ", authenticated";
  if (scanner.server_talked()) text += ", talked";
  if (scanner.version_negotiated()) text += ", negotiated";
  if (const auto key = scanner.take_key()) text += ", key " + std::to_string(key->pid) + ":" + key->key;
  if (scanner.state() == State::waiting) text += ", waiting";
  if (scanner.state() == State::in_error) text += ", in error";
  if (scanner.state() == State::ready) text += ", ready";
  if (scanner.state() == State::error)
    text += ", error " + scanner.error().sqlstate + " " + scanner.error().message;
  if (scanner.state() == State::garbage) text += ", garbage: " + scanner.problem();
  if (scanner.questions() > 0) text += ", questions: " + std::to_string(scanner.questions());
  if (scanner.takes_sessions()) text += ", takes sessions";
  return text;
}

// Feeds the stream in one piece, in two pieces cut at every byte, and byte by byte.
std::string scan(const std::string& stream) {
  StartupReplyScanner one;
  const std::string expected = seen(one, one.feed(as_bytes(stream)));
  for (std::size_t cut = 1; cut < stream.size(); ++cut) {
    INFO("cut after " << cut << " of " << stream.size() << " bytes");
    StartupReplyScanner two;
    const std::size_t first = two.feed(as_bytes(stream).first(cut));
    const std::size_t second = two.feed(as_bytes(stream).subspan(cut));
    CHECK(seen(two, first + second) == expected);
  }
  StartupReplyScanner many;
  std::size_t used = 0;
  for (const std::byte byte : as_bytes(stream)) used += many.feed(Bytes(&byte, 1));
  CHECK(seen(many, used) == expected);
  return expected;
}

}  // namespace

TEST_CASE("the answer to SSLRequest is one of four letters", "[startup_reply]") {
  CHECK(classify_encryption_answer(std::byte{'S'}) == EncryptionAnswer::tls);
  CHECK(classify_encryption_answer(std::byte{'G'}) == EncryptionAnswer::gss);
  CHECK(classify_encryption_answer(std::byte{'N'}) == EncryptionAnswer::refused);
  CHECK(classify_encryption_answer(std::byte{'E'}) == EncryptionAnswer::error);
  CHECK(classify_encryption_answer(std::byte{'H'}) == EncryptionAnswer::garbage);
  CHECK(classify_encryption_answer(std::byte{0}) == EncryptionAnswer::garbage);
}

TEST_CASE("a whole start-up is followed to ReadyForQuery and no further", "[startup_reply]") {
  const std::string stream =
      negotiate + auth_sasl + notice + auth_ok + parameter + key_data(4711, "\x01key"s) + ready;
  const std::string used = std::to_string(stream.size());
  const std::string end = ", questions: 1, takes sessions";
  CHECK(scan(stream) ==
        "used " + used + ", authenticated, talked, negotiated, key 4711:\x01key, ready" + end);
  CHECK(scan(stream + message('T', "a row follows")) ==
        "used " + used + ", authenticated, talked, negotiated, key 4711:\x01key, ready" + end);
}

TEST_CASE("authentication requests that want an answer are counted when they are whole", "[startup_reply]") {
  const std::string password = message('R', "\0\0\0\3"s);
  const std::string md5 = message('R', "\0\0\0\5salt"s);
  const std::string sasl_continue = message('R', "\0\0\0\x0br=..."s);
  const std::string sasl_final = message('R', "\0\0\0\x0cv=..."s);
  const auto ends_with = [](const std::string& text, const std::string& end) { return text.ends_with(end); };
  CHECK(ends_with(scan(password), ", talked, waiting, questions: 1, takes sessions"));
  CHECK(ends_with(scan(md5), ", questions: 1, takes sessions"));
  CHECK(ends_with(scan(md5.substr(0, md5.size() - 1)), ", talked, waiting, takes sessions"));
  CHECK(ends_with(scan(auth_sasl + sasl_continue), ", questions: 2, takes sessions"));
  CHECK(ends_with(scan(auth_sasl + sasl_continue + sasl_final + auth_ok), ", questions: 2, takes sessions"));
  CHECK(ends_with(scan(auth_ok), ", authenticated, talked, waiting, takes sessions"));
  CHECK(ends_with(scan(notice + parameter + negotiate), ", negotiated, waiting"));
}

TEST_CASE("keys of protocol 3.2 are taken whole, other sizes are garbage", "[startup_reply]") {
  const std::string long_key(256, 'k');
  CHECK(scan(auth_ok + key_data(1, long_key) + ready).find(", key 1:" + long_key + ", ready") !=
        std::string::npos);
  CHECK(scan(auth_ok + key_data(1, "abc")).find("garbage: a message 'K' of length 11, expected 12 to 264") !=
        std::string::npos);
  CHECK(scan(auth_ok + key_data(1, long_key + "x")).find("garbage: a message 'K' of length 265") !=
        std::string::npos);
}

TEST_CASE("a key can be taken once, as soon as it is there", "[startup_reply]") {
  StartupReplyScanner scanner;
  scanner.feed(as_bytes(auth_ok));
  CHECK_FALSE(scanner.take_key());
  const std::string data = key_data(7, "abcd");
  scanner.feed(as_bytes(data).first(data.size() - 1));
  CHECK_FALSE(scanner.take_key());
  scanner.feed(as_bytes(data).last(1));
  CHECK(scanner.take_key() == CancelRequest{7, "abcd"});
  CHECK_FALSE(scanner.take_key());
  scanner.feed(as_bytes(ready));
  CHECK(scanner.state() == State::ready);
}

TEST_CASE("a key that is taken while the next message arrives spoils nothing", "[startup_reply]") {
  StartupReplyScanner scanner;
  const std::string stream = auth_ok + key_data(7, "abcd");
  scanner.feed(as_bytes(stream));
  scanner.feed(as_bytes(shutting_down).first(20));
  CHECK(scanner.state() == State::in_error);
  CHECK(scanner.take_key() == CancelRequest{7, "abcd"});
  scanner.feed(as_bytes(shutting_down).subspan(20));
  REQUIRE(scanner.state() == State::error);
  CHECK(scanner.error().message == "the database system is shutting down");
}

TEST_CASE("an error before anything else can be retried unseen", "[startup_reply]") {
  CHECK(scan(shutting_down) == "used " + std::to_string(shutting_down.size()) +
                                   ", error 57P03 the database system is shutting down");
  StartupReplyScanner scanner;
  scanner.feed(as_bytes(shutting_down).first(1));
  CHECK(scanner.state() == State::in_error);
  CHECK_FALSE(scanner.server_talked());
}

TEST_CASE("an error after the server has talked, or after authentication, says so", "[startup_reply]") {
  CHECK(scan(auth_sasl + shutting_down).find(", talked, error 57P03") != std::string::npos);
  CHECK(scan(auth_ok + parameter + build_fatal("57P01", "terminating"))
            .find(", authenticated, talked, error 57P01 terminating") != std::string::npos);
}

TEST_CASE("an error in the old form is understood as the first message only", "[startup_reply]") {
  const std::string fork = "could not fork new process for connection: Out of memory\n\0"s;
  CHECK(scan("E" + fork + "more") == "used " + std::to_string(fork.size() + 1) +
                                         ", error  could not fork new process for connection: Out of memory");
  CHECK(scan(auth_ok + "E" + fork).find("garbage: an ErrorResponse of length") != std::string::npos);
  CHECK(scan("E" + std::string(3000, 'x')).find("garbage: an error text without an end in 2048 bytes") !=
        std::string::npos);
}

TEST_CASE("a long error is cut, and followed to its end", "[startup_reply]") {
  const std::string error = build_fatal("57P03", std::string(20000, 'm'));
  StartupReplyScanner scanner;
  CHECK(scanner.feed(as_bytes(error)) == error.size());
  REQUIRE(scanner.state() == State::error);
  CHECK(scanner.error().sqlstate == "57P03");
  CHECK(scanner.error().message.size() < StartupReplyScanner::error_kept);
  CHECK(scanner.error().message.size() > StartupReplyScanner::error_kept - 50);
}

TEST_CASE("what no PostgreSQL server sends is garbage, told at the first byte that shows it",
          "[startup_reply]") {
  CHECK(scan("HTTP/1.0 400 Bad Request\r\n\r\n") ==
        "used 1, garbage: a message of type 'H' while a session starts, expected one of RSNKvEZ");
  CHECK(scan("\x15\x03\x01").find("a message of type '\\x15'") != std::string::npos);
  CHECK(scan("S\0\0\0\3"s).find("garbage: a message 'S' of length 3, expected 4 to 1048576") !=
        std::string::npos);
  CHECK(scan("S\x7f\xff\xff\xff"s).find("garbage: a message 'S' of length 2147483647") != std::string::npos);
  CHECK(scan("R\0\0\0\7\0\0\0\0"s).find("garbage: a message 'R' of length 7, expected at least 8") !=
        std::string::npos);
  CHECK(scan("R\0\0\0\x09\0\0\0\0x"s).find("garbage: a message 'R' of length 9, expected 8") !=
        std::string::npos);
  CHECK(scan("E\0\0\0\4"s).find("garbage: an ErrorResponse of length 4, expected 8 to 30000") !=
        std::string::npos);
  CHECK(scan("E\0\1\0\0"s).find("garbage: an ErrorResponse of length 65536, expected 8 to 30000") !=
        std::string::npos);
  CHECK(scan(ready).find("garbage: ReadyForQuery before AuthenticationOk") != std::string::npos);
  CHECK(scan(auth_ok + message('Z', "II")).find("garbage: a message 'Z' of length 6, expected 5") !=
        std::string::npos);
  CHECK(scan(key_data(1, "abcd")).find("garbage: BackendKeyData before AuthenticationOk") !=
        std::string::npos);
}

TEST_CASE("nothing is looked at once it is finished", "[startup_reply]") {
  StartupReplyScanner scanner;
  scanner.feed(as_bytes(shutting_down));
  CHECK(scanner.finished());
  CHECK(scanner.feed(as_bytes(auth_ok)) == 0);
  CHECK_FALSE(scanner.authenticated());
  CHECK(scanner.state() == State::error);
}

TEST_CASE("a scanner is a few words", "[startup_reply]") {
  CHECK(sizeof(StartupReplyScanner) <= 40);
}
