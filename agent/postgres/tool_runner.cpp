#include "agent/postgres/tool_runner.h"

#include <fmt/format.h>

#include "common/base/clean_text.h"
#include "common/loop/loop.h"
#include "common/process/last_lines.h"

namespace tamada::agent {

namespace {

constexpr std::size_t read_buffer = std::size_t{16} * 1024;
constexpr std::size_t last_words_limit = 500;

class Waiting final : public ChildCallbacks {
 public:
  Waiting(loop::Loop& loop, const ToolRun& run) : loop_(loop), run_(run) {}
  void on_child_line(ChildOutput from, std::string_view line, bool /*is_cut*/) override {
    (from == ChildOutput::standard_output ? output : error).add(line);
    if (run_.on_line) run_.on_line(line);
  }
  void on_child_end(const ChildEnd& given) override {
    end = given;
    loop_.stop();
  }

  LastLines output{ToolRunner::most_output};
  LastLines error{ToolRunner::most_output};
  ChildEnd end;

 private:
  loop::Loop& loop_;
  const ToolRun& run_;
};

ChildOptions options_of(const ToolRun& run) {
  ChildOptions options;
  options.command.program = run.call.program;
  options.command.arguments = run.call.arguments;
  options.command.environment = words_of(run.call.environment);
  options.command.directory = run.call.directory;
  options.command.input = run.input;
  options.deadline = run.deadline;
  return options;
}

std::string last_words(const ToolEnd& end) {
  std::string text = end.error.empty() ? end.output : end.error;
  if (text.size() > last_words_limit) text = "... " + text.substr(text.size() - last_words_limit);
  return clean_text(text);
}

}  // namespace

ToolEnd ChildToolRunner::run(const ToolRun& run, const std::stop_token& stop) {
  loop::Loop loop(read_buffer);
  Waiting waiting(loop, run);
  {
    ChildProcess child(loop, helper_, options_of(run), waiting);
    const std::stop_callback on_stop(stop, [&child, poster = loop.poster()] {
      // It runs only within loop.run() below, where the child is still there.
      poster.post([&child] { child.cancel(); });
    });
    loop.run();
  }
  return {waiting.end, waiting.output.text(), waiting.error.text()};
}

Result<void> success_of(const ToolRun& run, const ToolEnd& end) {
  if (end.is_success()) return {};
  const std::string& program = run.call.program;
  const std::string words = last_words(end);
  const auto failed = [&](ErrorKind kind, const std::string& how) {
    return fail(kind, words.empty() ? fmt::format("{} {}", program, how)
                                    : fmt::format("{} {}: {}", program, how, words));
  };
  switch (end.end.kind) {
    case ChildEnd::Kind::exited:
      return failed(ErrorKind::system, fmt::format("ended with status {}", end.end.status.value_or(-1)));
    case ChildEnd::Kind::signalled:
      return failed(ErrorKind::system, fmt::format("was ended by signal {}", end.end.signal.value_or(0)));
    case ChildEnd::Kind::deadline:
      return failed(ErrorKind::timeout,
                    fmt::format("was ended after {} ms", to_ms(run.deadline.value_or(0s))));
    case ChildEnd::Kind::cancelled:
      return failed(ErrorKind::closed, "was cancelled");
    case ChildEnd::Kind::not_started:
      return fail(ErrorKind::unavailable,
                  end.end.failure ? end.end.failure->words : program + " did not start");
    case ChildEnd::Kind::unknown:
      break;
  }
  return failed(ErrorKind::unavailable, "ended in a way that is not known");
}

}  // namespace tamada::agent
