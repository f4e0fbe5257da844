// What each command of the run-time socket does: the functions that the table of runtime_commands.cpp names.
// Those that show something stand in runtime_show.cpp, those that change something in runtime_change.cpp.
#pragma once

#include "router/api/runtime/runtime_commands.h"

namespace tamada::router::runtime_answers {

CommandReply clear_counters(const CommandInput& input);
CommandReply disable_server(const CommandInput& input);
CommandReply enable_server(const CommandInput& input);
CommandReply get_weight(const CommandInput& input);
CommandReply help(const CommandInput& input);
CommandReply lower_to_operator(const CommandInput& input);
CommandReply lower_to_user(const CommandInput& input);
CommandReply prompt(const CommandInput& input);
CommandReply quit(const CommandInput& input);
CommandReply set_server(const CommandInput& input);
CommandReply set_timeout(const CommandInput& input);
CommandReply set_weight(const CommandInput& input);
CommandReply show_backend(const CommandInput& input);
CommandReply show_cli_level(const CommandInput& input);
CommandReply show_cli_sockets(const CommandInput& input);
CommandReply show_errors(const CommandInput& input);
CommandReply show_failovers(const CommandInput& input);
CommandReply show_info(const CommandInput& input);
CommandReply show_leader(const CommandInput& input);
CommandReply show_schema(const CommandInput& input);
CommandReply show_servers_conn(const CommandInput& input);
CommandReply show_servers_state(const CommandInput& input);
CommandReply show_sess(const CommandInput& input);
CommandReply show_stat(const CommandInput& input);
CommandReply show_table(const CommandInput& input);
CommandReply show_version(const CommandInput& input);
CommandReply shutdown_session(const CommandInput& input);
CommandReply shutdown_sessions(const CommandInput& input);

}  // namespace tamada::router::runtime_answers
