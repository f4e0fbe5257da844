// The first byte chooses the level, the second where the bytes behind are cut; what they say on a run-time
// socket is answered from a fixed snapshot.
#include <algorithm>
#include <string>
#include <vector>

#include "router/api/runtime/command_reader.h"
#include "router/api/runtime/runtime_commands.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/a_snapshot.h"

using namespace tamada;
using namespace tamada::router;
using tamada::fuzz::expect;

namespace {

void take_all(CommandReader& reader, std::vector<std::string>& commands) {
  while (auto command = reader.next()) commands.push_back(std::move(*command));
}

void answer(const std::string& command, SocketLevel level) {
  static const StatsSnapshot snapshot = test::a_snapshot();
  static const SessionList sessions = test::some_sessions();
  static const RenderOptions options;
  const std::vector<std::string> words = words_of(command);
  for (const std::string& word : words) expect(!word.empty(), "no word is empty");
  const RuntimeCommand* found = find_command(words);
  if (found == nullptr) {
    expect(unknown_command(words, level).ends_with("\n"), "whoever is not understood is told");
    return;
  }
  if (found->level > level) return;
  CommandInput input;
  input.words = words;
  input.own = words_in(found->name);
  input.level = level;
  input.snapshot = &snapshot;
  input.sessions = &sessions;
  input.options = &options;
  const CommandReply reply = found->run(input);
  expect(reply.text.empty() || reply.text.ends_with("\n"), "an answer ends its last line");
  expect(reply.text.find("\n\n") == std::string::npos, "no answer holds the empty line that ends one");
  if (!reply.action) return;
  const bool clears_maxima = reply.action->kind == Action::Kind::clear_maxima;
  expect(level == SocketLevel::admin || (clears_maxima && level == SocketLevel::operator_),
         "nothing is changed below the level for it");
  expect(reply.action->weight <= 256, "a weight is in its range");
  expect(!reply.lower_to || *reply.lower_to <= level, "a level is only lowered");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  if (input.size() < 2) return 0;
  const auto level = static_cast<SocketLevel>(static_cast<std::uint8_t>(input[0]) % 3);
  const std::string_view bytes = input.substr(2);
  const std::size_t cut = std::min<std::size_t>(static_cast<std::uint8_t>(input[1]), bytes.size());

  CommandReader whole;
  std::vector<std::string> commands;
  whole.add(bytes);
  take_all(whole, commands);
  CommandReader halves;
  std::vector<std::string> again;
  halves.add(bytes.substr(0, cut));
  take_all(halves, again);
  halves.add(bytes.substr(cut));
  take_all(halves, again);
  expect(commands == again, "commands are the same however the bytes are cut");
  expect(whole.is_too_long() || whole.size() <= CommandReader::line_max, "what waits is less than a line");
  for (const std::string& command : commands) answer(command, level);
  return 0;
}
