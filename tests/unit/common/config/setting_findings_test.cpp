#include "common/config/setting_findings.h"

#include "tests/unit/common/config/a_program.h"

using namespace tamada;

namespace {

// What one finding about these paths becomes.
std::string found(std::string_view text, const std::string& path, const SettingFindings::Paths& about = {},
                  const Environment& environment = {}) {
  LoadedKitchen loaded = load_kitchen(text, environment);
  const std::size_t before = loaded.errors.size();
  SettingFindings findings(loaded.raw, loaded.errors);
  findings.report(path, "is odd", about);
  return loaded.errors.size() == before ? "" : loaded.errors.back().to_string();
}

}  // namespace

TEST_CASE("a finding stands at the setting, the nearest section around it, or the file",
          "[setting_findings]") {
  CHECK(found("stove:\n  fast: on\n", "stove.fast") == "k.yaml:2:9: stove.fast: is odd");
  CHECK(found("stove:\n  fast: on\n", "stove.patience") == "k.yaml:2:3: stove.patience: is odd");
  CHECK(found("name: a\n", "stove.patience") == "k.yaml: stove.patience: is odd");
  CHECK(found("", "name", {}, {{"KITCHEN_NAME", "a"}}) == "KITCHEN_NAME: name: is odd");

  LoadedKitchen loaded = load_kitchen("name: a\nstove: {fast: on}\n");
  SettingFindings findings(loaded.raw, loaded.errors);
  CHECK(findings.given("name"));
  CHECK_FALSE(findings.given("stove.patience"));
  findings.report_at("name", "stove.fast", "is odd", {});
  CHECK(loaded.told() == "k.yaml:1:7: stove.fast: is odd");
}

TEST_CASE("nothing is found about settings whose values are not what somebody wrote", "[setting_findings]") {
  // Its value is an error.
  CHECK(found("stove: {fast: maybe}\n", "stove.fast").empty());
  CHECK(found("stove: {fast: maybe}\n", "name", {"name", "stove.fast"}).empty());
  CHECK(found("stove: {fast: maybe}\n", "stove").empty());
  CHECK_FALSE(found("stove: {fast: maybe}\n", "name").empty());
  // It may have been meant by an unknown name, in its section or above.
  CHECK(found("stove: {fsat: on}\n", "stove.fast").empty());
  CHECK(found("stvoe: {fast: on}\n", "stove.fast").empty());
  CHECK_FALSE(found("stvoe: {}\nstove: {fast: on}\n", "stove.fast").empty());
  CHECK(found("", "name", {}, {{"KITCHEN_NAEM", "a"}}).empty());
  // Or behind the end of what is YAML.
  CHECK(found("stove:\n  fast: on\n  patience: [\n", "stove.patience").empty());
  CHECK_FALSE(found("stove:\n  fast: on\n  patience: [\n", "stove.fast").empty());
}
