#include "common/http/auth/check_queue.h"

#include <catch2/catch.hpp>

#include <set>

namespace tamada::http {
namespace {

// Who waits is told by a text "name@source"; a "+" or "-" in front: trusted, troublesome.
class Waiting {
 public:
  // The one who had to give way; empty: nobody.
  std::string add(const std::string& who) {
    const bool marked = who.starts_with('+') || who.starts_with('-');
    const std::string plain = marked ? who.substr(1) : who;
    const std::size_t at = plain.find('@');
    const Standing standing = who.starts_with('+')   ? Standing::trusted
                              : who.starts_with('-') ? Standing::troublesome
                                                     : Standing::unknown;
    const std::uint64_t ticket = names_.size() + 1;
    names_.push_back(plain);
    const auto gone = queue.add({ticket, plain.substr(0, at), plain.substr(at + 1), standing});
    return gone ? names_[*gone - 1] : std::string();
  }
  std::string take() {
    const auto ticket = queue.take();
    return ticket ? names_[*ticket - 1] : std::string();
  }
  CheckQueue queue;

 private:
  std::vector<std::string> names_;
};

TEST_CASE("names take turns, however much is asked for one of them", "[check_queue]") {
  Waiting waiting;
  for (int i = 0; i < 20; ++i) CHECK(waiting.add("dba@" + std::to_string(i)).empty());
  for (int i = 0; i < 20; ++i) CHECK(waiting.add("@" + std::to_string(100 + i)).empty());
  CHECK(waiting.add("ops@home").empty());
  std::set<std::string> first;
  for (int i = 0; i < 3; ++i) first.insert(waiting.take());
  CHECK(first.contains("ops@home"));
}

TEST_CASE("for one name the better standing comes first, and nobody waits for ever", "[check_queue]") {
  Waiting waiting;
  waiting.add("-dba@1");
  waiting.add("-dba@2");
  waiting.add("dba@3");
  waiting.add("+dba@4");
  CHECK(waiting.take() == "dba@4");
  CHECK(waiting.take() == "dba@1");  // the one who has waited longest
  CHECK(waiting.take() == "dba@3");
  CHECK(waiting.take() == "dba@2");
  CHECK(waiting.take().empty());
}

TEST_CASE("for one name sources take turns", "[check_queue]") {
  Waiting waiting;
  waiting.add("dba@1");
  waiting.add("dba@1");
  waiting.add("dba@1");
  waiting.add("dba@2");
  CHECK(waiting.take() == "dba@1");
  CHECK(waiting.take() == "dba@1");  // the one who has waited longest
  CHECK(waiting.take() == "dba@1");
  waiting.add("dba@1");
  CHECK(waiting.take() == "dba@2");
}

TEST_CASE("no more wait than there is room for, and those of the longest line give way", "[check_queue]") {
  Waiting waiting;
  for (std::size_t i = 0; i < CheckQueue::waiting_max; ++i) {
    CHECK(waiting.add("dba@" + std::to_string(i)).empty());
  }
  CHECK(waiting.add("dba@late") == "dba@late");  // nothing speaks for it
  CHECK(waiting.add("ops@home") == "dba@63");
  CHECK(waiting.add("+dba@trusted") == "dba@62");
  CHECK(waiting.queue.size() == CheckQueue::waiting_max);
}

TEST_CASE("from where trouble came gives way first, also for the same name", "[check_queue]") {
  Waiting waiting;
  for (std::size_t i = 0; i < CheckQueue::waiting_max; ++i) waiting.add("-dba@" + std::to_string(i));
  CHECK(waiting.add("-dba@late") == "dba@late");
  CHECK(waiting.add("dba@new") == "dba@63");
  CHECK(waiting.take() == "dba@new");
}

TEST_CASE("one source has only so much room, and there, too, the longest line gives way", "[check_queue]") {
  Waiting waiting;
  for (std::size_t i = 0; i < CheckQueue::per_source_max; ++i) CHECK(waiting.add("dba@1").empty());
  CHECK(waiting.add("dba@1") == "dba@1");
  CHECK(waiting.add("dba@2").empty());
  CHECK(waiting.add("ops@1") == "dba@1");
  CHECK(waiting.queue.size() == CheckQueue::per_source_max + 1);
}

}  // namespace
}  // namespace tamada::http
