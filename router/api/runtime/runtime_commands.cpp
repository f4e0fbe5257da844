#include "router/api/runtime/runtime_commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "common/base/spelling.h"
#include "router/api/runtime/runtime_answers.h"

namespace tamada::router {

namespace {

using enum SocketLevel;
using enum CommandNeeds;

// The words for help are HAProxy's. The last three stand at the end there, too.
constexpr std::array commands{
    RuntimeCommand{"clear counters", "clear counters [all]",
                   "clear max statistics counters (or all counters)", operator_, nothing,
                   runtime_answers::clear_counters},
    RuntimeCommand{"disable server", "disable server (DEPRECATED)",
                   "disable a server for maintenance (use 'set server' instead)", admin, snapshot,
                   runtime_answers::disable_server},
    RuntimeCommand{"enable server", "enable server  (DEPRECATED)",
                   "enable a disabled server (use 'set server' instead)", admin, snapshot,
                   runtime_answers::enable_server},
    RuntimeCommand{"get weight", "get weight <bk>/<srv>", "report a server's current weight", user, snapshot,
                   runtime_answers::get_weight},
    RuntimeCommand{"operator", "operator", "lower the level of the current CLI session to operator",
                   operator_, nothing, runtime_answers::lower_to_operator},
    RuntimeCommand{"set server", "set server <bk>/<srv> [opts]", "change a server's state, weight or address",
                   admin, snapshot, runtime_answers::set_server},
    RuntimeCommand{"set timeout", "set timeout [cli] <delay>", "change a timeout setting", user, nothing,
                   runtime_answers::set_timeout},
    RuntimeCommand{"set weight", "set weight <bk>/<srv>  (DEPRECATED)",
                   "change a server's weight (use 'set server' instead)", admin, snapshot,
                   runtime_answers::set_weight},
    RuntimeCommand{"show backend", "show backend", "list backends in the current running config", user,
                   snapshot, runtime_answers::show_backend},
    RuntimeCommand{"show cli level", "show cli level", "display the level of the current CLI session", user,
                   nothing, runtime_answers::show_cli_level},
    RuntimeCommand{"show cli sockets", "show cli sockets", "dump list of cli sockets", user, nothing,
                   runtime_answers::show_cli_sockets},
    RuntimeCommand{"show errors", "show errors [<px>] [request|response]",
                   "report last request and/or response errors for each proxy", operator_, snapshot,
                   runtime_answers::show_errors},
    RuntimeCommand{"show failovers", "show failovers", "list the last fail-overs, newest first", user,
                   snapshot, runtime_answers::show_failovers},
    RuntimeCommand{"show info", "show info [desc|json|typed|float]*",
                   "report information about the running process", user, snapshot,
                   runtime_answers::show_info},
    RuntimeCommand{"show leader", "show leader", "tell who leads and why it is believed, or why nobody does",
                   user, snapshot, runtime_answers::show_leader},
    RuntimeCommand{"show schema json", "show schema json", "report schema used for stats", user, nothing,
                   runtime_answers::show_schema},
    RuntimeCommand{"show servers conn", "show servers conn [<backend>]",
                   "dump server connections status (all or for a single backend)", user, snapshot,
                   runtime_answers::show_servers_conn},
    RuntimeCommand{"show servers state", "show servers state [<backend>]",
                   "dump volatile server information (all or for a single backend)", user, snapshot,
                   runtime_answers::show_servers_state},
    RuntimeCommand{"show sess", "show sess [id]",
                   "report the list of current sessions or dump this exact session", operator_, sessions,
                   runtime_answers::show_sess},
    RuntimeCommand{"show stat", "show stat [desc|json|no-maint|typed|up]*",
                   "report counters for each proxy and server", user, snapshot, runtime_answers::show_stat},
    // What OpenTelemetry's receiver asks.
    RuntimeCommand{"show stats", "", "", user, snapshot, runtime_answers::show_stat},
    // Datadog's agent asks; there is none.
    RuntimeCommand{"show table", "", "", user, nothing, runtime_answers::show_table},
    RuntimeCommand{"show version", "show version", "show version of the current process", user, snapshot,
                   runtime_answers::show_version},
    RuntimeCommand{"shutdown session", "shutdown session [id]", "kill a specific session", admin, nothing,
                   runtime_answers::shutdown_session},
    RuntimeCommand{"shutdown sessions server", "shutdown sessions server <bk>/<srv>",
                   "kill sessions on a server", admin, snapshot, runtime_answers::shutdown_sessions},
    RuntimeCommand{"user", "user", "lower the level of the current CLI session to user", user, nothing,
                   runtime_answers::lower_to_user},
    RuntimeCommand{"help", "help [<command>]", "list matching or all commands", user, nothing,
                   runtime_answers::help},
    RuntimeCommand{"prompt", "prompt", "toggle interactive mode with prompt", user, nothing,
                   runtime_answers::prompt},
    RuntimeCommand{"quit", "quit", "disconnect", user, nothing, runtime_answers::quit},
};
constexpr std::size_t always_shown = 3;

std::string_view first_word(std::string_view name) {
  return name.substr(0, name.find(' '));
}

// How many words the name has, if these begin with it; else 0.
std::size_t words_matched(std::string_view name, std::span<const std::string> words) {
  std::size_t count = 0;
  for (std::string_view rest = name; !rest.empty(); ++count) {
    const std::string_view word = first_word(rest);
    if (count == words.size() || words[count] != word) return 0;
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return count;
}

// How many words a name and what was typed have in common, from the first.
std::size_t words_in_common(std::string_view name, std::span<const std::string> words) {
  std::size_t count = 0;
  for (std::string_view rest = name; !rest.empty() && count < words.size(); ++count) {
    const std::string_view word = first_word(rest);
    if (words[count] != word) return count;
    rest.remove_prefix(std::min(word.size() + 1, rest.size()));
  }
  return count;
}

std::string list_commands(std::span<const std::string> words, SocketLevel level, std::string_view some_title,
                          std::string_view all_title) {
  // Those that have the most words in common; if none has any, those whose first word is the nearest.
  std::size_t most = 0;
  std::vector<std::string_view> known;
  for (const RuntimeCommand& command : commands) {
    most = std::max(most, words_in_common(command.name, words));
    known.push_back(first_word(command.name));
  }
  std::string nearest;
  if (most == 0 && !words.empty()) nearest = nearest_word(words[0], known);
  const bool all = most == 0 && nearest.empty();
  std::string text(all ? all_title : some_title);
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const RuntimeCommand& command = commands[i];
    const bool matches =
        most > 0 ? words_in_common(command.name, words) == most : first_word(command.name) == nearest;
    const bool wanted = all || matches || i >= commands.size() - always_shown;
    if (!wanted || command.usage.empty() || command.level > level) continue;
    text += fmt::format("  {:<40}: {}\n", command.usage, command.meaning);
  }
  return text;
}

}  // namespace

std::span<const RuntimeCommand> runtime_commands() {
  return commands;
}

const RuntimeCommand* find_command(std::span<const std::string> words) {
  const RuntimeCommand* best = nullptr;
  std::size_t most = 0;
  for (const RuntimeCommand& command : commands) {
    const std::size_t matched = words_matched(command.name, words);
    if (matched <= most) continue;
    most = matched;
    best = &command;
  }
  return best;
}

std::string unknown_command(std::span<const std::string> words, SocketLevel level) {
  return list_commands(words, level,
                       "Unknown command, but maybe one of the following ones is a better match:\n",
                       "Unknown command. Please enter one of the following commands only:\n");
}

CommandReply runtime_answers::help(const CommandInput& input) {
  constexpr std::string_view title = "The following commands are valid at this level:\n";
  return say(list_commands(input.words.subspan(input.own), input.level, title, title));
}

}  // namespace tamada::router
