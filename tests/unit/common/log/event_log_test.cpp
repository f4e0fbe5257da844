#include "common/log/event_log.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <thread>
#include <vector>

using namespace tamada;

namespace {

class Pipe {
 public:
  Pipe() { REQUIRE(::pipe2(fds_, O_CLOEXEC) == 0); }
  ~Pipe() {
    close_reader();
    close_writer();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  [[nodiscard]] int writer() const { return fds_[1]; }
  void close_reader() { close_one(fds_[0]); }
  void close_writer() { close_one(fds_[1]); }

  // Everything until the writer is closed.
  std::string read_all() {
    std::string all;
    char buffer[65536];
    for (ssize_t got = 0; (got = ::read(fds_[0], buffer, sizeof buffer)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  // Up to and with the line that says `event`: whoever waits for it waits for all before it.
  std::vector<std::string> read_until(const std::string& event) {
    std::vector<std::string> lines;
    do {
      lines.push_back(read_line());
    } while (!lines.back().empty() && lines.back().find(event) == std::string::npos);
    return lines;
  }
  std::string read_line() {
    std::string line;
    char c = 0;
    while (::read(fds_[0], &c, 1) == 1 && c != '\n') line += c;
    return line;
  }

 private:
  static void close_one(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
  int fds_[2] = {-1, -1};
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::ptrdiff_t threads_of_this_process() {
  const std::filesystem::directory_iterator tasks("/proc/self/task");
  return std::distance(begin(tasks), end(tasks));
}

// What stands after the time stamp.
std::string said(const std::string& line) {
  return line.size() < 25 ? line : line.substr(25);
}

}  // namespace

TEST_CASE("a line is out at once, without another one to push it", "[event_log]") {
  Pipe pipe;
  EventLog log(LogConfig{}, pipe.writer());
  log.write(LogLevel::info, "router.started", {{"workers", std::uint64_t{2}}});
  CHECK(said(pipe.read_line()) == "info  router.started workers=2");
}

TEST_CASE("level and format change while running", "[event_log]") {
  Pipe pipe;
  {
    EventLog log({"warn", LogFormat::text}, pipe.writer());
    CHECK_FALSE(log.enabled(LogLevel::info));
    CHECK(log.enabled(LogLevel::warn));
    log.write(LogLevel::info, "one", {});
    log.write(LogLevel::warn, "two", {});
    log.configure({"debug", LogFormat::json});
    CHECK(log.enabled(LogLevel::debug));
    CHECK_FALSE(log.enabled(LogLevel::trace));
    log.write(LogLevel::debug, "three", {{"n", std::int64_t{3}}});
  }
  pipe.close_writer();
  const auto lines = lines_of(pipe.read_all());
  REQUIRE(lines.size() == 2);
  CHECK(said(lines[0]) == "warn  two");
  CHECK(nlohmann::json::parse(lines[1]).at("n") == 3);
}

TEST_CASE("what waits is written out at the end", "[event_log]") {
  Pipe pipe;
  std::string all;
  std::thread reader([&] { all = pipe.read_all(); });
  {
    EventLog log(LogConfig{}, pipe.writer());
    for (std::uint64_t i = 0; i < 1000; ++i) log.write(LogLevel::info, "e", {{"i", i}});
  }
  pipe.close_writer();
  reader.join();
  const auto lines = lines_of(all);
  REQUIRE(lines.size() == 1000);
  CHECK(said(lines.back()) == "info  e i=999");
}

TEST_CASE("lines of many threads never mix while the format changes", "[event_log]") {
  constexpr std::uint64_t threads = 4;
  constexpr std::uint64_t each = 500;  // together fewer than may wait: none is dropped
  Pipe pipe;
  std::vector<std::string> lines;
  std::thread reader([&] { lines = pipe.read_until("last"); });
  {
    EventLog log(LogConfig{}, pipe.writer());
    std::vector<std::thread> writers;
    for (std::uint64_t t = 0; t < threads; ++t) {
      writers.emplace_back([&log, t] {
        for (std::uint64_t i = 0; i < each; ++i) log.write(LogLevel::info, "e", {{"t", t}, {"i", i}});
      });
    }
    for (int i = 0; i < 50; ++i) {
      log.configure({"info", i % 2 == 0 ? LogFormat::json : LogFormat::text});
      std::this_thread::yield();
    }
    for (auto& writer : writers) writer.join();
    log.write(LogLevel::info, "last", {});
    reader.join();
  }
  lines.pop_back();
  std::vector<std::uint64_t> next(threads);
  for (const std::string& line : lines) {
    std::uint64_t t = 0;
    std::uint64_t i = 0;
    if (line.starts_with('{')) {
      const auto object = nlohmann::json::parse(line);
      t = object.at("t");
      i = object.at("i");
    } else {
      REQUIRE(std::sscanf(said(line).c_str(), "info  e t=%lu i=%lu", &t, &i) == 2);
    }
    REQUIRE(t < threads);
    CHECK(i == next[t]++);  // each thread's lines stay in order, none is missing
  }
  for (const auto count : next) CHECK(count == each);
}

TEST_CASE("a stalled standard output blocks nobody, and the loss is counted to the line", "[event_log]") {
  constexpr std::uint64_t total = 20'000;
  Pipe pipe;
  EventLog log(LogConfig{}, pipe.writer());
  // Nobody reads: were write() to block, this would never end.
  for (std::uint64_t i = 0; i < total; ++i) log.write(LogLevel::info, "e", {{"i", i}});
  log.write(LogLevel::info, "last", {});
  const auto lines = pipe.read_until("last");

  std::uint64_t seen = 0;
  std::uint64_t dropped = 0;
  for (const std::string& line : lines) {
    unsigned long count = 0;
    if (std::sscanf(said(line).c_str(), "warn  log.dropped lines=%lu", &count) == 1) {
      dropped += count;
    } else {
      ++seen;
    }
  }
  CHECK(dropped > 0);
  CHECK(seen + dropped == total + 1);
  CHECK(said(lines.back()) == "info  last");
}

TEST_CASE("the end is not held up by an output that nobody reads", "[event_log]") {
  Pipe pipe;
  const auto threads = threads_of_this_process();
  const auto begin = std::chrono::steady_clock::now();
  {
    EventLog log(LogConfig{}, pipe.writer());
    for (std::uint64_t i = 0; i < 10'000; ++i) log.write(LogLevel::info, "e", {{"i", i}});
  }
  // The bound is one second; a busy test machine gets more, and "for ever" would be the time limit of ctest.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(20));
  CHECK(threads_of_this_process() == threads);  // the writer ended too; it was not left behind
}

TEST_CASE("a reader that went away costs lines, not the router", "[event_log]") {
  Pipe pipe;
  pipe.close_reader();
  EventLog log(LogConfig{}, pipe.writer());
  for (int i = 0; i < 100; ++i) log.write(LogLevel::warn, "e", {});
  SUCCEED("SIGPIPE did not end the program");
}

TEST_CASE("a crowd's lines are joined, and told once the window is over, without another line",
          "[event_log]") {
  Pipe pipe;
  EventLog log(LogConfig{}, pipe.writer(), std::chrono::milliseconds(50));
  for (int i = 0; i < 1000; ++i) {
    log.write_joined(LogLevel::warn, "cancel.dropped", {"read", i % 2 == 0 ? "a" : "b"},
                     {{"listener", "read"}});
  }
  std::uint64_t lines = 0;
  std::uint64_t more = 0;
  while (lines + more < 1000) {
    const std::string line = said(pipe.read_line());
    if (line == "warn  cancel.dropped listener=read") {
      ++lines;
      continue;
    }
    REQUIRE(line.starts_with("warn  log.joined of=cancel.dropped about=read more="));
    more += std::stoull(line.substr(line.find(" more=") + 6));
  }
  CHECK(lines + more == 1000);
  CHECK(more > 0);
}

TEST_CASE("what was counted is told at the end, too", "[event_log]") {
  Pipe pipe;
  {
    EventLog log(LogConfig{}, pipe.writer());
    for (int i = 0; i < 100; ++i) log.write_joined(LogLevel::info, "cancel.end", {"unknown", "a"}, {});
  }
  pipe.close_writer();
  const std::vector<std::string> lines = lines_of(pipe.read_all());
  REQUIRE(lines.size() == 6);
  CHECK(said(lines[0]) == "info  cancel.end");
  CHECK(said(lines[5]).find("info  log.joined of=cancel.end about=unknown more=95 addresses=1 for_ms=") == 0);
  CHECK(said(lines[5]).ends_with("why=\"95 more cancel.end lines like those before, from 1 address\""));
}

TEST_CASE("lines below the level are not counted", "[event_log]") {
  Pipe pipe;
  {
    LogConfig config;
    config.level = "warn";
    EventLog log(config, pipe.writer());
    for (int i = 0; i < 100; ++i) log.write_joined(LogLevel::info, "cancel.end", {}, {});
  }
  pipe.close_writer();
  CHECK(pipe.read_all().empty());
}
