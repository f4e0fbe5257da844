#include "agent/log/agent_log.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <functional>
#include <regex>
#include <sstream>
#include <thread>
#include <vector>

#include "common/base/unique_fd.h"
#include "common/files/small_file.h"
#include "common/loop/clock.h"
#include "tests/support/temporary_folder.h"

using namespace tamada;
using namespace tamada::agent;

namespace {

bool wait_for(const std::function<bool()>& condition, Duration limit = 20s) {
  const TimePoint deadline = loop::boot_now() + limit;
  while (!condition()) {
    if (loop::boot_now() >= deadline) return false;
    usleep(2000);
  }
  return true;
}

std::string content(const std::string& path) {
  return read_small_file(path).value_or("");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// What stands after the time.
std::string said(const std::string& line) {
  return line.size() < 24 ? line : line.substr(24);
}

struct Pipe {
  Pipe() {
    int fds[2];
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    reader.reset(fds[0]);
    writer.reset(fds[1]);
  }
  // Until the pipe is full.
  void fill() const {
    const int flags = ::fcntl(writer.get(), F_GETFL);
    ::fcntl(writer.get(), F_SETFL, flags | O_NONBLOCK);
    const std::string junk(4096, 'x');
    while (::write(writer.get(), junk.data(), junk.size()) > 0) continue;
    ::fcntl(writer.get(), F_SETFL, flags);
  }
  // What is there now.
  [[nodiscard]] std::string take() const {
    ::fcntl(reader.get(), F_SETFL, O_NONBLOCK);
    std::string all;
    char buffer[65536];
    for (ssize_t got = 0; (got = ::read(reader.get(), buffer, sizeof buffer)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
    return all;
  }
  // Until `text` has come.
  std::string take_until(const std::string& text) const {
    std::string all;
    CHECK(wait_for([&] {
      all += take();
      return all.find(text) != std::string::npos;
    }));
    return all;
  }

  UniqueFd reader;
  UniqueFd writer;
};

LogSettings in_folder(const std::string& folder) {
  LogSettings settings;
  settings.dir = folder;
  return settings;
}

}  // namespace

TEST_CASE("a line is out at once, with the time of the node", "[agent][agent_log]") {
  Pipe pipe;
  AgentLog log(pipe.writer.get());
  const std::time_t before = std::time(nullptr);
  log.write(Severity::warning, "no action");
  const std::string line = pipe.take_until("\n");
  CHECK(std::regex_match(line, std::regex(R"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} WARNING: no action\n)")));
  std::tm told{};
  REQUIRE(::strptime(line.c_str(), "%Y-%m-%d %H:%M:%S", &told) != nullptr);
  told.tm_isdst = -1;
  CHECK(std::mktime(&told) >= before);
  CHECK(std::mktime(&told) <= std::time(nullptr));
}

TEST_CASE("level, format and repetition change while it runs", "[agent][agent_log]") {
  Pipe pipe;
  AgentLog log(pipe.writer.get());
  log.write(Severity::debug, "hidden");
  log.heartbeat("beat");
  log.heartbeat("beat");
  LogSettings settings;
  settings.level = "DEBUG";
  settings.format = "%(levelname)s %(message)s";
  settings.deduplicate_heartbeat_logs = true;
  REQUIRE(log.configure(settings));
  log.heartbeat("beat");
  log.write(Severity::debug, "shown");
  log.heartbeat("other");
  log.heartbeat("other");
  log.heartbeat("beat");
  settings.level = "ERROR";
  REQUIRE(log.configure(settings));
  log.write(Severity::warning, "hidden");
  log.heartbeat("hidden");
  log.write(Severity::error, "end");
  const auto lines = lines_of(pipe.take_until("end\n"));
  REQUIRE(lines.size() == 6);
  CHECK(said(lines[0]) == "INFO: beat");
  CHECK(said(lines[1]) == "INFO: beat");
  CHECK(lines[2] == "DEBUG shown");
  CHECK(lines[3] == "INFO other");
  CHECK(lines[4] == "INFO beat");
  CHECK(lines[5] == "ERROR end");
}

TEST_CASE("a place that takes nothing holds nobody up, and what it cost is told", "[agent][agent_log]") {
  Pipe pipe;
  AgentLog log(pipe.writer.get());
  LogSettings settings;
  settings.max_queue_size = 50;
  REQUIRE(log.configure(settings));
  pipe.fill();
  const TimePoint began = loop::boot_now();
  for (int i = 0; i < 10'000; ++i) log.write(Severity::info, "line " + std::to_string(i));
  CHECK(loop::boot_now() - began < 5s);
  CHECK(log.waiting() <= 50);
  const std::uint64_t lost = log.lost();
  CHECK(lost >= 9'000);
  CHECK(lost < 10'000);
  // Once it is read again, the lines that waited come, and one that tells of the others.
  std::string rest = pipe.take();
  REQUIRE(wait_for([&] { return log.waiting() == 0; }));
  log.write(Severity::info, "after");
  rest += pipe.take_until("INFO: after\n");
  CHECK(rest.find("INFO: line 1\n") != std::string::npos);
  std::uint64_t told = 0;  // in one line, or in two where the first were lost before the writer had begun
  const std::regex warning(
      R"( WARNING: (\d+) lines? of this log could not be written in time and (is|are) lost\n)");
  for (std::sregex_iterator found(rest.begin(), rest.end(), warning); found != std::sregex_iterator();
       ++found) {
    told += std::stoull((*found)[1]);
  }
  CHECK(told == lost);
}

TEST_CASE("its end waits for a place that takes nothing, but not for ever", "[agent][agent_log]") {
  Pipe pipe;
  const TimePoint began = loop::boot_now();
  {
    AgentLog log(pipe.writer.get());
    pipe.fill();
    log.write(Severity::info, "never");
  }
  CHECK(loop::boot_now() - began < 10s);
  {
    (void)pipe.take();
    AgentLog log(pipe.writer.get());
    for (int i = 0; i < 500; ++i) log.write(Severity::info, "line " + std::to_string(i));
  }
  CHECK(lines_of(pipe.take()).size() == 500);  // nothing that waited is lost at the end
}

TEST_CASE("a place that hangs is left for another one, with the line that it would not take",
          "[agent][agent_log]") {
  Pipe pipe;
  const TemporaryFolder folder;
  AgentLog log(pipe.writer.get());
  pipe.fill();
  log.write(Severity::info, "held");
  REQUIRE(wait_for([&] { return log.waiting() == 0; }));  // the writer has it, and waits for the pipe
  REQUIRE(log.configure(in_folder(folder.path())));
  log.write(Severity::info, "next");
  REQUIRE(wait_for([&] { return content(folder / "patroni.log").find("next\n") != std::string::npos; }));
  const auto lines = lines_of(content(folder / "patroni.log"));
  REQUIRE(lines.size() == 2);
  CHECK(said(lines[0]) == "INFO: held");
  CHECK(log.lost() == 0);
  CHECK(pipe.take().find("held") == std::string::npos);
}

TEST_CASE("files are as large and as many as asked for, and no line is lost between them",
          "[agent][agent_log]") {
  const TemporaryFolder folder;
  LogSettings settings = in_folder(folder.path());
  settings.file_size = 1024;
  settings.file_num = 2;
  settings.mode = 0604;
  settings.format = "%(message)s";
  {
    AgentLog log;
    REQUIRE(log.configure(settings));
    for (int i = 1000; i < 1050; ++i)
      log.write(Severity::info, "line " + std::to_string(i) + std::string(90, '.'));
  }
  std::string all;
  for (const char* name : {"patroni.log.2", "patroni.log.1", "patroni.log"}) {
    const std::string text = content(folder / name);
    INFO(name);
    CHECK(text.size() <= 1024);
    CHECK(text.size() > 100);
    struct stat status {};
    REQUIRE(::stat((folder / name).c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0604);
    all += text;
  }
  CHECK_FALSE(std::filesystem::exists(folder / "patroni.log.3"));
  const auto lines = lines_of(all);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i].substr(0, 9) == "line " + std::to_string(1050 - lines.size() + i));
  }
}

TEST_CASE("a file goes on where an earlier run ended, and comes again where somebody moved it",
          "[agent][agent_log]") {
  const TemporaryFolder folder;
  const LogSettings settings = in_folder(folder.path());
  for (const char* words : {"one", "two"}) {
    AgentLog log;
    REQUIRE(log.configure(settings));
    log.write(Severity::info, words);
  }
  CHECK(lines_of(content(folder / "patroni.log")).size() == 2);
  AgentLog log;
  REQUIRE(log.configure(settings));
  std::filesystem::rename(folder / "patroni.log", folder / "moved");
  REQUIRE(log.configure(settings));
  log.write(Severity::info, "three");
  REQUIRE(wait_for([&] { return content(folder / "patroni.log").find("three") != std::string::npos; }));
  CHECK(lines_of(content(folder / "moved")).size() == 2);
}

TEST_CASE("a folder that cannot be written in leaves the former place, and the rest is in force",
          "[agent][agent_log]") {
  Pipe pipe;
  const TemporaryFolder folder;
  AgentLog log(pipe.writer.get());
  LogSettings settings = in_folder(folder / "absent");
  settings.level = "DEBUG";
  const auto refused = log.configure(settings);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message ==
        "cannot open the log " + (folder / "absent") + "/patroni.log: no such file or directory (ENOENT)");
  log.write(Severity::debug, "still here");
  (void)pipe.take_until("DEBUG: still here\n");

  REQUIRE(log.configure(in_folder(folder.path())));
  REQUIRE_FALSE(log.configure(settings));
  log.write(Severity::info, "in the file");
  REQUIRE(wait_for([&] { return content(folder / "patroni.log").find("in the file") != std::string::npos; }));

  std::filesystem::create_directories(folder / "odd/patroni.log");
  CHECK_FALSE(log.configure(in_folder(folder / "odd")));
  REQUIRE(log.configure(LogSettings()));
  log.write(Severity::info, "back");
  (void)pipe.take_until("INFO: back\n");
}

TEST_CASE("a file that cannot be put aside goes on", "[agent][agent_log]") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "patroni.log.1/full");  // cannot be renamed over
  LogSettings settings = in_folder(folder.path());
  settings.file_size = 1024;
  settings.file_num = 1;
  {
    AgentLog log;
    REQUIRE(log.configure(settings));
    for (int i = 0; i < 30; ++i)
      log.write(Severity::info, "line " + std::to_string(i) + std::string(60, '.'));
  }
  const std::string text = content(folder / "patroni.log");
  CHECK(text.find("line 29") != std::string::npos);
  CHECK(text.find("WARNING: cannot rename the log " + (folder / "patroni.log")) != std::string::npos);
}

TEST_CASE("many threads may write and configure", "[agent][agent_log]") {
  const TemporaryFolder folder;
  {
    AgentLog log;
    REQUIRE(log.configure(in_folder(folder.path())));
    std::vector<std::thread> writers;
    for (int t = 0; t < 4; ++t) {
      writers.emplace_back([&log, t] {
        for (int i = 0; i < 100; ++i) log.write(Severity::info, "thread " + std::to_string(t));
      });
    }
    for (int i = 0; i < 20; ++i) REQUIRE(log.configure(in_folder(folder.path())));
    for (std::thread& writer : writers) writer.join();
    CHECK(log.lost() == 0);
  }
  CHECK(lines_of(content(folder / "patroni.log")).size() == 400);
}
