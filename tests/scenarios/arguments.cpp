#include "tests/scenarios/arguments.h"

#include <sstream>
#include <utility>

namespace tamada::router::scenario {

Words split(const std::string& line) {
  std::istringstream in(line);
  Words words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<Words> match(const std::string& pattern, const Words& words) {
  const Words parts = split(pattern);
  Words arguments;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == "...") {
      arguments.insert(arguments.end(), words.begin() + static_cast<std::ptrdiff_t>(i), words.end());
      return arguments;
    }
    if (i >= words.size()) return std::nullopt;
    const bool literal = parts[i].find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos;
    if (literal && parts[i] != words[i]) return std::nullopt;
    if (!literal) arguments.push_back(words[i]);
  }
  if (words.size() != parts.size()) return std::nullopt;
  return arguments;
}

Duration duration(const std::string& text) {
  if (text.ends_with("ms")) return Duration{std::stoll(text) * 1000};
  return Duration{static_cast<Duration::rep>(std::stod(text) * 1e6)};
}

std::uint64_t bytes(const std::string& text) {
  std::uint64_t unit = 1;
  if (text.ends_with("kB")) unit = 1024;
  if (text.ends_with("MB")) unit = 1024ULL * 1024;
  if (text.ends_with("GB")) unit = 1024ULL * 1024 * 1024;
  return std::stoull(text) * unit;
}

WorldNode& node(World& world, const std::string& label) {
  if (WorldNode* found = world.find(label)) return *found;
  throw Unknown{"no node is called " + label};
}

NodeId node_id(World& world, const std::string& label) {
  return node(world, label).id;
}

ListenerId listener_id(World& world, const std::string& name) {
  for (const ListenerPolicy& listener : world.policy.listeners) {
    if (listener.name == name) return listener.id;
  }
  throw Unknown{"no listener is called " + name};
}

Ending ending(const std::string& text) {
  if (text == "cut") return Ending::cut;
  if (text == "drain") return Ending::drain;
  throw Unknown{"expected cut or drain, found " + text};
}

Target target(const std::string& text) {
  for (const auto& [name, value] : {std::pair{"leader", Target::leader},
                                    {"replica", Target::replica},
                                    {"any", Target::any},
                                    {"sync", Target::sync},
                                    {"async", Target::async},
                                    {"standby-leader", Target::standby_leader}}) {
    if (text == name) return value;
  }
  throw Unknown{"unknown target " + text};
}

Preference preference(const std::string& text) {
  if (!text.starts_with("tag:")) return {target(text), {}, {}};
  const std::size_t colon = text.find(':', 4);
  return {Target::tag, text.substr(4, colon - 4), text.substr(colon + 1)};
}

}  // namespace tamada::router::scenario
