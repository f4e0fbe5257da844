// The commands of the run-time socket: a table of HAProxy's commands that people, scripts and hatop use, and
// of our own, each with the level that it needs.
//
// Pure: the words of a command and what is known go in; an answer comes out, and perhaps something to carry
// out first. Words and errors are HAProxy 2.6's. Answers end with a line feed (or are empty); the empty line
// or the prompt that follows each answer is RuntimeClient's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "router/api/backend/stats_backend.h"
#include "router/config/stats_socket.h"
#include "router/stats/render_options.h"
#include "router/stats/stats_snapshot.h"

namespace tamada::router {

// What is known. What a command does not need (CommandNeeds) may be null.
struct CommandInput {
  std::span<const std::string> words;  // all of them
  std::size_t own = 0;                 // so many of them are the command's name
  SocketLevel level = SocketLevel::user;
  const StatsSnapshot* snapshot = nullptr;
  const SessionList* sessions = nullptr;
  const RenderOptions* options = nullptr;
  std::span<const StatsSocket> sockets;

  // The nth word behind the command's name; empty if there is none.
  [[nodiscard]] std::string_view argument(std::size_t n) const {
    return own + n < words.size() ? std::string_view(words[own + n]) : std::string_view();
  }
};

struct CommandReply {
  std::string text;
  // Carry this out; `text` is the answer when it was done. Without `by` and `from`.
  std::optional<Action> action;
  std::string not_found;  // what to say when that finds nothing; empty: the words of the result

  // What becomes of the connection.
  bool quit = false;
  bool toggle_prompt = false;
  std::optional<SocketLevel> lower_to;
  std::optional<std::chrono::seconds> timeout;
};

[[nodiscard]] inline CommandReply say(std::string text) {
  CommandReply reply;
  reply.text = std::move(text);
  return reply;
}

enum class CommandNeeds { nothing, snapshot, sessions };  // sessions: the snapshot, too

struct RuntimeCommand {
  std::string_view name;     // "set server": these words, exactly
  std::string_view usage;    // for help; empty: another spelling, not shown there
  std::string_view meaning;  // for help
  SocketLevel level;         // at least
  CommandNeeds needs;
  CommandReply (*run)(const CommandInput& input);
};

// "set server" has two.
[[nodiscard]] constexpr std::size_t words_in(std::string_view name) {
  std::size_t count = 1;
  for (const char c : name) count += c == ' ' ? 1U : 0U;
  return count;
}

// In the order that help shows them.
[[nodiscard]] std::span<const RuntimeCommand> runtime_commands();

// The command with the longest name that these words begin with, or null.
[[nodiscard]] const RuntimeCommand* find_command(std::span<const std::string> words);

// The answer to words that are no command: those that were perhaps meant, or all.
[[nodiscard]] std::string unknown_command(std::span<const std::string> words, SocketLevel level);

inline constexpr std::string_view permission_denied = "Permission denied\n";

}  // namespace tamada::router
