#include "common/config/raw_settings.h"

#include "tests/unit/common/config/a_program.h"

using namespace tamada;

TEST_CASE("the environment replaces what the file says", "[raw_settings]") {
  const auto loaded = load_kitchen(
      "name: a\nguests: [x]\n", {{"KITCHEN_NAME", " b\n"}, {"KITCHEN_STOVE_PATIENCE", "3s"}, {"OTHER", "x"}});
  CHECK(loaded.told() == "ok");
  CHECK(loaded.kitchen.name == "b");
  CHECK(loaded.kitchen.patience == std::chrono::seconds(3));
  CHECK(loaded.kitchen.guests == std::vector<std::string>{"x"});
  CHECK(loaded.raw.values.at("name").from_environment);
  CHECK(loaded.raw.values.at("name").place.file == "KITCHEN_NAME");
  CHECK(loaded.raw.values.at("guests").place.line == 2);
}

TEST_CASE("a setting may have a further variable, but not both at once", "[raw_settings]") {
  CHECK(load_kitchen("", {{"KITCHEN_PASSWORD", "p"}}).kitchen.password == "p");
  CHECK(load_kitchen("", {{"KITCHEN_DOOR_PASSWORD", "p"}}).kitchen.password == "p");
  CHECK(load_kitchen("", {{"KITCHEN_DOOR_PASSWORD", "p"}, {"KITCHEN_PASSWORD", "p"}}).told() ==
        "KITCHEN_PASSWORD: door.password: also set by KITCHEN_DOOR_PASSWORD; use one of them");
}

TEST_CASE("an unknown name is told with the nearest known one", "[raw_settings]") {
  CHECK(load_kitchen("stove: {pateince: 1s}\n").told() ==
        "k.yaml:1:9: stove: unknown setting \"pateince\" (did you mean \"patience\"?)");
  CHECK(load_kitchen("patience: 1s\n").told() ==
        "k.yaml:1:1: unknown setting \"patience\" (it belongs under \"stove\")");
  CHECK(load_kitchen("stove: {zzzzzz: 1s}\n").told() ==
        "k.yaml:1:9: stove: unknown setting \"zzzzzz\"; expected patience or fast");
  CHECK(load_kitchen("", {{"KITCHEN_NAEM", "a"}}).told() ==
        "KITCHEN_NAEM: unknown variable (did you mean \"KITCHEN_NAME\"?)");
  CHECK(load_kitchen("", {{"KITCHEN_ZZZZZZZZZ", "a"}}).told() ==
        "KITCHEN_ZZZZZZZZZ: unknown variable; kitchen(5) names all of them");
}

TEST_CASE("an unknown name is a note where other programs read the same file", "[raw_settings]") {
  const auto loaded = load_kitchen("name: a\nctl: {insecure: on}\n", {{"KITCHEN_ZZZZZZZZZ", "a"}}, {}, false);
  CHECK(loaded.told() == "ok");
  CHECK(loaded.kitchen.name == "a");
  REQUIRE(loaded.raw.notes.size() == 2);
  CHECK(loaded.raw.notes[0].to_string().starts_with("k.yaml:2:1: unknown setting \"ctl\""));
  CHECK(loaded.raw.notes[1].file == "KITCHEN_ZZZZZZZZZ");
}

TEST_CASE("what is written in another form than the setting has is told with both", "[raw_settings]") {
  CHECK(load_kitchen("[a]\n").told() == "k.yaml:1:1: expected settings such as \"name: ...\", found a list");
  CHECK(load_kitchen("name: [a]\n").told() == "k.yaml:1:7: name: found a list; expected text");
  CHECK(load_kitchen("name:\n").told().ends_with(": name: no value; expected text, or leave the line out"));
  CHECK(load_kitchen("stove: hot\n").told() ==
        "k.yaml:1:8: stove: expected settings under it, found a value");
  CHECK(load_kitchen("order: [[a]]\n").told() == "k.yaml:1:9: order: a list in the list; expected text");
  CHECK(load_kitchen("guests: [[a]]\n").told() ==
        "k.yaml:1:10: guests: a list in the list; expected list of names");
}

TEST_CASE("lists, joined lists, maps in lists and trees are what the table says", "[raw_settings]") {
  const auto loaded =
      load_kitchen("guests: [a, {b: c}, d]\norder: [soup, fish]\ntags: {x: 'on', y: on, z: 010}\n");
  CHECK(loaded.told() == "ok");
  CHECK(loaded.kitchen.guests == std::vector<std::string>{"a", "map b", "d"});
  CHECK(loaded.kitchen.order == "soup, fish");
  CHECK(loaded.kitchen.tags ==
        std::map<std::string, std::string>{{"x", "text on"}, {"y", "plain on"}, {"z", "plain 010"}});
  CHECK(load_kitchen("guests: a, b\n").kitchen.guests.size() == 2);
  CHECK(load_kitchen("", {{"KITCHEN_GUESTS", "a\nb"}}).kitchen.guests.size() == 2);
  CHECK(load_kitchen("", {{"KITCHEN_TAGS", "{x: y}"}}).kitchen.tags.at("all") == "{x: y}");
}

TEST_CASE("people name sections; without any there are the usual ones, and a variable can make one",
          "[raw_settings]") {
  CHECK(load_kitchen("").raw.names.at("rooms") == std::vector<std::string>{"front"});
  const auto loaded = load_kitchen("rooms: {back: {seats: 4}}\n", {{"KITCHEN_ROOMS_SIDE_SEATS", "7"}});
  CHECK(loaded.told() == "ok");
  CHECK(loaded.kitchen.seats == std::map<std::string, std::uint32_t>{{"back", 4}, {"side", 7}});
  CHECK(load_kitchen("rooms: {'a b': {seats: 1}}\n").told() ==
        "k.yaml:1:9: rooms: \"a b\" cannot be a room's name; expected letters, digits, - and _");
  CHECK(load_kitchen("rooms: {a-b: {seats: 1}, a_b: {seats: 2}}\n").told() ==
        "k.yaml:1:26: rooms: \"a-b\" and \"a_b\" have the same name in the environment "
        "(KITCHEN_ROOMS_A_B_...)");
}

TEST_CASE("what a service manager of containers sets for a service is left alone", "[raw_settings]") {
  CHECK(load_kitchen("", {{"KITCHEN_MAIN_SERVICE_HOST", "10.0.0.1"},
                          {"KITCHEN_MAIN_PORT", "tcp://10.0.0.1:5000"},
                          {"KITCHEN_MAIN_PORT_5000_TCP_ADDR", "10.0.0.1"},
                          {"KITCHEN_EMPTY", " "}})
            .told() == "ok");
}
