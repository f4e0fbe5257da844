#include "common/config/take_setting.h"

#include "common/config/settings_yaml.h"
#include "tests/unit/common/config/a_program.h"

using namespace tamada;

TEST_CASE("a value that its setting does not take is told at its place, and the default stays",
          "[take_setting]") {
  const auto wrong = load_kitchen("stove:\n  fast: maybe\n", {{"KITCHEN_STOVE_PATIENCE", "1ms"}});
  CHECK(wrong.told() ==
        "KITCHEN_STOVE_PATIENCE: stove.patience: \"1ms\": expected 1s to 24h\n"
        "k.yaml:2:9: stove.fast: \"maybe\": expected true or false");
  CHECK(wrong.kitchen.patience == std::chrono::seconds(10));
}

TEST_CASE("no setting takes control characters, broken text or a book", "[take_setting]") {
  CHECK(load_kitchen("name: \"a\\x07\"\n").told() ==
        "k.yaml:1:7: name: holds a control character or is not UTF-8; expected text");
  CHECK(load_kitchen("name: " + std::string(4097, 'a')).told() == "k.yaml:1:7: name: longer than 4096 bytes");
  // Of a list, the good items are taken.
  CHECK(load_kitchen("guests: [a, \"\\x07\", b]\n").kitchen.guests == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a file that a setting names must be readable, and is part of the configuration",
          "[take_setting]") {
  CHECK(load_kitchen("door: {key_file: /key}\n").told() == "k.yaml:1:18: door.key_file: cannot read /key");
  const auto one = load_kitchen("door: {key_file: /key}\n", {}, {{"/key", "1"}});
  CHECK(one.told() == "ok");
  REQUIRE(one.files.size() == 1);
  CHECK(one.files[0].setting == "door.key_file");
  CHECK(one.files != load_kitchen("door: {key_file: /key}\n", {}, {{"/key", "2"}}).files);
  CHECK(one.files == load_kitchen("door: {key_file: /key}\n", {}, {{"/key", "1"}}).files);
}

TEST_CASE("what is wrong within a map or tree is told where it stands", "[take_setting]") {
  CHECK(load_kitchen("guests: [a, {b: c, d: e}]\n").told() == "k.yaml:1:13: guests: expected one name");
  CHECK(load_kitchen("tags:\n  x: 1\n  y: [1]\n").told() ==
        "k.yaml:3:6: tags: y: found a list; expected text");
  CHECK(load_kitchen("tags: text\n").told() == "k.yaml:1:7: tags: expected tags");
}

TEST_CASE("where each item stands that was taken is told", "[take_setting]") {
  const SettingsTable<KitchenScope> table = kitchen_settings();
  std::vector<ConfigError> errors;
  const YamlDocument document = parse_yaml("guests:\n- a\n- {b: c, d: e}\n- f\n", "k.yaml", errors);
  const std::vector<std::string> names{"k.yaml"};
  const RawSettings raw = collect_settings(document, names, table.layout(), {}, errors);
  Kitchen kitchen;
  std::uint32_t none = 0;
  KitchenScope scope{kitchen, none};
  std::vector<NamedFile> files;
  const FileReader no_file = [](const std::string&) -> Result<std::string> { return std::string(); };
  const auto taken = take_setting({raw, no_file, errors, files}, *table.find("guests"), "guests", scope);
  REQUIRE(taken.size() == 2);
  CHECK(taken[0].line == 2);
  CHECK(taken[1].line == 4);
  CHECK(errors.size() == 1);
}

TEST_CASE("settings in force are shown as YAML that loads again, without secrets", "[settings_yaml]") {
  const SettingsTable<KitchenScope> table = kitchen_settings();
  Kitchen kitchen;
  kitchen.name = "a: \"b\"";
  kitchen.password = "hidden";
  kitchen.guests = {"x", "y z"};
  std::uint32_t seats = 4;
  const KitchenScope scope{kitchen, seats};
  SettingsYaml yaml;
  for (const auto& row : table.rows()) {
    const std::string value = yaml_value(row, scope);
    if (!value.empty()) yaml.add(path_with_name(row, "front"), value);
  }
  CHECK(yaml.take() ==
        "name: \"a: \\\"b\\\"\"\n"
        "stove:\n  patience: 10s\n  fast: false\n"
        "door:\n  password: \"***\"\n"
        "guests: [x, \"y z\"]\n"
        "rooms:\n  front:\n    seats: 4\n");
}
